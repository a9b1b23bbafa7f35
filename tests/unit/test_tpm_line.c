/* The lines to a TPM - Unix socket, TCP, device - over stand-ins that answer, answer wrongly, or never do. */
#include "tests/t.h"

#include "node/platform/platform.h"
#include "node/platform/tpm_dial.h"
#include "node/platform/tpm_tcti.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { DEADLINE = 200, ROOM = 4096 };

static char dir[] = "/tmp/sealring-line-XXXXXX";

/* One end is named as a TPM is, the other one is the test's: `far` once somebody has dialled. */
struct stand_in {
    char name[160];
    int listener, far;
};

static void listen_unix(struct stand_in *s)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    snprintf(a.sun_path, sizeof a.sun_path, "%s/s", dir);
    unlink(a.sun_path);
    s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    T(bind(s->listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(s->listener, 1) == 0);
    snprintf(s->name, sizeof s->name, "unix:%s", a.sun_path);
}

static void listen_tcp(struct stand_in *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    T(bind(s->listener, (struct sockaddr *)&a, n) == 0 && listen(s->listener, 1) == 0);
    T(getsockname(s->listener, (struct sockaddr *)&a, &n) == 0);
    snprintf(s->name, sizeof s->name, "swtpm:host=127.0.0.1,port=%u", ntohs(a.sin_port));
}

/* A pseudo terminal is the character device that a test can have. */
static void open_device(struct stand_in *s)
{
    struct termios raw;
    char path[128] = { 0 };
    s->listener = posix_openpt(O_RDWR | O_NOCTTY);
    T(s->listener >= 0 && grantpt(s->listener) == 0 && unlockpt(s->listener) == 0);
    T(ptsname_r(s->listener, path, sizeof path) == 0);
    T(tcgetattr(s->listener, &raw) == 0);
    cfmakeraw(&raw);
    T(tcsetattr(s->listener, TCSANOW, &raw) == 0);
    snprintf(s->name, sizeof s->name, "device:%s", path);
}

static void pick_up(struct stand_in *s)
{
    s->far = strncmp(s->name, "device:", 7) == 0 ? dup(s->listener) : accept(s->listener, NULL, NULL);
    T(s->far >= 0);
}

static void put_down(struct stand_in *s)
{
    close(s->far);
    close(s->listener);
}

static const struct kind {
    const char *name;
    void (*open)(struct stand_in *s);
} kinds[] = { { "unix", listen_unix }, { "tcp", listen_tcp }, { "device", open_device } };
enum { KINDS = sizeof kinds / sizeof *kinds };

static const uint8_t command[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0 };

static TSS2_TCTI_CONTEXT *dial(struct stand_in *s, size_t kind)
{
    TSS2_TCTI_CONTEXT *t = NULL;
    struct sr_why why = { 0 };
    uint8_t got[sizeof command] = { 0 };
    *s = (struct stand_in){ 0 };
    kinds[kind].open(s);
    T_ROW(tpm_tcti_open(s->name, DEADLINE, &t, &why) == SR_OK, why.text);
    pick_up(s);
    T_ROW(Tss2_Tcti_Transmit(t, sizeof command, command) == TSS2_RC_SUCCESS, s->name);
    T_ROW(read(s->far, got, sizeof got) == sizeof got && memcmp(got, command, sizeof got) == 0, s->name);
    return t;
}

