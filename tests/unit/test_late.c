/* Calls that have no end of their own, under a deadline: who is left with what. Meant for the thread
 * sanitizer too. */
#include "node/platform/late.h"
#include "tests/t.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct job {
    struct late_job late;
    atomic_bool *until; /* NULL: at once */
    int result;
};
static _Atomic int runs, drops;

static void run(struct late_job *j)
{
    struct job *me = (struct job *)j;
    runs++;
    while (me->until && !*me->until)
        usleep(1000);
    me->result = 7;
}

static void drop(struct late_job *j)
{
    drops++;
    free(j);
}

static struct job *job(atomic_bool *until)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->late = (struct late_job){ .run = run, .drop = drop };
    j->until = until;
    return j;
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool dropped(int want)
{
    for (int i = 0; i < 1000 && drops != want; i++)
        usleep(1000);
    return drops == want;
}

static void one_that_ends_is_the_callers_again(void)
{
    struct late *l = NULL;
    struct sr_why why = { 0 };
    runs = drops = 0;
    T(late_new(&l) == SR_OK);
    for (int i = 0; i < 20; i++) {
        struct job *j = job(NULL);
        T(late_run(l, &j->late, 10000, &why) == SR_OK && j->result == 7);
        drop(&j->late);
    }
    T(runs == 20 && drops == 20);
    late_free(l);
    late_free(NULL);
}

static void one_that_does_not_is_left_and_holds_up_nobody(void)
{
    struct late *l = NULL;
    struct sr_why why = { 0 };
    atomic_bool until = false;
    runs = drops = 0;
    T(late_new(&l) == SR_OK);
    long from = now_ms();
    struct job *j = job(&until);
    T(late_run(l, &j->late, 100, &why) == SR_EIO && why.reason == R_TSM);
    T(now_ms() - from >= 100 && now_ms() - from < 2000);
    from = now_ms();
    for (int i = 0; i < 10; i++) {
        j = job(NULL);
        T(late_run(l, &j->late, 10000, &why) == SR_EIO && why.reason == R_TSM);
    }
    T(now_ms() - from < 1000 && runs == 1 && drops == 10); /* none of them ran */
    until = true;
    T(dropped(11)); /* the one that was left, by its own thread */
    enum sr_err e = SR_EIO;
    for (int i = 0; i < 100 && e != SR_OK; i++) {
        j = job(NULL);
        e = late_run(l, &j->late, 10000, &why);
        if (e == SR_OK)
            drop(&j->late);
    }
    T(e == SR_OK);
    late_free(l);
}

static void the_owner_may_go_first(void)
{
    struct late *l = NULL;
    struct sr_why why = { 0 };
    static atomic_bool until = false; /* the call outlives this function */
    runs = drops = 0;
    T(late_new(&l) == SR_OK);
    T(late_run(l, &job(&until)->late, 20, &why) == SR_EIO);
    late_free(l);
    T(drops == 0);
    until = true;
    T(dropped(1));
    usleep(20000); /* and its thread is gone */
}

int main(void)
{
    one_that_ends_is_the_callers_again();
    one_that_does_not_is_left_and_holds_up_nobody();
    the_owner_may_go_first();
    return t_end();
}
