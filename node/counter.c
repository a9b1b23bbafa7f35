#include "node/counter.h"

#include "crypto/text.h"
#include "node/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SETTING_COUNTER "nv-counter" /* u8 version = 1 || u32 index || u64 count that the TPM must have */

enum {
    VERSION = 1,
    TRIES = 16,
    FIRST_LEAST = 0x01800000,
    FIRST_MOST = 0x01bf0000,
    PATIENCE = 3,
    AGAIN = 5 /* seconds */
};

struct counter {
    struct counter_options o;
    struct platform_counter at;
    bool there;         /* at the index is one of ours */
    bool row;           /* the keystore has a row */
    uint64_t count;     /* the row's */
    struct sr_why lost; /* R_NONE: this state is the newest */
    _Atomic(uint64_t) value;

    pthread_mutex_t lock; /* one that counts at a time */
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stop;
    _Atomic(uint64_t) seq;     /* of the keystore, that is counted */
    _Atomic(uint64_t) last_ms; /* when all was counted */
};

bool counter_range(const char *text, uint32_t *ret)
{
    uint8_t b[4];
    if (hex_read(span_of(text), b, sizeof b) != SR_OK)
        return false;
    struct reader r = rd_init(SPAN(b));
    *ret = rd_u32be(&r);
    return *ret >= FIRST_LEAST && *ret <= FIRST_MOST && (*ret & 0xffff) == 0;
}

uint64_t counter_value(const struct counter *c)
{
    return c ? atomic_load(&c->value) : 0;
}

uint32_t counter_index(const struct counter *c)
{
    return c ? c->at.index : 0;
}

/* ---- what is there */

/* From a key that is the same for the keystore's whole life and leaves no member's memory. */
static void aim(struct counter *c, uint32_t index)
{
    struct keystore_options o = { 0 };
    struct keystore_epoch older[EPOCHS_MAX];
    size_t n = 0;
    SR_OWN(epochs_hold) now = epochs_holder_get(c->o.home->epochs);
    uint8_t about[sizeof c->o.home->cid.b + 4];
    keyring_keystore(now.e->keyring, &o, older, &n);
    memcpy(about, c->o.home->cid.b, sizeof c->o.home->cid.b);
    for (size_t i = 0; i < 4; i++)
        about[sizeof about - 1 - i] = (uint8_t)(index >> 8 * i);
    struct sha256 auth = hmac_label(&o.index, L_NV_AUTH, SPAN(about));
    c->at.index = index;
    memcpy(c->at.auth.b, auth.b, sizeof c->at.auth.b);
    sodium_memzero(&auth, sizeof auth);
    sodium_memzero(&o, sizeof o);
    sodium_memzero(older, sizeof older);
}

static uint32_t place(const struct counter *c, unsigned i)
{
    struct hash256 h = hash256_start(L_NV_INDEX);
    hash256_raw(&h, SPAN(c->o.home->cid.b));
    hash256_raw(&h, SPAN(c->o.home->id.b));
    hash256_u64(&h, i);
    struct sha256 d = hash256_end(&h);
    return c->o.first + ((uint32_t)d.b[0] << 8) + d.b[1];
}

static enum sr_err ask(struct counter *c, enum platform_count act, struct sr_why *why)
{
    uint64_t value = 0;
    SR_TRY(tpm_actor_count(c->o.tpm, &c->at, act, &value, why));
    if (act != COUNT_DEFINE)
        atomic_store(&c->value, value);
    return SR_OK;
}

static struct keystore_name row_name(void)
{
    return (struct keystore_name){ .table = KT_SETTING, .name = SPAN_STR(SETTING_COUNTER) };
}

