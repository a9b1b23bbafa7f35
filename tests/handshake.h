#pragma once
/* handshake.h - a network, a joiner and a workload made of recorded randomness, and evidence that a test key
 * signs: it binds type and report data as real evidence does, and nothing else. */
#include "proto/join.h"
#include "proto/release.h"
#include "tests/t.h"

/* The same bytes for the same name, always. */
static inline void fill(void *out, size_t n, const char *name)
{
    uint8_t *p = out;
    for (uint8_t i = 0; n > 0; i++) {
        SR_OWN(buf) b = { 0 };
        wr_text(&b, name);
        wr_u8(&b, i);
        struct sha512 d = sha512(buf_span(&b));
        size_t take = n < sizeof d.b ? n : sizeof d.b;
        memcpy(p, d.b, take);
        p += take;
        n -= take;
    }
}

static inline void make_signer(const char *name, struct sign_key *k, struct sign_pub *p)
{
    struct key seed;
    fill(&seed, sizeof seed, name);
    sign_from_seed(&seed, k, p);
}

/* ---- evidence ---- */

static inline void attest(const char *who, const char *type, const struct sha512 *rd, struct buf *ret)
{
    struct sign_key k;
    struct sign_pub p;
    SR_OWN(buf) b = { 0 };
    make_signer(who, &k, &p);
    wr_lp(&b, span_of(type));
    wr_span(&b, SPAN(rd->b));
    struct sig s = sign_raw(&k, buf_span(&b));
    wr_span(ret, buf_span(&b));
    wr_span(ret, SPAN(s.b));
}

static inline enum sr_err attest_check(struct span evidence, struct span type, const struct sha512 *rd,
                                       struct verified *ret)
{
    struct sign_key k;
    struct sign_pub p;
    struct sig s = { 0 };
    struct reader r = rd_init(evidence);
    struct span got = rd_lp(&r, EVIDENCE_TYPE_MAX), got_rd = rd_span(&r, 64);
    rd_copy(&r, s.b, sizeof s.b);
    make_signer("good machine", &k, &p);
    if (!rd_end(&r) || !span_eq(got, type) || !span_eq(got_rd, SPAN(rd->b)) ||
        sign_check_raw(&p, wire_body(evidence, 64), &s) != SR_OK)
        return SR_EPROOF;
    *ret = (struct verified){ .rd = *rd };
    memcpy(ret->type, type.p, type.n);
    return SR_OK;
}

/* ---- a network ---- */

struct net {
    struct genesis genesis;
    struct key master;
    struct epoch_keys keys;
    struct buf record;
    struct sha256 cid;
    struct key nonce_key;
    struct sign_key idb;
    struct granter g;
    struct releaser r;
    struct master_bundle bundle;
    struct nonce_set *used;
};

static inline void net_drop(struct net *n)
{
    buf_drop(&n->record);
    nonce_set_free(n->used);
    *n = (struct net){ 0 };
}

static inline void make_params(struct genesis_params *p)
{
    struct sign_key k;
    *p = (struct genesis_params){ 0 };
    fill(p->salt, sizeof p->salt, "salt");
    make_signer("operator", &k, &p->operators.key[0]);
    make_signer("certifier", &k, &p->akcas.key[0]);
    p->operators.n = p->operators.k = p->akcas.n = p->akcas.k = 1;
    fill(&p->first_policy, sizeof p->first_policy, "first policy");
    memcpy(p->types[0].type, "tpm", 4);
    fill(&p->types[0].root[0], 32, "vendor root");
    p->types[0].n = p->ntypes = 1;
}

/* Two nets of other names have the same parameters and other masters. */
static inline void net_make(struct net *n, const char *master)
{
    uint8_t seed[16];
    *n = (struct net){ 0 };
    fill(seed, sizeof seed, "table");
    make_params(&n->genesis.params);
    fill(&n->master, sizeof n->master, master);
    T(epoch_keys_derive(&n->master, 1, n->genesis.params.salt, &n->keys) == SR_OK);
    n->genesis.first = n->keys.pub;
    T(genesis_encode(&n->genesis, &n->record, NULL) == SR_OK);
    n->cid = genesis_cid(buf_span(&n->record));
    fill(&n->nonce_key, sizeof n->nonce_key, "nonce key");
    n->g = (struct granter){ .cid = n->cid,
                             .nonce_key = &n->nonce_key,
                             .epoch_lo = 1,
                             .epoch_hi = 1,
                             .policy_number = 1,
                             .policy_hash = n->genesis.params.first_policy,
                             .ttl_ms = 30000,
                             .rollback = { ROLLBACK_PEERS_TPM, 9 } };
    make_signer("idB", &n->idb, &n->g.id);
    n->r = (struct releaser){ .cid = n->cid,
                              .nonce_key = &n->nonce_key,
                              .id = n->g.id,
                              .epoch = 1,
                              .policy_number = 1,
                              .policy_hash = n->genesis.params.first_policy,
                              .release_pub = n->keys.pub.release,
                              .ttl_ms = 30000 };
    n->bundle = (struct master_bundle){ .cid = n->cid, .n = 1 };
    n->bundle.epoch[0] = (struct epoch_master){ 1, EPOCH_ACTIVE, n->master };
    T(nonce_set_new(64, seed, &n->used) == SR_OK);
}

