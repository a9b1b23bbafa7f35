/* What a launched program inherits, row by row. */
#include "tests/t.h"

#include "crypto/program.h"
#include "node/platform/launch_env.h"

enum { SELF = 4711 };

static bool has(const struct launch_env *e, const char *entry)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n; i++)
        n += strcmp(e->v[i], entry) == 0;
    return n == 1 && e->v[e->n] == NULL;
}

static const struct row {
    char *entry;
    int passes;
} rows[] = {
    { "LANG=de_DE.UTF-8", 1 },
    { "LANG=../../../tmp/locale", 0 },
    { "TZ=Europe/Berlin", 1 },
    { "TZ=CET-1CEST,M3.5.0,M10.5.0/3", 1 },
    { "TZ=:/tmp/zone", 0 },
    { "TZ=/tmp/zone", 0 },
    { "TERM=xterm-256color", 1 },
    { "NOTIFY_SOCKET=/run/systemd/notify", 1 },
    { "NOTIFY_SOCKET=@abstract/x", 1 },
    { "WATCHDOG_USEC=1000000", 1 },
    { "INVOCATION_ID=0123456789abcdef", 1 },
    { "STATE_DIRECTORY=/var/lib/sealring", 1 },
    { "SEALRING_NODE=https://node:8443", 1 },
    { "SEALRING_CID=sr1abc", 1 },
    { "sealring_node=x", 0 },
    { "HOME=/root", 0 },
    { "PATH=/tmp", 0 },
    { "IFS=x", 0 },
    { "LANGUAGE=de", 0 },
    { "LANG", 0 },
    { "=", 0 },
    { "", 0 },
    { "LD_PRELOAD=/tmp/x.so", 0 },
    { "LD_LIBRARY_PATH=/tmp", 0 },
    { "LD_AUDIT=/tmp/x.so", 0 },
    { "GLIBC_TUNABLES=glibc.malloc.check=3", 0 },
    { "MALLOC_ARENA_MAX=1", 0 },
    { "OPENSSL_CONF=/tmp/c", 0 },
    { "OPENSSL_MODULES=/tmp", 0 },
    { "OPENSSL_ENGINES=/tmp", 0 },
    { "OPENSSL_ia32cap=0", 0 },
    { "SSL_CERT_FILE=/tmp/c", 0 },
    { "SSL_CERT_DIR=/tmp", 0 },
    { "SSLKEYLOGFILE=/tmp/keys", 0 },
    { "TSS2_LOG=all+trace", 0 },
    { "TSS2_LOGFILE=/tmp/log", 0 },
    { "TSS2_FAPICONF=/tmp/c", 0 },
    { "TPM2TOOLS_TCTI=device:/tmp/x", 0 },
    { "SQLITE_TMPDIR=/tmp", 0 },
    { "CURL_CA_BUNDLE=/tmp/c", 0 },
    { "https_proxy=http://evil", 0 },
    { "ALL_PROXY=http://evil", 0 },
    { "GCONV_PATH=/tmp", 0 },
    { "TMPDIR=/tmp", 0 },
    { "KRB5_CONFIG=/tmp/c", 0 },
};

static void each_variable_passes_or_not(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *const have[] = { rows[i].entry, NULL };
        struct launch_env e;
        T_ROW(launch_env(have, NULL, 0, SELF, &e, NULL) == SR_OK, rows[i].entry);
        T_ROW(has(&e, rows[i].entry) == rows[i].passes, rows[i].entry);
        T_ROW(e.n == 2 + (size_t)rows[i].passes, rows[i].entry);
        T_ROW(has(&e, "TSS2_LOG=all+none"), rows[i].entry);
        T_ROW(strcmp(e.v[0], "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") == 0,
              rows[i].entry);
    }
}

static void what_is_asked_for_passes_unless_it_steers_a_library(void)
{
    char *const have[] = { "HOME=/root", "ASAN_OPTIONS=x", "LD_PRELOAD=y", "PATH=/tmp", NULL };
    struct launch_env e;
    struct sr_why why = { 0 };
    const char *const home[] = { "HOME", "NOT_SET", "PATH" };
    T(launch_env(have, home, 3, SELF, &e, &why) == SR_OK);
    T(e.n == 3 && has(&e, "HOME=/root")); /* PATH is the launcher's, asked for or not */
    static const char *const bad[] = { "LD_PRELOAD",  "OPENSSL_CONF", "GLIBC_TUNABLES",
                                       "https_proxy", "TSS2_LOG",     "",
                                       "A=B" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why = (struct sr_why){ 0 };
        T_ROW(launch_env(have, &bad[i], 1, SELF, &e, &why) == SR_EFORMAT && why.reason == R_CONFIG, bad[i]);
    }
}

