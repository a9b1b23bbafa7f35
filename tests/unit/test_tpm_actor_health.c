/* A platform that fails, hangs and comes back, under the actor: callers are told soon, nobody waits for ever,
 * and stopping works all the while. */
#include "node/clock.h"
#include "node/tpm_actor.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE = 150, PROBE = 40, QUEUE = 3 };
enum mode { WORKS, FAILS, HANGS, REFUSES };

static _Atomic int mode;
static _Atomic unsigned calls, told_bad, told_good;
static _Atomic bool closed;
static char told_text[160];

static enum sr_err work(struct sr_why *why)
{
    calls++;
    while (mode == HANGS)
        usleep(2000);
    if (mode == FAILS)
        return sr_fail(why, SR_EIO, R_TPM, "no answer");
    if (mode == REFUSES)
        return sr_fail(why, SR_EPROOF, R_UNSEAL, "sealed by another machine");
    return SR_OK;
}

static enum sr_err fake_quote(struct platform_state *s, const struct sha512 *rd, struct span cert,
                              struct buf *ret, struct sr_why *why)
{
    (void)s, (void)rd, (void)cert;
    SR_TRY(work(why));
    wr_text(ret, "quote");
    return SR_OK;
}

static enum sr_err fake_unseal(struct platform_state *s, struct span blob, struct key *ret,
                               struct sr_why *why)
{
    (void)s, (void)blob, (void)ret;
    return work(why);
}

static enum sr_err fake_digest(struct platform_state *s, struct sha256 *ret, struct sr_why *why)
{
    (void)s;
    *ret = (struct sha256){ 0 };
    return work(why);
}

static enum sr_err fake_probe(struct platform_state *s, struct sr_why *why)
{
    (void)s;
    return work(why);
}

static void fake_close(struct platform_state *s)
{
    (void)s;
    closed = true;
}

static const struct platform_row fake = { .name = "fake",
                                          .close = fake_close,
                                          .quote = fake_quote,
                                          .unseal = fake_unseal,
                                          .policy_digest = fake_digest,
                                          .probe = fake_probe,
                                          .trouble = R_TPM };

static void on_health(void *ctx, bool healthy, const struct sr_why *why)
{
    T(ctx == &mode && healthy == (why == NULL));
    if (healthy) {
        told_good++;
        return;
    }
    memcpy(told_text, why->text, sizeof told_text);
    told_bad++;
}

static struct tpm_actor *start(enum mode first)
{
    struct platform p = { .row = &fake, .sealer = &fake };
    const struct tpm_actor_options o = {
        .queue = QUEUE, .deadline_ms = DEADLINE, .probe_ms = PROBE, .on_health = on_health, .ctx = &mode
    };
    struct tpm_actor *a = NULL;
    mode = first;
    calls = told_bad = told_good = 0;
    closed = false;
    T(tpm_actor_start(&p, &o, &a) == SR_OK);
    return a;
}

static enum sr_err digest(struct tpm_actor *a, struct sr_why *why)
{
    struct sha256 d;
    *why = (struct sr_why){ 0 };
    return tpm_actor_policy_digest(a, &d, why);
}

static bool within(unsigned ms, const _Atomic unsigned *n, unsigned want)
{
    for (uint64_t end = clock_boot_ms() + ms; clock_boot_ms() < end; usleep(2000))
        if (*n >= want)
            return true;
    return false;
}

static void a_failure_is_busy_for_callers_and_told_once(void)
{
    struct tpm_actor *a = start(WORKS);
    struct sr_why why = { 0 };
    struct tpm_slot slot = { 0 };
    T(digest(a, &why) == SR_OK && tpm_actor_healthy(a, &why));
    mode = FAILS;
    T(digest(a, &why) == SR_EBUSY && why.reason == R_TPM);
    T(!tpm_actor_healthy(a, &why) && strcmp(why.text, "no answer") == 0);
    T(tpm_slot_take(a, &slot, &why) == SR_EBUSY && why.reason == R_TPM && slot.actor == NULL);
    unsigned before = calls;
    T(within(20 * PROBE, &calls, before + 3)); /* it is tried, though nobody asks */
    T(told_bad == 1 && told_good == 0 && strcmp(told_text, "no answer") == 0);
    mode = WORKS;
    T(within(20 * PROBE, &told_good, 1));
    T(digest(a, &why) == SR_OK && tpm_actor_healthy(a, &why));
    T(tpm_slot_take(a, &slot, &why) == SR_OK);
    tpm_slot_drop(&slot);
    T(told_bad == 1 && told_good == 1);
    tpm_actor_stop(a);
    T(closed);
}

