#pragma once
/* counter_lab.h - a member's home over a store in memory, with a TPM that this process plays: it seals, it
 * counts, it fails where a test wants it to, and its owner does with its counters what owners can. States of
 * the whole store are kept and put back, as whoever has the disk can. */
#include "node/counter.h"
#include "tests/t.h"

#include <stdlib.h>

enum { LAB_SLOTS = 4, LAB_STATES = 64 };

enum lab_fault { LAB_FINE, LAB_BEFORE, LAB_AFTER }; /* the TPM does not answer: nothing was done, or it was */

struct platform_state { /* the TPM */
    struct {
        uint32_t index; /* 0: free */
        struct key auth;
        uint64_t value;
    } slot[LAB_SLOTS];
    uint64_t highest; /* that any counter ever had */
    enum lab_fault fault;
    unsigned steps;
};

static inline void lab_tpm_close(struct platform_state *s)
{
    (void)s;
}

static inline enum sr_err lab_tpm_seal(struct platform_state *s, const struct key *k, struct buf *ret,
                                       struct sr_why *why)
{
    (void)s, (void)why;
    wr_span(ret, key_span(k));
    return SR_OK;
}

static inline enum sr_err lab_tpm_unseal(struct platform_state *s, struct span blob, struct key *ret,
                                         struct sr_why *why)
{
    (void)s, (void)why;
    memcpy(ret->b, blob.p, sizeof ret->b);
    return SR_OK;
}

static inline enum sr_err lab_tpm_digest(struct platform_state *s, struct sha256 *ret, struct sr_why *why)
{
    (void)s, (void)why;
    *ret = (struct sha256){ 0 };
    return SR_OK;
}

static inline enum sr_err lab_tpm_probe(struct platform_state *s, struct sr_why *why)
{
    (void)s, (void)why;
    return SR_OK;
}

static inline enum sr_err lab_tpm_define(struct platform_state *s, const struct platform_counter *c,
                                         struct sr_why *why)
{
    size_t free = LAB_SLOTS;
    for (size_t i = LAB_SLOTS; i-- > 0;) {
        if (s->slot[i].index == c->index)
            return sr_fail(why, SR_ESTALE, R_STATE_EXISTS, "taken");
        if (!s->slot[i].index)
            free = i;
    }
    if (free == LAB_SLOTS)
        return sr_fail(why, SR_EIO, R_TPM, "full");
    s->slot[free].index = c->index;
    s->slot[free].auth = c->auth;
    s->slot[free].value = 0;
    return SR_OK;
}

static inline enum sr_err lab_tpm_do(struct platform_state *s, const struct platform_counter *c,
                                     enum platform_count act, uint64_t *ret, struct sr_why *why)
{
    if (act == COUNT_DEFINE)
        return lab_tpm_define(s, c, why);
    for (size_t i = 0; i < LAB_SLOTS; i++) {
        if (s->slot[i].index != c->index)
            continue;
        if (memcmp(&s->slot[i].auth, &c->auth, sizeof c->auth) != 0)
            return sr_fail(why, SR_EPROOF, R_ROLLED_BACK, "another's");
        if (act == COUNT_STEP) {
            s->slot[i].value = s->slot[i].value ? s->slot[i].value + 1 : s->highest + 1;
            s->highest = s->slot[i].value > s->highest ? s->slot[i].value : s->highest;
            s->steps++;
        }
        *ret = s->slot[i].value;
        return SR_OK;
    }
    return sr_fail(why, SR_ENOENT, R_ROLLED_BACK, "none");
}

static inline enum sr_err lab_tpm_count(struct platform_state *s, const struct platform_counter *c,
                                        enum platform_count act, uint64_t *ret, struct sr_why *why)
{
    enum lab_fault fault = act == COUNT_READ ? LAB_FINE : s->fault;
    if (fault == LAB_BEFORE)
        return sr_fail(why, SR_EIO, R_TPM, "no answer");
    enum sr_err e = lab_tpm_do(s, c, act, ret, why);
    return fault == LAB_AFTER ? sr_fail(why, SR_EIO, R_TPM, "no answer") : e;
}

static const struct platform_row lab_tpm_row = { .name = "played",
                                                 .trouble = R_TPM,
                                                 .close = lab_tpm_close,
                                                 .seal = lab_tpm_seal,
                                                 .unseal = lab_tpm_unseal,
                                                 .policy_digest = lab_tpm_digest,
                                                 .probe = lab_tpm_probe,
                                                 .count = lab_tpm_count };

/* Every row of a store at one time. */
struct lab_state {
    struct buf rows; /* LP(key) LP(value) each */
};

struct counter_lab {
    struct platform_state tpm;
    struct store *store;
    struct home home;
    struct counter *counter;
    struct tpm_actor *actor;
    struct logger log;
    bool begin;
    struct lab_state kept[LAB_STATES];
};

static inline enum sr_err lab_keep_row(void *ctx, const struct store_item *item)
{
    wr_lp(ctx, item->key);
    wr_lp(ctx, item->value);
    return SR_OK;
}