static enum sr_err read_row(struct counter *c, uint32_t *ret_index, struct sr_why *why)
{
    SR_OWN(keystore_item) item = { 0 };
    const struct keystore_name name = row_name();
    enum sr_err e = keystore_get(c->o.ks, &name, &item, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    struct reader r = rd_init(secret_span(&item.value));
    uint8_t version = rd_u8(&r);
    *ret_index = rd_u32be(&r);
    c->count = rd_u64be(&r);
    c->row = true;
    return rd_end(&r) && version == VERSION
               ? SR_OK
               : sr_fail(why, SR_EPROOF, R_STORE_TAMPERED, "the counter's row was not written here");
}

/* The state says which counter, and how far it was. */
static enum sr_err look_there(struct counter *c, uint32_t index, struct sr_why *why)
{
    aim(c, index);
    enum sr_err e = ask(c, COUNT_READ, &c->lost);
    if ((e == SR_ENOENT || e == SR_EPROOF) && c->lost.reason == R_ROLLED_BACK)
        return SR_OK;
    if (e != SR_OK) {
        if (why)
            *why = c->lost;
        return e;
    }
    uint64_t value = counter_value(c);
    c->there = true;
    c->lost = (struct sr_why){ 0 };
    if (value != c->count && value + 1 != c->count)
        (void)!sr_fail(&c->lost, SR_EPROOF, R_ROLLED_BACK, "the TPM's counter is at %llu, this state at %llu",
                       (unsigned long long)value, (unsigned long long)c->count);
    return SR_OK;
}

/* It says nothing: there must be nothing of ours in the TPM either, unless this member was never one before.
 */
static enum sr_err look_around(struct counter *c, bool was_member, struct sr_why *why)
{
    for (unsigned i = 0; i < TRIES; i++) {
        struct sr_why found = { 0 };
        aim(c, place(c, i));
        enum sr_err e = ask(c, COUNT_READ, &found);
        if (e == SR_EPROOF && found.reason == R_ROLLED_BACK)
            continue; /* somebody else's */
        if (e == SR_ENOENT && found.reason == R_ROLLED_BACK)
            return SR_OK;
        if (e != SR_OK) {
            if (why)
                *why = found;
            return e;
        }
        c->there = true;
        if (was_member && counter_value(c) > 0)
            (void)!sr_fail(
                &c->lost, SR_EPROOF, R_ROLLED_BACK,
                "the TPM has this member's counter, at %llu: this state is from before it was begun",
                (unsigned long long)counter_value(c));
        return SR_OK;
    }
    return sr_fail(why, SR_EBUSY, R_TPM, "no free index for a counter");
}

static enum sr_err look(struct counter *c, struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    uint32_t index = 0;
    SR_TRY(read_row(c, &index, why));
    if (!c->row && !c->o.begin)
        return SR_OK;
    if (!tpm_actor_counts(c->o.tpm))
        return sr_fail(why, SR_ENOENT, R_CONFIG, "nv-counter: nothing counts on this machine");
    if (c->row)
        return look_there(c, index, why);
    enum sr_err e = home_get(c->o.home, HOME_MEMBER_CERT, &cert, NULL);
    return e == SR_OK || e == SR_ENOENT ? look_around(c, e == SR_OK, why) : e;
}

enum sr_err counter_open(const struct counter_options *o, struct counter **ret, struct sr_why *why)
{
    struct counter *c = calloc(1, sizeof *c);
    pthread_condattr_t clock;
    *ret = NULL;
    if (!c)
        return SR_ENOMEM;
    c->o = *o;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, &clock);
    pthread_condattr_destroy(&clock);
    enum sr_err e = look(c, why);
    if (e == SR_OK && (c->row || o->begin))
        *ret = c;
    else
        counter_close(c);
    return e;
}

enum sr_err counter_judge(const struct counter *c, struct sr_why *why)
{
    if (!c || c->lost.reason == R_NONE)
        return SR_OK;
    if (why)
        *why = c->lost;
    return SR_EPROOF;
}

/* ---- counting */

static enum sr_err write_row(struct counter *c, uint64_t count)
{
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(buf) b = { 0 };
    struct keystore_txn *const txns[] = { &txn };
    enum sr_err result = SR_OK;
    const struct keystore_name name = row_name();
    uint64_t seq = 0;
    wr_u8(&b, VERSION);
    wr_u32be(&b, c->at.index);
    wr_u64be(&b, count);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    keystore_txn_put(&txn, &name, count, clock_unix(), buf_span(&b));
    SR_TRY(keystore_commit(c->o.ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, &seq));
    SR_TRY(result);
    c->row = true;
    c->count = count;
    atomic_store(&c->seq, seq);
    return SR_OK;
}

/* The TPM up to the row. What an earlier call left undone, or did without our hearing of it, is found out
 * first. */