/* The masters of that network after a rotation, with the first one destroyed. */
static inline void net_without_first(const struct net *n, struct master_bundle *ret)
{
    struct master_bundle two = { .cid = n->cid, .n = 2 };
    struct lasting_keys last;
    two.epoch[0] = (struct epoch_master){ 1, EPOCH_RETIRING, n->master };
    two.epoch[1] = (struct epoch_master){ 2, EPOCH_ACTIVE, { { 0 } } };
    fill(&two.epoch[1].master, 32, "master 2");
    T(lasting_keys_derive(&n->master, n->genesis.params.salt, &last) == SR_OK);
    master_bundle_without(&two, 2, &last, ret);
}

enum { NOW = 1000000 };

static inline void make_join_keys(struct join_keys *k, const char *name)
{
    *k = (struct join_keys){ 0 };
    fill(k->nj, sizeof k->nj, name);
    fill(&k->ekj, sizeof k->ekj, "ekJ");
    make_signer("idJ", &k->idj, &k->idj_pub);
    make_signer("member", &k->member, &k->member_pub);
}

/* ---- a whole join, message by message ---- */

enum { M1 = 1, M2, M3, M4, M5, M6, DONE };

struct tape {
    struct buf m[7]; /* as sent */
    struct join_keys k;
    struct joiner j;
    struct join_wait wait;
    struct join_pending pending;
    struct join_hold hold;
    struct join_confirmed confirmed;
    struct master_bundle got;
    struct binding joiner_cb, granter_cb;
    int refused_at; /* the message that was refused; DONE: none was */
    struct sr_why why;
};

static inline void tape_drop(struct tape *t)
{
    for (int i = 0; i < 7; i++)
        buf_drop(&t->m[i]);
}

static inline void tape_start(struct tape *t, const struct sha256 *cid)
{
    *t = (struct tape){ .refused_at = DONE };
    make_join_keys(&t->k, "nJ");
    t->j = (struct joiner){ .cid = *cid,
                            .type = SPAN_STR("tpm"),
                            .address = SPAN_STR("https://b.example:7443"),
                            .rollback = { ROLLBACK_TPM, 7 } };
    fill(t->joiner_cb.exporter, 32, "exporter");
    t->joiner_cb.bound = true;
    t->granter_cb = t->joiner_cb;
}

/* The message as it arrives: with one bit turned when this is the one. */
struct turn {
    int message;
    size_t bit;
};
static inline void arrive(const struct tape *t, int message, const struct turn *turn, struct buf *ret)
{
    struct span s = buf_span(&t->m[message]);
    wr_span(ret, s);
    if (turn && turn->message == message)
        ret->p[turn->bit / 8] ^= (uint8_t)(1 << turn->bit % 8);
}

static inline void no(struct tape *t, int message, enum sr_reason reason)
{
    t->refused_at = message;
    t->why.reason = reason;
}

/* Granter's part after an M3 that passed. */
static inline enum sr_err grant(struct net *n, struct tape *t, const struct join_attest *a)
{
    struct verified v;
    struct nonce_spent spent;
    SR_OWN(join_sealed) sealed = { 0 };
    SR_OWN(buf) evidence = { 0 };
    struct join_grant_random random;
    fill(&random, sizeof random, "grant");
    if (attest_check(a->evidence, a->type, &a->rd, &v) != SR_OK)
        return sr_fail(&t->why, SR_EPROOF, R_REPORT_DATA, "evidence");
    SR_TRY(nonce_consume(n->used, &a->nonce, NOW + 2, &spent, &t->why));
    SR_TRY(join_grant(&n->g, a, &v, &spent, &n->bundle, SPAN_STR("tpm"), &random, &sealed, &t->why));
    attest("good machine", "tpm", &sealed.rd, &evidence);
    const struct join_m4_parts parts = { buf_span(&evidence), buf_span(&n->record), SPAN_STR("\0\0"),
                                         SPAN_STR("{\"policy\":1}"), SPAN_STR("checkpoint") };
    return join_m4(&sealed, &parts, &n->idb, &t->m[M4], &t->pending, &t->why);
}

