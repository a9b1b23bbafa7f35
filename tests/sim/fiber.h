#pragma once
/* fiber.h - every thread of every simulated machine, as coroutines of one: exactly one runs, the seed chooses
 * which, and it runs until it waits, yields or ends. Time is virtual and moves only when all wait. */
#include "tests/sim/rng.h"

#include <stdbool.h>

enum { HOST_NONE = -1 /* the network's and the script's own */ };
#define FOREVER UINT64_MAX

struct fiber;
/* What is left of a wait. */
enum fiber_woken { WOKEN_BY_TIME, WOKEN_BY_OTHERS };
enum fiber_end { FIBER_DONE, FIBER_STUCK /* all wait for ever */, FIBER_RESTLESS /* too many turns */ };

/* Before anything else. preempt: permille of the points where a thread could lose the processor. */
void fiber_reset(struct rng schedule, unsigned preempt);
/* Runs main and whatever it starts, until main ends. */
enum fiber_end fiber_run(void (*main)(void));

struct fiber *fiber_start(int host, void *(*run)(void *), void *arg);
void *fiber_join(struct fiber *f); /* waits for its end; once a fiber */
/* The machine of the fiber that runs; HOST_NONE outside of all. */
int fiber_host(void);
const void *fiber_self(void); /* NULL outside of all */
void fiber_yield(void);
void fiber_preempt(void); /* a yield, now and then */
/* Until somebody wakes who waits on that, or the time (virtual, in us) comes. */
enum fiber_woken fiber_wait(const void *on, uint64_t until);
void fiber_wake(const void *on, bool all);
void fiber_sleep(uint64_t us);
/* None of the machine's fibers runs ever again. Does not return when it was called by one of them. */
void fiber_kill(int host);
void fiber_stop_all(void); /* main has ended, as it were */
uint64_t fiber_now(void);  /* us since the start */
uint64_t fiber_turns(void);