static void of_two_with_one_name_the_first_passes(void)
{
    char *const have[] = { "LANG=C", "LANG=de_DE", NULL };
    struct launch_env e;
    T(launch_env(have, NULL, 0, SELF, &e, NULL) == SR_OK && e.n == 3 && has(&e, "LANG=C"));
}

static void too_many_are_refused(void)
{
    static char text[LAUNCH_ENV_MAX][32];
    char *have[LAUNCH_ENV_MAX] = { 0 };
    struct launch_env e = { .n = 99 };
    struct sr_why why = { 0 };
    for (size_t i = 0; i + 1 < LAUNCH_ENV_MAX; i++) {
        snprintf(text[i], sizeof text[i], "SEALRING_%zu=x", i);
        have[i] = text[i];
    }
    T(launch_env(have, NULL, 0, SELF, &e, &why) == SR_ETOOBIG && why.reason == R_CONFIG && e.n == 99);
    have[LAUNCH_ENV_MAX - 2] = NULL;
    T(launch_env(have, NULL, 0, SELF, &e, &why) == SR_OK && e.n == LAUNCH_ENV_MAX && e.v[e.n] == NULL);
}

static const struct fds_row {
    char *pid, *fds;
    size_t want;
} fds_rows[] = {
    { "LISTEN_PID=4711", "LISTEN_FDS=2", 2 },
    { "LISTEN_PID=4711", "LISTEN_FDS=64", 64 },
    { "LISTEN_PID=4711", "LISTEN_FDS=65", 0 },
    { "LISTEN_PID=4711", "LISTEN_FDS=-1", 0 },
    { "LISTEN_PID=4711", "LISTEN_FDS=2x", 0 },
    { "LISTEN_PID=4711", "LISTEN_FDS=", 0 },
    { "LISTEN_PID=4712", "LISTEN_FDS=2", 0 },
    { "LISTEN_PID=", "LISTEN_FDS=2", 0 },
    { "LISTEN_PID= 4711", "LISTEN_FDS=2", 0 },
    { "LISTEN_PID=04711", "LISTEN_FDS=0", 0 },
    { "LISTEN_PID=99999999999999999999", "LISTEN_FDS=2", 0 },
};

static void sockets_of_the_service_manager_stay_open_when_they_are_for_us(void)
{
    for (size_t i = 0; i < sizeof fds_rows / sizeof *fds_rows; i++) {
        const struct fds_row *r = &fds_rows[i];
        char *const have[] = { r->pid, r->fds, "LISTEN_FDNAMES=a:b", NULL };
        struct launch_env e;
        T_ROW(launch_env(have, NULL, 0, SELF, &e, NULL) == SR_OK && e.fds == r->want, r->fds);
        T_ROW(has(&e, "LISTEN_FDNAMES=a:b") == (r->want > 0) && has(&e, r->fds) == (r->want > 0), r->fds);
    }
}

static void a_launcher_that_the_linker_was_told_about_knows_it(void)
{
    char *const good[] = { "PATH=/bin", "OLD_LD_PRELOAD=x", "GLIBC_TUNABLE=x", NULL };
    char *const bad[] = { "PATH=/bin", "LD_PRELOAD=x", NULL };
    char *const tunables[] = { "GLIBC_TUNABLES=", NULL };
    T(launch_env_lost(good) == NULL);
    T(launch_env_lost(bad) == bad[1]);
    T(launch_env_lost(tunables) == tunables[0]);
}

static void a_name_steers_by_its_beginning_or_its_end(void)
{
    T(program_env_steers("LD_PRELOAD", 10) && !program_env_steers("LD", 2) && !program_env_steers("", 0));
    T(program_env_steers("no_proxy", 8) && !program_env_steers("_proxy_", 7));
}

int main(void)
{
    each_variable_passes_or_not();
    what_is_asked_for_passes_unless_it_steers_a_library();
    of_two_with_one_name_the_first_passes();
    too_many_are_refused();
    sockets_of_the_service_manager_stay_open_when_they_are_for_us();
    a_launcher_that_the_linker_was_told_about_knows_it();
    a_name_steers_by_its_beginning_or_its_end();
    return t_end();
}
