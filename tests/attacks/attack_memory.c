/* Attacks on what stays in memory: somebody reads a member's memory after a request has ended, or copies it
 * and lets both run. What a client sent, and what it was answered, must not be there any more. The client is
 * another process, and this one never holds what it sends in the clear. */
#include "crypto/aead.h"
#include "node/harden.h"
#include "tests/attacks/memory_search.h"
#include "tests/attacks/served.h"

#include <sys/prctl.h>
#include <sys/wait.h>

enum { TIMES = 20 };

/* In a process of its own: sends it many times over, and goes. */
static void send_from_elsewhere(const struct server *s, const struct marker *m)
{
    int status = 1;
    pid_t child = fork();
    maker_need(child >= 0, "client");
    if (child == 0) {
        uint8_t clear[TIMES * MARKER];
        for (size_t i = 0; i < sizeof clear; i++)
            clear[i] = m->masked[i % MARKER] ^ MASK;
        int fd = dial(s);
        say(fd, SPAN_STR(HEAD "Content-Length: 640\r\n\r\n"));
        say(fd, SPAN(clear));
        _exit(hear(fd) != 1);
    }
    maker_need(waitpid(child, &status, 0) == child, "client");
    T(status == 0);
}

static bool stays(bool echo)
{
    struct server s = { .seen.discreet = true, .seen.echo = echo };
    struct marker m;
    random_fill(m.masked, sizeof m.masked);
    server_start(&s, &(struct http_options){ 0 });
    send_from_elsewhere(&s, &m);
    for (int i = 0; i < 100 && http_connections(s.http) > 0; i++)
        wait_ms(10);
    wait_ms(20);
    bool found = in_memory(&m);
    server_drop(&s);
    return found;
}

/* The search finds what there is. */
static bool honest_memory(struct lab *l)
{
    struct marker m;
    uint8_t *clear = malloc(MARKER);
    (void)l;
    maker_need(clear != NULL, "memory");
    random_fill(m.masked, sizeof m.masked);
    for (size_t i = 0; i < MARKER; i++)
        clear[i] = m.masked[i] ^ MASK;
    bool there = in_memory(&m);
    sodium_memzero(clear, MARKER);
    free(clear);
    return there && !in_memory(&m) && honest_client(l);
}

static bool body_left(struct lab *l, struct sr_why *why)
{
    (void)l, (void)why;
    return stays(false);
}

static bool answer_left(struct lab *l, struct sr_why *why)
{
    (void)l, (void)why;
    return stays(true);
}

/* Another process of the same user opens a member's memory. Root always can: as nobody, where we are root. */
static bool read_by_neighbour(struct lab *l, struct sr_why *why)
{
    int ready[2], done[2], status = 0;
    char path[64], word = 0;
    (void)l, (void)why;
    maker_need(pipe(ready) == 0 && pipe(done) == 0, "pipe");
    pid_t member = fork();
    maker_need(member >= 0, "member");
    if (member == 0) {
        if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
            _exit(1);
        (void)prctl(PR_SET_DUMPABLE, 1); /* as after a start: changing users has taken it away */
        (void)harden_process(&(struct sr_why){ 0 });
        (void)!write(ready[1], "r", 1);
        _exit(read(done[0], &word, 1) != 1);
    }
    maker_need(read(ready[0], &word, 1) == 1, "member");
    snprintf(path, sizeof path, "/proc/%d/mem", (int)member);
    pid_t neighbour = fork();
    maker_need(neighbour >= 0, "neighbour");
    if (neighbour == 0) {
        if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
            _exit(2);
        _exit(open(path, O_RDWR | O_CLOEXEC) < 0);
    }
    maker_need(waitpid(neighbour, &status, 0) == neighbour && write(done[1], "d", 1) == 1 &&
                   waitpid(member, NULL, 0) == member,
               "children");
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(done[i]);
    }
    T(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 0;
}

/* ---- a copy of a running member ---- */

enum { SAID = 32, BOX = SAID + AEAD_OVERHEAD };

/* Two processes of one memory, each of which seals a text of its own under the one key. */
static void seal_in_both(const struct key *k, struct span here, struct span there, uint8_t ret[2][BOX])
{
    int way[2], status = 1;
    SR_OWN(buf) box = { 0 };
    maker_need(pipe(way) == 0, "pipe");
    pid_t copy = fork();
    maker_need(copy >= 0, "copy");
    T(aead_seal(k, SPAN_STR("row"), copy ? here : there, &box) == SR_OK && box.n == BOX);
    if (copy == 0)
        _exit(write(way[1], box.p, BOX) != BOX);
    memcpy(ret[0], box.p, BOX);
    T(read(way[0], ret[1], BOX) == BOX && waitpid(copy, &status, 0) == copy && status == 0);
    close(way[0]);
    close(way[1]);
}

/* Whoever has both boxes and knows one text reads the other: the key stream is the same. */
static bool same_stream(struct lab *l, struct sr_why *why)
{
    static const char mine[SAID] = "the text that the attacker knows",
                      other[SAID] = "the secret of another tenant, ..";
    uint8_t box[2][BOX], clear[SAID];
    struct key k;
    (void)l, (void)why;
    random_fill(&k, sizeof k); /* the generator has been used before the copy is made */
    seal_in_both(&k, SPAN(mine), SPAN(other), box);
    for (size_t i = 0, at = BOX - 16 - SAID; i < SAID; i++)
        clear[i] = box[0][at + i] ^ box[1][at + i] ^ (uint8_t)mine[i];
    return memcmp(clear, other, SAID) == 0;
}

static bool honest_copy(struct lab *l)
{
    uint8_t box[2][BOX];
    struct key k;
    SR_OWN(secret) one = { 0 };
    SR_OWN(secret) two = { 0 };
    static const char text[SAID] = "what both open is what they said";
    (void)l;
    random_fill(&k, sizeof k);
    seal_in_both(&k, SPAN(text), SPAN(text), box);
    return aead_open(&k, SPAN_STR("row"), SPAN(box[0]), &one) == SR_OK &&
           aead_open(&k, SPAN_STR("row"), SPAN(box[1]), &two) == SR_OK &&
           span_eq(secret_span(&one), secret_span(&two)) && span_eq(secret_span(&one), SPAN(text));
}

static const struct attack rows[] = {
    { "body_left", honest_memory, body_left, R_NONE },
    { "answer_left", honest_memory, answer_left, R_NONE },
    { "read_by_neighbour", honest_memory, read_by_neighbour, R_NONE },
    { "same_stream", honest_copy, same_stream, R_NONE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
