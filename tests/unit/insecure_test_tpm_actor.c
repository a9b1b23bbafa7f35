/* The platform's one thread: what many callers ask at a time is answered one by one, or refused before. */
#include "node/tpm_actor.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 8, CALLS = 50 };

static char dir[] = "/tmp/sealring-actor-XXXXXX";

static struct tpm_actor *start(size_t queue, unsigned deadline_ms)
{
    struct platform p = { 0 };
    struct platform_options o = { .dir = dir };
    struct tpm_actor_options a = { .queue = queue, .deadline_ms = deadline_ms };
    struct tpm_actor *ret = NULL;
    struct sr_why why = { 0 };
    T(platform_open(SPAN_STR("insecure"), &o, &p, &why) == SR_OK);
    T(tpm_actor_start(&p, &a, &ret) == SR_OK && p.row == NULL);
    return ret;
}

static void a_sealed_key_comes_back(void)
{
    struct tpm_actor *a = start(2, 5000);
    const struct key k = { { 1, 2, 3 } };
    struct key back = { 0 };
    struct sr_why why = { 0 };
    struct claims claims = { 0 };
    SR_OWN(buf) blob = { 0 };
    T(tpm_actor_seal(a, &k, &blob, &why) == SR_OK);
    T(tpm_actor_unseal(a, buf_span(&blob), &back, &why) == SR_OK && memcmp(&k, &back, sizeof k) == 0);
    blob.p[blob.n - 1] ^= 1;
    T(tpm_actor_unseal(a, buf_span(&blob), &back, &why) == SR_EPROOF && why.reason == R_UNSEAL);
    T(tpm_actor_self_claims(a, &claims, &why) == SR_OK && claims_find(&claims, SPAN_STR("code")) != NULL);
    T(strcmp(tpm_actor_type(a), "insecure") == 0 && !tpm_actor_enrols(a));
    tpm_actor_stop(a);
    tpm_actor_stop(NULL);
}

static void a_full_queue_refuses_before_anything_is_asked(void)
{
    struct tpm_actor *a = start(2, 5000);
    struct tpm_slot one = { 0 }, two = { 0 }, three = { 0 };
    struct sr_why why = { 0 };
    const struct sha512 rd = { { 1 } };
    SR_OWN(buf) quote = { 0 };
    T(tpm_slot_take(a, &one, &why) == SR_OK && tpm_slot_take(a, &two, &why) == SR_OK);
    T(tpm_slot_take(a, &three, &why) == SR_EBUSY && why.reason == R_BUSY && three.actor == NULL);
    T(tpm_actor_quote(&three, &rd, (struct span){ 0 }, &quote, &why) == SR_EBUG);
    T(tpm_actor_quote(&one, &rd, (struct span){ 0 }, &quote, &why) == SR_OK && quote.n > 0);
    tpm_slot_drop(&two);
    tpm_slot_drop(&two);
    T(tpm_slot_take(a, &three, &why) == SR_OK);
    tpm_slot_drop(&one);
    tpm_slot_drop(&three);
    tpm_actor_stop(a);
}

struct caller {
    pthread_t thread;
    struct tpm_actor *actor;
    int good;
};

static void *quote_many(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < CALLS; i++) {
        SR_OWN(tpm_slot) slot = { 0 };
        SR_OWN(buf) quote = { 0 };
        struct sr_why why = { 0 };
        const struct sha512 rd = { { (uint8_t)i } };
        c->good += tpm_slot_take(c->actor, &slot, &why) == SR_OK &&
                   tpm_actor_quote(&slot, &rd, (struct span){ 0 }, &quote, &why) == SR_OK && quote.n > 0;
    }
    return NULL;
}

static void many_callers_all_get_their_own_answer(void)
{
    struct tpm_actor *a = start(THREADS, 20000);
    struct caller c[THREADS] = { 0 };
    for (size_t i = 0; i < THREADS; i++) {
        c[i].actor = a;
        T(pthread_create(&c[i].thread, NULL, quote_many, &c[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(c[i].thread, NULL);
        T(c[i].good == CALLS);
    }
    tpm_actor_stop(a);
}

int main(void)
{
    char path[64];
    T(secret_init() == SR_OK && mkdtemp(dir) != NULL);
    a_sealed_key_comes_back();
    a_full_queue_refuses_before_anything_is_asked();
    many_callers_all_get_their_own_answer();
    snprintf(path, sizeof path, "%s/insecure-key", dir);
    unlink(path);
    rmdir(dir);
    return t_end();
}