static enum sr_err catch_up(struct counter *c, struct sr_why *why)
{
    SR_TRY(ask(c, COUNT_READ, why));
    if (counter_value(c) + 1 == c->count)
        SR_TRY(ask(c, COUNT_STEP, why));
    if (counter_value(c) == c->count)
        return SR_OK;
    return sr_fail(why, SR_EPROOF, R_ROLLED_BACK, "the TPM's counter is at %llu, the row at %llu",
                   (unsigned long long)counter_value(c), (unsigned long long)c->count);
}

/* In this order: the row is on disk, then the TPM counts. Whatever is in the keystore by the time of the row
 * is in every state that counts from then on. What an earlier call left is finished first, and covers only
 * what was there when its row was written. */
static enum sr_err cover(struct counter *c, struct sr_why *why)
{
    if (c->count != counter_value(c))
        SR_TRY(catch_up(c, why));
    if (keystore_head(c->o.ks).seq == atomic_load(&c->seq))
        return SR_OK;
    SR_TRY(write_row(c, counter_value(c) + 1));
    return catch_up(c, why);
}

enum sr_err counter_cover(struct counter *c, struct sr_why *why)
{
    if (!c)
        return SR_OK;
    pthread_mutex_lock(&c->lock);
    enum sr_err e = cover(c, why);
    if (e == SR_OK)
        atomic_store(&c->last_ms, clock_boot_ms());
    pthread_mutex_unlock(&c->lock);
    return e;
}

enum sr_err counter_holds(struct counter *c, struct sr_why *why)
{
    if (!c)
        return SR_OK;
    uint64_t late = clock_boot_ms() - atomic_load(&c->last_ms);
    if (late < (uint64_t)PATIENCE * c->o.seconds * 1000)
        return SR_OK;
    return keystore_head(c->o.ks).seq == atomic_load(&c->seq)
               ? SR_OK
               : sr_fail(why, SR_EBUSY, R_TPM, "the TPM's counter does not go up");
}

static bool pause_of(struct counter *c, unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    pthread_mutex_lock(&c->lock);
    int rc = 0;
    while (!c->stop && rc == 0)
        rc = pthread_cond_timedwait(&c->wake, &c->lock, &until);
    bool stop = c->stop;
    pthread_mutex_unlock(&c->lock);
    return stop;
}

static void *run(void *arg)
{
    struct counter *c = arg;
    unsigned soon = c->o.seconds < AGAIN ? c->o.seconds : AGAIN;
    for (bool good = true; !pause_of(c, good ? c->o.seconds : soon);) {
        struct sr_why why = { 0 };
        enum sr_err e = counter_cover(c, &why);
        if (e != SR_OK && good)
            log_refusal(c->o.log, LOG_ERROR, "not-counted", e, &why);
        good = e == SR_OK;
    }
    return NULL;
}

/* One of ours at an index that is free. */
static enum sr_err make(struct counter *c, struct sr_why *why)
{
    for (unsigned i = 0; i < TRIES; i++) {
        aim(c, place(c, i));
        enum sr_err e = ask(c, COUNT_DEFINE, why);
        if (e == SR_ESTALE)
            continue;
        SR_TRY(e);
        c->there = true;
        atomic_store(&c->value, 0);
        return SR_OK;
    }
    return sr_fail(why, SR_EBUSY, R_TPM, "no free index for a counter");
}

enum sr_err counter_start(struct counter *c, struct sr_why *why)
{
    if (!c)
        return SR_OK;
    if (!c->there)
        SR_TRY(make(c, why));
    if (counter_value(c) == 0)
        SR_TRY(ask(c, COUNT_STEP, why)); /* past every count that this TPM ever had */
    if (!c->row || c->lost.reason != R_NONE || c->count != counter_value(c) + 1)
        SR_TRY(write_row(c, counter_value(c) + 1));
    SR_TRY(counter_cover(c, why));
    c->lost = (struct sr_why){ 0 };
    if (pthread_create(&c->thread, NULL, run, c))
        return SR_EIO;
    c->running = true;
    return SR_OK;
}

void counter_close(struct counter *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    if (c->running)
        pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    key_drop(&c->at.auth);
    free(c);
}
