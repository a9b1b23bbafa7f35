#include "node/http_parts.h"

#include <pthread.h>

/* Door and engine hand requests to one another: under SCHED_BATCH a thread that is woken waits until the one
 * that woke it is through with what it has, instead of taking its place. */
struct threads_before threads_begin(void)
{
    struct threads_before before = { .policy = SCHED_OTHER };
    sigset_t all;
    sigfillset(&all); /* signals are for the thread that waits for them; SIGPIPE is for nobody */
    pthread_sigmask(SIG_BLOCK, &all, &before.signals);
    (void)pthread_getschedparam(pthread_self(), &before.policy, &before.param);
    (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &(struct sched_param){ 0 });
    return before;
}

void threads_end(const struct threads_before *before)
{
    (void)pthread_setschedparam(pthread_self(), before->policy, &before->param);
    pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
}