static const struct answer {
    const char *what;
    uint8_t b[20];
    size_t n;
    int good;
} answers[] = {
    { "a header alone", { 0x80, 1, 0, 0, 0, 10 }, 10, 1 },
    { "a body", { 0x80, 1, 0, 0, 0, 14, 0, 0, 0, 0, 1, 2, 3, 4 }, 14, 1 },
    { "nothing", { 0 }, 0, 0 },
    { "half a header", { 0x80, 1, 0, 0, 0 }, 5, 0 },
    { "half a body", { 0x80, 1, 0, 0, 0, 14, 0, 0, 0, 0, 1 }, 11, 0 },
    { "a size less than a header", { 0x80, 1, 0, 0, 0, 9, 0, 0, 0, 0 }, 10, 0 },
    { "a size of nothing", { 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 10, 0 },
    { "a size beyond all bounds", { 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 }, 10, 0 },
    { "more than it says", { 0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0, 1 }, 11, 0 },
};

static void an_answer_is_whole_and_in_time_or_the_line_is_lost(void)
{
    for (size_t i = 0; i < KINDS * sizeof answers / sizeof *answers; i++) {
        const struct answer *a = &answers[i / KINDS];
        struct stand_in s;
        uint8_t room[ROOM];
        size_t n = sizeof room;
        TSS2_TCTI_CONTEXT *t = dial(&s, i % KINDS);
        T(write(s.far, a->b, a->n) == (ssize_t)a->n);
        int64_t before = tpm_dial_now();
        TSS2_RC rc = Tss2_Tcti_Receive(t, &n, room, TSS2_TCTI_TIMEOUT_BLOCK);
        T_ROW((rc == TSS2_RC_SUCCESS) == a->good, a->what);
        T_ROW(tpm_tcti_lost(t) == !a->good, a->what);
        T_ROW(!a->good || (n == a->n && memcmp(room, a->b, n) == 0), a->what);
        T_ROW(tpm_dial_now() - before < 10 * DEADLINE, a->what);
        if (!a->good) { /* and nothing is sent on it any more */
            T_ROW(Tss2_Tcti_Transmit(t, sizeof command, command) != TSS2_RC_SUCCESS, a->what);
            T_ROW(Tss2_Tcti_Receive(t, &n, room, TSS2_TCTI_TIMEOUT_BLOCK) != TSS2_RC_SUCCESS, a->what);
        }
        tpm_tcti_free(t);
        put_down(&s);
    }
}

static void an_answer_in_pieces_is_put_together(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        struct stand_in s;
        uint8_t room[ROOM];
        size_t n = sizeof room;
        TSS2_TCTI_CONTEXT *t = dial(&s, k);
        pid_t child = fork();
        if (child == 0) {
            for (size_t i = 0; i < answers[1].n; i++) {
                usleep(2000);
                if (write(s.far, answers[1].b + i, 1) != 1)
                    _exit(1);
            }
            _exit(0);
        }
        T_ROW(Tss2_Tcti_Receive(t, &n, room, TSS2_TCTI_TIMEOUT_BLOCK) == TSS2_RC_SUCCESS && n == answers[1].n,
              kinds[k].name);
        waitpid(child, NULL, 0);
        tpm_tcti_free(t);
        put_down(&s);
    }
}

/* The far end takes the call, and nothing else. */
static void a_TPM_that_never_answers_is_an_error_within_the_deadline(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        struct stand_in s = { 0 };
        struct platform p = { 0 };
        struct sr_why why = { 0 };
        kinds[k].open(&s);
        const struct platform_options o = { .tcti = s.name, .deadline_ms = DEADLINE };
        int64_t before = tpm_dial_now();
        T_ROW(platform_open(SPAN_STR("tpm"), &o, &p, &why) == SR_EIO && why.reason == R_TPM, s.name);
        T_ROW(tpm_dial_now() - before < 20 * DEADLINE, s.name);
        pick_up(&s);
        put_down(&s);
    }
}

static void names_that_are_none(void)
{
    static const char *const rows[] = { "",
                                        "tabrmd:",
                                        "cmd:/bin/sh",
                                        "libtss2-tcti-device.so.0:/dev/tpmrm0",
                                        "/dev/tpmrm0",
                                        "unix:/nowhere/at/all",
                                        "unix:",
                                        "device:/nowhere",
                                        "swtpm:port=1",
                                        "swtpm:port=x",
                                        "swtpm:port=123456",
                                        "swtpm:host=",
                                        "swtpm:path=/x",
                                        "swtpm:host=127.0.0.1,port" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        TSS2_TCTI_CONTEXT *t = NULL;
        struct sr_why why = { 0 };
        T_ROW(tpm_tcti_open(rows[i], DEADLINE, &t, &why) == SR_EIO && why.reason == R_TPM && !t, rows[i]);
    }
}

int main(void)
{
    T(secret_init() == SR_OK && mkdtemp(dir) != NULL);
    an_answer_is_whole_and_in_time_or_the_line_is_lost();
    an_answer_in_pieces_is_put_together();
    a_TPM_that_never_answers_is_an_error_within_the_deadline();
    names_that_are_none();
    char path[64];
    snprintf(path, sizeof path, "%s/s", dir);
    unlink(path);
    rmdir(dir);
    return t_end();
}
