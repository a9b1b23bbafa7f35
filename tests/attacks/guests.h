#pragma once
/* guests.h - a member with secrets for guests of Confidential Containers, and a client of its routes. */
#include "node/kbs.h"
#include "proto/json_foreign.h"
#include "tests/attacks/member.h"

#include <time.h>

#define SECRET "the key of the disk"

/* A member that has a secret of acme's for guests, and one for nobody. */
struct shop {
    struct member *m;
};

/* The first version of a package, by the tenant's own administrator; ret (may be NULL) gets its bytes. */
static inline void put_value(struct member *m, const char *tenant, const char *path, const char *value,
                             struct buf *ret)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(kem_key) eph = { 0 };
    struct package_stored done;
    struct sr_why why = { 0 };
    bool mine = strcmp(tenant, "mine") == 0;
    struct package p = {
        .cid = m->core.home.cid, .version = 1, .kind = PACKAGE_VALUE, .epoch = 1, .created = 1
    };
    const struct package_keys keys = { &maker_epochs_of(&m->core.home)->pub[0].network, &eph,
                                       mine ? &m->stranger : &m->admin,
                                       mine ? &m->stranger_pub : &m->admin_pub };
    SR_OWN(policy_hold) policy = policy_holder_get(m->core.policy);
    random_fill(eph.b, sizeof eph.b);
    strcpy(p.tenant, tenant);
    strcpy(p.path, path);
    maker_need(package_make(&p, span_of(value), &keys, &bytes, NULL) == SR_OK &&
                   secrets_take(m->core.secrets, policy.p, buf_span(&bytes), FROM_TENANT, &done, &why) ==
                       SR_OK,
               "a secret");
    if (ret)
        wr_span(ret, buf_span(&bytes));
}

static inline void put(struct member *m, const char *path)
{
    put_value(m, "acme", path, SECRET, NULL);
}

/* The text with more in front of what is there. */
static inline void insert(struct buf *b, const char *before, struct span more)
{
    SR_OWN(buf) old = SR_TAKE(*b);
    uint8_t *at = memmem(old.p, old.n, before, strlen(before));
    maker_need(at != NULL, before);
    wr_span(b, (struct span){ old.p, (size_t)(at - old.p) });
    wr_span(b, more);
    wr_span(b, (struct span){ at, (size_t)(old.p + old.n - at) });
}

/* Policy number 2, as edited: operators sign it, the member takes it. */
static inline void take_policy(struct member *m, void (*edit)(const struct member *, struct buf *))
{
    SR_OWN(policy_hold) one = policy_holder_get(m->core.policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) draft = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) signed_text = { 0 };
    struct sr_why why = { 0 };
    member_document(m, 2, policy_hash(one.p), GOOD_CODE, &draft);
    edit(m, &draft);
    maker_need(json_canonical(buf_span(&draft), &document, &why) == SR_OK, why.text);
    maker_need(policy_parse(buf_span(&document), &s.policy, &why) == SR_OK, why.text);
    for (int i = 0; i < NEEDED; i++) {
        struct approval sig = policy_sign(s.policy, &m->core.home.cid, &m->operator[i], &m->operator_pub[i]);
        maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    }
    policy_signed_write(&s, &signed_text);
    maker_need(policy_holder_apply(m->core.policy, buf_span(&signed_text), NULL) == SR_OK, "policy applied");
}

static inline struct shop shop_open(struct lab *l)
{
    struct shop s = { member_open(l) };
    put(s.m, "key/one");
    put(s.m, "other/one");
    return s;
}

static inline void shop_drop(struct shop *s)
{
    if (s->m)
        member_close(s->m);
    s->m = NULL;
}

/* ---- a guest's side ---- */

struct caller {
    char cookie[REPLY_COOKIE + 16], authorization[JWS_MAX];
};

/* One request, as the engine brings it: the route, who may, the handler. What is refused is in why. */
static inline enum sr_err call(struct shop *s, struct caller *c, enum method method, const char *path,
                               struct span body, struct buf *ret, struct sr_why *why)
{
    SR_OWN(reply) r = { 0 };
    const struct route *route = NULL;
    char allow[32];
    struct request q = { .method = method,
                         .path = span_of(path),
                         .body = body,
                         .cookie = span_of(c->cookie),
                         .authorization = span_of(c->authorization) };
    memset(q.id, '0', REQUEST_ID - 1);
    SR_TRY(route_find(&protocol_kbs, &q, &route, allow, why));
    if (route->access != ACCESS_ANYONE)
        SR_TRY(api_admit(&s->m->node, route->access, &q, why));
    SR_TRY(route->run(&s->m->node, &q, &r, why));
    if (r.cookie[0])
        snprintf(c->cookie, sizeof c->cookie, "%.*s", (int)strcspn(r.cookie, ";"), r.cookie);
    wr_span(ret, (struct span){ r.body, r.n });
    return r.status == 200 ? SR_OK : SR_EDENIED;
}

static inline struct span member_of(struct span object, const char *name)
{
    struct span v = { 0 };
    if (jf_members(object, &(struct jf_member){ name, &v }, 1))
        (void)jf_plain(v, &v);
    return v;
}

/* What the guest holds: a reply for its own key. */
static inline bool fetches(struct shop *s, struct caller *c, const char *path, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    return call(s, c, GET, path, (struct span){ 0 }, &b, why) == SR_OK &&
           member_of(buf_span(&b), "ciphertext").n > 0;
}

static inline uint64_t soon(void)
{
    return (uint64_t)time(NULL) + 60;
}

static inline void bear(struct caller *c, struct span token)
{
    snprintf(c->authorization, sizeof c->authorization, "Bearer %.*s", (int)token.n, (const char *)token.p);
}

/* An administrator's. */
static inline void bearer_of(struct caller *c, const struct sign_key *key, uint64_t exp)
{
    SR_OWN(buf) t = { 0 };
    SR_OWN(buf) payload = { 0 };
    wr_base64url(&t, SPAN_STR("{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}"));
    wr_fmt(&payload, "{\"exp\":%llu}", (unsigned long long)exp);
    wr_u8(&t, '.');
    wr_base64url(&t, buf_span(&payload));
    struct sig sig = sign_raw(key, buf_span(&t));
    wr_u8(&t, '.');
    wr_base64url(&t, SPAN(sig.b));
    bear(c, buf_span(&t));
}
