#include "tests/sim/fiber.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK = 1 << 20, GUARD = 4096, LIVE_MAX = 4096, TURNS_MAX = 20 * 1000 * 1000 };

struct fiber {
    ucontext_t at;
    void *(*run)(void *);
    void *arg, *result;
    uint8_t *stack;
    int host, error; /* errno of its own */
    const void *on;  /* NULL: it can run */
    uint64_t until;
    enum fiber_woken woken;
    bool ended;
};

static struct fibers {
    struct fiber *live[LIVE_MAX], *now, *dead;
    size_t n;
    uint8_t *spare[LIVE_MAX];
    size_t spares;
    ucontext_t scheduler;
    struct rng rng;
    unsigned preempt;
    uint64_t time, turns;
    bool over;
    void (*main)(void);
} all;

static uint8_t *stack_take(void)
{
    if (all.spares)
        return all.spare[--all.spares];
    uint8_t *p =
        mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, GUARD, PROT_NONE) != 0)
        abort();
    return p;
}

void fiber_reset(struct rng schedule, unsigned preempt)
{
    all = (struct fibers){ .rng = schedule, .preempt = preempt };
}

static void begin(void)
{
    struct fiber *f = all.now;
    f->result = f->run(f->arg);
    f->ended = true;
    fiber_wake(f, true);
    all.dead = f;
    swapcontext(&f->at, &all.scheduler);
}

struct fiber *fiber_start(int host, void *(*run)(void *), void *arg)
{
    struct fiber *f = calloc(1, sizeof *f);
    if (!f || all.n == LIVE_MAX)
        abort();
    *f = (struct fiber){ .run = run, .arg = arg, .host = host, .stack = stack_take(), .until = FOREVER };
    getcontext(&f->at);
    f->at.uc_stack.ss_sp = f->stack + GUARD;
    f->at.uc_stack.ss_size = STACK - GUARD;
    makecontext(&f->at, begin, 0);
    all.live[all.n++] = f;
    return f;
}

void *fiber_join(struct fiber *f)
{
    while (!f->ended)
        fiber_wait(f, FOREVER);
    void *result = f->result;
    free(f);
    return result;
}

int fiber_host(void)
{
    return all.now ? all.now->host : HOST_NONE;
}

const void *fiber_self(void)
{
    return all.now;
}

uint64_t fiber_now(void)
{
    return all.time;
}

uint64_t fiber_turns(void)
{
    return all.turns;
}

static void leave(struct fiber *f)
{
    f->error = errno;
    swapcontext(&f->at, &all.scheduler);
    errno = f->error;
}

void fiber_yield(void)
{
    if (all.now)
        leave(all.now);
}

void fiber_preempt(void)
{
    if (all.now && all.preempt && rng_chance(&all.rng, all.preempt))
        leave(all.now);
}

enum fiber_woken fiber_wait(const void *on, uint64_t until)
{
    struct fiber *f = all.now;
    if (!f) { /* nobody else could ever wake it */
        fputs("a wait outside of the simulation\n", stderr);
        abort();
    }
    f->on = on;
    f->until = until;
    f->woken = WOKEN_BY_TIME;
    leave(f);
    return f->woken;
}

void fiber_sleep(uint64_t us)
{
    static const char sleeping = 0;
    (void)fiber_wait(&sleeping, all.time + us);
}

void fiber_wake(const void *on, bool every)
{
    size_t start = every || !all.n ? 0 : rng_below(&all.rng, all.n);
    for (size_t i = 0; i < all.n; i++) {
        struct fiber *f = all.live[(start + i) % all.n];
        if (f->on != on)
            continue;
        f->on = NULL;
        f->woken = WOKEN_BY_OTHERS;
        if (!every)
            return;
    }
}

static void bury(size_t i)
{
    struct fiber *f = all.live[i];
    all.spare[all.spares++] = f->stack;
    all.live[i] = all.live[--all.n];
}

static size_t place_of(const struct fiber *f)
{
    size_t i = 0;
    while (all.live[i] != f)
        i++;
    return i;
}

void fiber_kill(int host)
{
    bool own = all.now && all.now->host == host;
    for (size_t i = all.n; i-- > 0;)
        if (all.live[i]->host == host && all.live[i] != all.now)
            bury(i);
    if (own) {
        all.dead = all.now;
        swapcontext(&all.now->at, &all.scheduler);
    }
}

void fiber_stop_all(void)
{
    all.over = true;
    if (all.now)
        leave(all.now);
}

static void turn(struct fiber *f)
{
    all.turns++;
    all.now = f;
    swapcontext(&all.scheduler, &f->at);
    all.now = NULL;
    if (!all.dead)
        return;
    bury(place_of(all.dead));
    all.dead = NULL;
}

/* One that can run; NULL: all wait. */
static struct fiber *choose(void)
{
    struct fiber *ready[LIVE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (!all.live[i]->on)
            ready[n++] = all.live[i];
    return n ? ready[rng_below(&all.rng, n)] : NULL;
}

/* To the next moment that somebody waits for. */
static bool advance(void)
{
    uint64_t next = FOREVER;
    for (size_t i = 0; i < all.n; i++)
        if (all.live[i]->until < next)
            next = all.live[i]->until;
    if (next == FOREVER)
        return false;
    if (next > all.time)
        all.time = next;
    for (size_t i = 0; i < all.n; i++)
        if (all.live[i]->on && all.live[i]->until <= all.time)
            all.live[i]->on = NULL;
    return true;
}

static void *run_main(void *arg)
{
    (void)arg;
    all.main();
    all.over = true;
    return NULL;
}

enum fiber_end fiber_run(void (*main)(void))
{
    all.main = main;
    (void)fiber_start(HOST_NONE, run_main, NULL);
    while (!all.over) {
        struct fiber *f = choose();
        if (all.turns > TURNS_MAX)
            return FIBER_RESTLESS;
        if (f)
            turn(f);
        else if (!advance())
            return FIBER_STUCK;
    }
    return FIBER_DONE;
}