static inline void lab_keep(struct counter_lab *l, size_t at)
{
    const struct store_list all = { .limit = STORE_LIST_ALL,
                                    .visit = lab_keep_row,
                                    .ctx = &l->kept[at].rows };
    buf_drop(&l->kept[at].rows);
    T(store_list(l->store, &all, NULL) == SR_OK && buf_ok(&l->kept[at].rows));
}

/* The process ends, whatever it was at. */
static inline void lab_down(struct counter_lab *l)
{
    counter_close(l->counter);
    l->counter = NULL;
    home_drop(&l->home);
    tpm_actor_stop(l->actor);
    l->actor = NULL;
}

/* The disk is as it was then. */
static inline void lab_put_back(struct counter_lab *l, size_t at)
{
    struct reader r = rd_init(buf_span(&l->kept[at].rows));
    lab_down(l);
    store_close(l->store);
    T(store_open("memory:", &l->store, NULL) == SR_OK);
    while (rd_left(&r)) {
        struct store_op op = { .kind = STORE_PUT, .key = rd_lp(&r, STORE_KEY_MAX) };
        op.value = rd_lp(&r, STORE_VALUE_MAX);
        T(store_txn(l->store, &(struct store_txn){ .ops = &op, .n_ops = 1 }, NULL) == SR_OK);
    }
}

static inline enum sr_err lab_look(struct counter_lab *l, struct sr_why *why)
{
    struct platform p = {
        .row = &lab_tpm_row, .state = &l->tpm, .sealer = &lab_tpm_row, .sealer_state = &l->tpm
    };
    const struct tpm_actor_options a = { .queue = 4, .deadline_ms = 5000, .probe_ms = 10 };
    T(tpm_actor_start(&p, &a, &l->actor) == SR_OK);
    SR_TRY(home_load(l->store, l->actor, NULL, &l->home, why));
    const struct counter_options o = { .ks = l->home.ks,
                                       .tpm = l->actor,
                                       .home = &l->home,
                                       .begin = l->begin,
                                       .first = 0x01a50000,
                                       .seconds = 3600,
                                       .log = &l->log };
    return counter_open(&o, &l->counter, why);
}

/* As a daemon starts. */
static inline enum sr_err lab_start(struct counter_lab *l, struct sr_why *why)
{
    SR_TRY(lab_look(l, why));
    SR_TRY(counter_judge(l->counter, why));
    return counter_start(l->counter, why);
}

static inline void lab_put(struct counter_lab *l, const char *name, const char *value)
{
    SR_OWN(keystore_txn) t = { 0 };
    struct keystore_txn *const list[] = { &t };
    enum sr_err result = SR_EBUG;
    home_put(&t, name, span_of(value));
    T(keystore_commit(l->home.ks, &(struct keystore_group){ list, &result, 1, NULL, NULL }, NULL) == SR_OK &&
      result == SR_OK);
}

static inline bool lab_has(struct counter_lab *l, const char *name, const char *value)
{
    SR_OWN(buf) b = { 0 };
    return home_get(&l->home, name, &b, NULL) == SR_OK && span_eq(buf_span(&b), span_of(value));
}

/* A member on a machine whose TPM has not counted for anybody yet. */
static inline void counter_lab_begin(struct counter_lab *l)
{
    static const uint8_t empty[2] = { 0, 0 };
    struct genesis g = { .params.operators = { .n = 1, .k = 1 }, .params.akcas = { .n = 1, .k = 1 } };
    struct sign_key member;
    struct sign_pub pub;
    struct keyring *k = NULL;
    SR_OWN(buf) record = { 0 };
    struct platform p = {
        .row = &lab_tpm_row, .state = &l->tpm, .sealer = &lab_tpm_row, .sealer_state = &l->tpm
    };
    const struct tpm_actor_options a = { .queue = 4, .deadline_ms = 5000, .probe_ms = 10 };
    struct sr_why why = { 0 };
    *l = (struct counter_lab){ .begin = true, .log = { LOG_ERROR, 2 }, .tpm.highest = 41 };
    T(store_open("memory:", &l->store, NULL) == SR_OK);
    T(tpm_actor_start(&p, &a, &l->actor) == SR_OK);
    sign_random(&member, &pub);
    T(keyring_generate(g.params.salt, &k) == SR_OK);
    g.first = *keyring_pubs(k, 1);
    T(genesis_encode(&g, &record, NULL) == SR_OK);
    const struct home_parts parts = { buf_span(&record), SPAN(empty), k, &member, &pub };
    T_ROW(home_make(l->store, l->actor, &parts, &l->home, &why) == SR_OK, why.text);
    lab_down(l);
}

static inline void counter_lab_end(struct counter_lab *l)
{
    lab_down(l);
    store_close(l->store);
    for (size_t i = 0; i < LAB_STATES; i++)
        buf_drop(&l->kept[i].rows);
}