/* Joiner's part with an M4. */
static inline enum sr_err take_grant(struct tape *t, struct span m4, const struct genesis_params *params)
{
    struct join_granted granted;
    struct verified v;
    struct join_policy policy = { 1, params->first_policy, 0 };
    SR_TRY(join_read_grant(&t->j, &t->wait, m4, &granted, &t->why));
    if (attest_check(granted.m4.evidence, granted.m4.type, &granted.rd, &v) != SR_OK)
        return sr_fail(&t->why, SR_EPROOF, R_REPORT_DATA, "evidence");
    return join_open_grant(&t->wait, &granted, &t->k, &v, &policy, &t->got, &t->hold, &t->why);
}

static inline enum sr_err make_m6(struct net *n, struct tape *t)
{
    SR_OWN(buf) cert = { 0 };
    struct member_cert c = {
        .cid = n->cid, .epoch = 1, .key = t->confirmed.member_key, .issued_at = 1700000000
    };
    memcpy(c.address, t->confirmed.address, sizeof c.address);
    SR_TRY(member_cert_make(&c, &n->keys.member_ca, &cert));
    const struct join_m6_parts parts = { buf_span(&cert), SPAN_STR("leaf"), 7, SPAN_STR("proof"),
                                         SPAN_STR("checkpoint 2") };
    return join_m6(&t->confirmed, &parts, &t->m[M6], &t->why);
}

/* M1 to M3 as they arrive at either side. */
static inline bool join_first_half(struct net *n, struct tape *t, const struct turn *turn,
                                   struct join_attest *a, struct buf arrived[7])
{
    struct join_challenge_random random;
    struct join_challenged c;
    struct join_offer offer;
    SR_OWN(buf) evidence = { 0 };
    fill(&random, sizeof random, "challenge");
    T(join_hello(&t->j, &t->k, &t->m[M1]) == SR_OK);
    arrive(t, M1, turn, &arrived[M1]);
    if (join_challenge(&n->g, buf_span(&arrived[M1]), &random, NOW, &t->m[M2], &t->why) != SR_OK) {
        t->refused_at = M1;
        return false;
    }
    arrive(t, M2, turn, &arrived[M2]);
    if (join_read_challenge(&t->j, buf_span(&t->m[M1]), buf_span(&arrived[M2]), &c, &t->why) != SR_OK) {
        t->refused_at = M2;
        return false;
    }
    join_rd(&t->j, &c, &t->k, &t->joiner_cb, &offer);
    attest("good machine", "tpm", &offer.rd, &evidence);
    T(join_m3(&t->j, &offer, &t->k, buf_span(&evidence), &t->m[M3], &t->wait) == SR_OK);
    arrive(t, M3, turn, &arrived[M3]);
    if (join_open_attest(&n->g, buf_span(&arrived[M3]), &t->granter_cb, NOW + 1, a, &t->why) != SR_OK) {
        t->refused_at = M3;
        return false;
    }
    return true;
}

static inline void join_second_half(struct net *n, struct tape *t, const struct turn *turn,
                                    struct buf arrived[7])
{
    struct join_member member;
    arrive(t, M4, turn, &arrived[M4]);
    if (take_grant(t, buf_span(&arrived[M4]), &n->genesis.params) != SR_OK) {
        t->refused_at = M4;
        return;
    }
    T(join_m5(&t->hold, &t->m[M5]) == SR_OK);
    arrive(t, M5, turn, &arrived[M5]);
    if (join_confirm(&n->g, &t->pending, buf_span(&arrived[M5]), NOW + 3, &t->confirmed, &t->why) != SR_OK) {
        t->refused_at = M5;
        return;
    }
    T(make_m6(n, t) == SR_OK);
    arrive(t, M6, turn, &arrived[M6]);
    if (join_read_m6(&t->j, &t->hold, &t->k, buf_span(&arrived[M6]), &member, &t->why) != SR_OK)
        t->refused_at = M6;
}

static inline void run_join(struct net *n, struct tape *t, const struct turn *turn)
{
    struct buf arrived[7] = { 0 };
    struct join_attest a;
    if (join_first_half(n, t, turn, &a, arrived)) {
        if (grant(n, t, &a) == SR_OK)
            join_second_half(n, t, turn, arrived);
        else
            t->refused_at = M3;
    }
    for (int i = 0; i < 7; i++)
        buf_drop(&arrived[i]);
}

/* ---- a whole release ---- */

enum { W1 = 1, W2, W3 };

struct tape_w {
    struct buf m[4];
    struct kem_key ekw;
    struct workload w;
    struct want_list wants;
    struct binding workload_cb, node_cb;
    struct release_wait wait;
    struct released got;
    int refused_at;
    struct sr_why why;
};