static void a_refusal_is_no_failure(void)
{
    struct tpm_actor *a = start(REFUSES);
    struct sr_why why = { 0 };
    struct key k = { 0 };
    T(tpm_actor_unseal(a, (struct span){ 0 }, &k, &why) == SR_EPROOF && why.reason == R_UNSEAL);
    T(tpm_actor_healthy(a, &why) && told_bad == 0);
    usleep(3 * PROBE * 1000);
    T(calls == 1); /* a healthy one is not tried */
    tpm_actor_stop(a);
}

static void a_device_that_hangs_costs_one_deadline_and_then_nothing(void)
{
    struct tpm_actor *a = start(HANGS);
    struct sr_why why = { 0 };
    struct tpm_slot slot = { 0 };
    SR_OWN(buf) quote = { 0 };
    const struct sha512 rd = { 0 };
    uint64_t t0 = clock_boot_ms();
    T(tpm_slot_take(a, &slot, &why) == SR_OK);
    T(tpm_actor_quote(&slot, &rd, (struct span){ 0 }, &quote, &why) == SR_EBUSY && why.reason == R_TPM);
    tpm_slot_drop(&slot);
    uint64_t t1 = clock_boot_ms();
    T(t1 - t0 >= DEADLINE && t1 - t0 < 10 * DEADLINE && quote.n == 0);
    for (int i = 0; i < 100; i++)
        T(digest(a, &why) == SR_EBUSY && why.reason == R_TPM);
    T(clock_boot_ms() - t1 < DEADLINE);
    T(told_bad == 1 && calls == 1);
    mode = WORKS;
    T(within(1000, &told_good, 1));
    T(digest(a, &why) == SR_OK);
    tpm_actor_stop(a);
    T(closed);
}

static void stopping_does_not_wait_for_a_device_that_hangs(void)
{
    static struct tpm_actor *a; /* it is left behind, and never freed */
    struct sr_why why = { 0 };
    a = start(HANGS);
    T(digest(a, &why) == SR_EBUSY);
    uint64_t t0 = clock_boot_ms();
    tpm_actor_stop(a);
    uint64_t took = clock_boot_ms() - t0;
    T(took >= TPM_ACTOR_STOP_MS && took < TPM_ACTOR_STOP_MS + 2000);
    T(!closed); /* the thread still has it */
    mode = WORKS;
    usleep(50000);
}

static void *ask(void *arg)
{
    struct sr_why why;
    enum sr_err e = digest(arg, &why);
    return e == SR_EBUSY && why.reason == R_BUSY ? arg : NULL;
}

static void quitting_sends_callers_home(void)
{
    struct platform p = { .row = &fake, .sealer = &fake };
    const struct tpm_actor_options o = { .queue = QUEUE, .deadline_ms = 60000 };
    struct tpm_actor *a = NULL;
    pthread_t thread = { 0 };
    void *good = NULL;
    struct sr_why why = { 0 };
    mode = HANGS;
    calls = 0;
    T(tpm_actor_start(&p, &o, &a) == SR_OK);
    T(pthread_create(&thread, NULL, ask, a) == 0);
    T(within(2000, &calls, 1));
    uint64_t t0 = clock_boot_ms();
    tpm_actor_quit(a);
    pthread_join(thread, &good);
    T(good == a && clock_boot_ms() - t0 < 2000);
    T(digest(a, &why) == SR_EBUSY && why.reason == R_BUSY);
    mode = WORKS;
    tpm_actor_stop(a);
    tpm_actor_quit(NULL);
}

int main(void)
{
    T(secret_init() == SR_OK);
    a_failure_is_busy_for_callers_and_told_once();
    a_refusal_is_no_failure();
    a_device_that_hangs_costs_one_deadline_and_then_nothing();
    stopping_does_not_wait_for_a_device_that_hangs();
    quitting_sends_callers_home();
    return t_end();
}
