/* Memory of secrets: wiped when it is given back, guarded at both ends, and never two owners at once. */
#include "crypto/arena.h"
#include "crypto/secret.h"
#include "tests/t.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGEST = 2032, ALL = 1024 + 128 + 64 };

static bool is_zero(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    return n == 0;
}

static void a_secret_is_wiped_when_it_is_dropped(void)
{
    for (size_t n = 1; n <= LARGEST; n++) {
        struct secret s = { 0 };
        T(secret_new(&s, n) == SR_OK);
        const uint8_t *p = s.p;
        T(is_zero(p, n));
        memset(s.p, 0xa5, n);
        secret_drop(&s);
        T(s.p == NULL && s.n == 0 && is_zero(p, n)); /* the arena's memory stays mapped */
    }
}

static void a_dropped_secret_drops_again(void)
{
    struct secret s = { 0 };
    secret_drop(&s);
    T(secret_new(&s, 32) == SR_OK);
    secret_drop(&s);
    secret_drop(&s);
    T(s.p == NULL);
}

static void an_empty_secret_is_one(void)
{
    struct secret a = { 0 }, b = { 0 };
    T(secret_new(&a, 0) == SR_OK && a.p && a.n == 0);
    T(secret_new(&b, 0) == SR_OK && b.p && b.p != a.p);
    secret_drop(&a);
    secret_drop(&b);
}

static void long_ones_have_pages_of_their_own(void)
{
    struct secret s = { 0 };
    T(arena_take(LARGEST + 1) == NULL);
    T(secret_new(&s, LARGEST + 1) == SR_OK);
    memset(s.p, 0xa5, s.n);
    T(!arena_give(s.p));
    secret_drop(&s);
}

static void when_all_are_taken_there_are_more(void)
{
    static struct secret s[ALL + 8];
    for (size_t i = 0; i < sizeof s / sizeof *s; i++) {
        T(secret_new(&s[i], 32) == SR_OK && is_zero(s[i].p, i < ALL ? 32 : 0));
        memset(s[i].p, (int)i, 32);
    }
    for (size_t i = 0; i < sizeof s / sizeof *s; i++) {
        T(s[i].p[0] == (uint8_t)i && s[i].p[31] == (uint8_t)i);
        secret_drop(&s[i]);
    }
}

/* ---- what is a mistake ends the process */

static void beyond_the_end(uint8_t *p)
{
    p[32] ^= 1;
    (void)arena_give(p);
}

static void before_the_beginning(uint8_t *p)
{
    p[32 - 128] ^= 1; /* the slot's own mark */
    (void)arena_give(p);
}

static void twice(uint8_t *p)
{
    (void)arena_give(p);
    (void)arena_give(p);
}

static void after_the_end_of_its_life(uint8_t *p)
{
    (void)arena_give(p);
    p[0] = 1;
    for (int i = 0; i < ALL; i++)
        (void)arena_take(32);
}

static void properly(uint8_t *p)
{
    p[0] = p[31] = 1;
    (void)arena_give(p);
    for (int i = 0; i < ALL; i++)
        (void)arena_take(32);
}

/* The signal that ended a process which did that, 0 when none did. */
static int died_of(void (*misuse)(uint8_t *))
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        fclose(stderr);
        uint8_t *p = arena_take(32);
        misuse(p);
        _exit(p ? 0 : 1);
    }
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : status;
}

static void misuse_ends_the_process(void)
{
    static const struct {
        const char *label;
        void (*misuse)(uint8_t *);
        int want;
    } rows[] = {
        { "none", properly, 0 },
        { "one byte beyond the end", beyond_the_end, SIGABRT },
        { "the mark before it", before_the_beginning, SIGABRT },
        { "given back twice", twice, SIGABRT },
        { "written after it was given back", after_the_end_of_its_life, SIGABRT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_ROW(died_of(rows[i].misuse) == rows[i].want, rows[i].label);
}

static void no_byte_lies_outside_the_pages(void)
{
    /* The last slot of a region ends at an inaccessible page. */
    uint8_t *last = NULL, *p;
    for (int i = 0; i < 1024 && (p = arena_take(100)); i++)
        last = p > last ? p : last;
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        signal(SIGSEGV, SIG_DFL);
        last[100] = 1;
        _exit(0);
    }
    T(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- threads */

static void *work(void *arg)
{
    const uint8_t me = *(const uint8_t *)arg;
    uintptr_t bad = 0;
    for (int i = 0; i < 20000; i++) {
        struct secret s[3] = { 0 };
        for (size_t k = 0; k < 3; k++) {
            if (secret_new(&s[k], 1 + (size_t)(i % 600)) != SR_OK)
                return (void *)1;
            memset(s[k].p, me, s[k].n);
        }
        for (size_t k = 0; k < 3; k++) {
            bad |= s[k].p[0] != me || s[k].p[s[k].n - 1] != me;
            secret_drop(&s[k]);
        }
    }
    return (void *)bad;
}

static void nobody_shares_a_secret(void)
{
    static uint8_t names[] = { 1, 2, 3, 4 };
    pthread_t t[4];
    void *bad;
    for (size_t i = 0; i < 4; i++)
        T(pthread_create(&t[i], NULL, work, &names[i]) == 0);
    for (size_t i = 0; i < 4; i++)
        T(pthread_join(t[i], &bad) == 0 && bad == NULL);
}

int main(void)
{
    T(secret_init() == SR_OK && secret_init() == SR_OK);
    a_secret_is_wiped_when_it_is_dropped();
    a_dropped_secret_drops_again();
    an_empty_secret_is_one();
    long_ones_have_pages_of_their_own();
    when_all_are_taken_there_are_more();
    misuse_ends_the_process();
    nobody_shares_a_secret();
    no_byte_lies_outside_the_pages();
    return t_end();
}