static inline void tape_w_drop(struct tape_w *t)
{
    for (int i = 0; i < 4; i++)
        buf_drop(&t->m[i]);
    released_drop(&t->got);
}

static inline void make_wants(struct want_list *l)
{
    *l = (struct want_list){ .n = 2 };
    l->want[0] = (struct want){ "acme", "app/db", WANT_SECRET, 0, 0 };
    l->want[1] = (struct want){ "acme", "app/disk", WANT_RAW, 1, 32 };
    T(want_list_sort(l, NULL) == SR_OK);
}

static inline void tape_w_start(struct tape_w *t, const struct net *n)
{
    *t = (struct tape_w){ .refused_at = DONE };
    fill(&t->ekw, sizeof t->ekw, "ekW");
    t->w = (struct workload){ .cid = n->cid, .type = SPAN_STR("tpm"), .epochs = &n->keys.pub, .nepochs = 1 };
    make_wants(&t->wants);
    fill(t->workload_cb.exporter, 32, "exporter W");
    t->workload_cb.bound = true;
    t->node_cb = t->workload_cb;
}

static inline void arrive_w(const struct tape_w *t, int message, const struct turn *turn, struct buf *ret)
{
    wr_span(ret, buf_span(&t->m[message]));
    if (turn && turn->message == message)
        ret->p[turn->bit / 8] ^= (uint8_t)(1 << turn->bit % 8);
}

static inline void make_values(const struct want_list *l, struct release_values *v)
{
    *v = (struct release_values){ .n = l->n };
    for (size_t i = 0; i < l->n; i++) {
        v->v[i].want = l->want[i];
        v->v[i].version = l->want[i].version ? l->want[i].version : 4;
        T(secret_new(&v->v[i].value, 32) == SR_OK);
        fill(v->v[i].value.p, 32, l->want[i].path);
    }
}

static inline enum sr_err serve(struct net *n, struct tape_w *t, const struct release_request *q)
{
    struct verified v;
    struct nonce_spent spent;
    SR_OWN(release_values) values = { 0 };
    struct kem_key eph;
    fill(&eph, sizeof eph, "eph W");
    if (attest_check(q->evidence, q->type, &q->rd, &v) != SR_OK)
        return sr_fail(&t->why, SR_EPROOF, R_REPORT_DATA, "evidence");
    SR_TRY(nonce_consume(n->used, &q->nonce, NOW + 2, &spent, &t->why));
    make_values(&q->wants, &values);
    const struct release_promise promise = { 11, SPAN_STR("leaf"), SPAN_STR("checkpoint") };
    const struct release_keys keys = { &eph, &n->keys.release };
    return release_w3(&n->r, q, &v, &spent, &values, &promise, &keys, &t->m[W3], &t->why);
}

static inline bool release_first_half(struct net *n, struct tape_w *t, const struct turn *turn,
                                      struct buf arrived[4], struct release_request *q)
{
    uint8_t rand[16];
    struct release_challenged c;
    SR_OWN(release_offer) offer = { 0 };
    SR_OWN(buf) evidence = { 0 };
    fill(rand, sizeof rand, "W1");
    T(release_challenge(&n->r, rand, NOW, &t->m[W1]) == SR_OK);
    arrive_w(t, W1, turn, &arrived[W1]);
    if (release_read_challenge(&t->w, buf_span(&arrived[W1]), &c, &t->why) != SR_OK) {
        t->refused_at = W1;
        return false;
    }
    T(release_rd(&t->w, &c, &t->ekw, &t->wants, &t->workload_cb, &offer, NULL) == SR_OK);
    attest("good machine", "tpm", &offer.rd, &evidence);
    T(release_w2(&t->w, &offer, buf_span(&evidence), &t->m[W2], &t->wait) == SR_OK);
    arrive_w(t, W2, turn, &arrived[W2]);
    if (release_open_request(&n->r, buf_span(&arrived[W2]), &t->node_cb, NOW + 1, q, &t->why) != SR_OK) {
        t->refused_at = W2;
        return false;
    }
    return true;
}

static inline void run_release(struct net *n, struct tape_w *t, const struct turn *turn)
{
    struct buf arrived[4] = { 0 };
    static struct release_request q;
    if (release_first_half(n, t, turn, arrived, &q)) {
        if (serve(n, t, &q) == SR_OK) {
            arrive_w(t, W3, turn, &arrived[W3]);
            if (release_open(&t->w, &t->wait, &t->ekw, &t->wants, buf_span(&arrived[W3]), &t->got, &t->why) !=
                SR_OK)
                t->refused_at = W3;
        } else {
            t->refused_at = W2;
        }
    }
    for (int i = 0; i < 4; i++)
        buf_drop(&arrived[i]);
}
