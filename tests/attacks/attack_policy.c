/* Attacks on who decides: an attacker that runs other code wants a policy in force under which that code may
 * join. It is after the masters: each attack ends with a join, and counts when the attacker reads them. */
#include "tests/attacks/member.h"

#define BAD_CODE "6600000000000000000000000000000000000000000000000000000000000000"

/* A draft: document and signatures, before it is handed in. */
struct draft {
    struct policy_signed s;
};
static void draft_drop(struct draft *d)
{
    policy_signed_drop(&d->s);
}

static struct sha256 hash_in_force(struct member *m)
{
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    return *policy_hash(now.p);
}

static void draft(struct member *m, uint64_t number, const struct sha256 *previous, const char *code,
                  struct draft *ret)
{
    SR_OWN(buf) document = { 0 };
    member_document(m, number, previous, code, &document);
    maker_need(policy_parse(buf_span(&document), &ret->s.policy, NULL) == SR_OK, "draft");
}

static void sign_by(struct draft *d, const struct sha256 *cid, const struct sign_key *k,
                    const struct sign_pub *pub)
{
    struct approval sig = policy_sign(d->s.policy, cid, k, pub);
    maker_need(policy_signed_add(&d->s, &sig, NULL) == SR_OK, "signature");
}

static void sign_all(struct member *m, struct draft *d, const struct sha256 *cid)
{
    for (int i = 0; i < NEEDED; i++)
        sign_by(d, cid, &m->operator[i], &m->operator_pub[i]);
}

static enum sr_err apply(struct member *m, const struct draft *d, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    policy_signed_write(&d->s, &text);
    return policy_holder_apply(m->core.policy, buf_span(&text), why);
}

/* The next policy, by operators who mean it. */
static void go_on(struct member *m, const char *code)
{
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m);
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    draft(m, policy_number(now.p) + 1, &previous, code, &d);
    sign_all(m, &d, &m->core.home.cid);
    T(apply(m, &d, NULL) == SR_OK);
}

/* A join of other code under a policy: does the attacker read the masters? */
static bool joins_under(struct lab *l, struct policy *p)
{
    SR_OWN(lab_join) j = { 0 };
    struct maker bad;
    struct sr_why why = { 0 };
    struct policy *before = l->policy;
    lab_machine(&bad, &l->net, BAD);
    lab_hello(&j, &l->net.cid, &l->net.g, "attack");
    lab_m3(&j, &bad);
    l->policy = p;
    bool got = lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, &why) == SR_OK &&
               lab_stolen(&j, &j.t.k.ekj, &l->net.master);
    l->policy = before;
    maker_drop(&bad);
    return got;
}

/* Under whatever is in force now. */
static bool joins(struct lab *l, struct member *m)
{
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    return joins_under(l, now.p);
}

static bool try(struct lab *l, struct member *m, const struct draft *d, struct sr_why *why)
{
    struct sr_why ignored = { 0 };
    T(!joins(l, m));
    return apply(m, d, why ? why : &ignored) == SR_OK && joins(l, m);
}

/* The operators let that code in: two of three signatures, and it joins. */
static bool operators_decide(struct lab *l)
{
    struct member *m = member_open(l);
    T(!joins(l, m));
    go_on(m, GOOD_CODE);
    T(!joins(l, m));
    go_on(m, BAD_CODE);
    bool good = joins(l, m);
    member_close(m);
    return good;
}

static bool one_of_two(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m);
    draft(m, 2, &previous, BAD_CODE, &d);
    sign_by(&d, &m->core.home.cid, &m->operator[1], &m->operator_pub[1]);
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* One operator that the attacker has, twice. */
static bool one_twice(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m);
    draft(m, 2, &previous, BAD_CODE, &d);
    sign_by(&d, &m->core.home.cid, &m->operator[1], &m->operator_pub[1]);
    d.s.sigs.v[1] = d.s.sigs.v[0];
    d.s.sigs.n = 2;
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* An operator that the attacker has, and the attacker. */
static bool with_a_stranger(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m);
    draft(m, 2, &previous, BAD_CODE, &d);
    sign_by(&d, &m->core.home.cid, &m->operator[1], &m->operator_pub[1]);
    sign_by(&d, &m->core.home.cid, &m->stranger, &m->stranger_pub);
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* Signatures of a policy that the operators meant, under another document. */
static bool signatures_moved(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) meant = { 0 };
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m);
    draft(m, 2, &previous, GOOD_CODE, &meant);
    sign_all(m, &meant, &m->core.home.cid);
    draft(m, 2, &previous, BAD_CODE, &d);
    d.s.sigs = meant.s.sigs;
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* The same operators run a test network, where everything may join; its second policy follows from the same
 * first. */
static bool of_another_network(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m), other = { .b = { 0x99 } };
    draft(m, 2, &previous, BAD_CODE, &d);
    sign_all(m, &d, &other);
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* Number 2 let that code in; number 3 does not any more. Number 2 comes again. */
static bool one_of_the_past(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 previous = hash_in_force(m);
    draft(m, 2, &previous, BAD_CODE, &d);
    sign_all(m, &d, &m->core.home.cid);
    T(apply(m, &d, NULL) == SR_OK);
    go_on(m, GOOD_CODE);
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* What the operators drafted on top of a second policy that was never taken. */
static bool of_another_branch(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 never = { .b = { 0x77 } };
    go_on(m, GOOD_CODE);
    draft(m, 3, &never, BAD_CODE, &d);
    sign_all(m, &d, &m->core.home.cid);
    bool got = try(l, m, &d, why);
    member_close(m);
    return got;
}

/* To a member that has no policy yet, a first one that genesis does not pin: it would need no signature. */
static bool own_first(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    struct sha256 none = { 0 }, pinned = hash_in_force(m);
    struct policy_holder_options o = member_policies(m, &pinned);
    SR_OWN(buf) text = { 0 };
    SR_OWN(keystore_txn) txn = { 0 };
    draft(m, 1, &none, BAD_CODE, &d);
    policy_signed_write(&d.s, &text);
    bool got = policy_holder_put(&o, buf_span(&text), &txn, why) == SR_OK && joins_under(l, d.s.policy);
    member_close(m);
    return got;
}

/* The rules stand there twice: operators read the first with a tool that keeps the first, and sign it all. */
static bool rules_twice(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(draft) d = { 0 };
    SR_OWN(buf) good = { 0 };
    SR_OWN(buf) bad = { 0 };
    SR_OWN(buf) both = { 0 };
    struct sha256 previous = hash_in_force(m);
    member_document(m, 2, &previous, GOOD_CODE, &good);
    member_document(m, 2, &previous, BAD_CODE, &bad);
    const char *from = memmem(good.p, good.n, "\"join\":", 7),
               *end = memmem(good.p, good.n, ",\"min_epoch\"", 12);
    maker_need(from && end && good.n == bad.n, "where the rules stand");
    size_t at = (size_t)(end - (const char *)good.p), rules = (size_t)(end - from);
    wr_span(&both, (struct span){ good.p, at });
    wr_text(&both, ",");
    wr_span(&both, (struct span){ bad.p + at - rules, rules });
    wr_span(&both, (struct span){ good.p + at, good.n - at });
    bool got = policy_parse(buf_span(&both), &d.s.policy, why) == SR_OK;
    if (got) {
        sign_all(m, &d, &m->core.home.cid);
        got = apply(m, &d, why) == SR_OK && joins(l, m);
    }
    member_close(m);
    return got;
}

static const struct attack rows[] = {
    { "one_of_two", operators_decide, one_of_two, R_POLICY_SIGNATURES },
    { "one_twice", operators_decide, one_twice, R_POLICY_FORMAT },
    { "with_a_stranger", operators_decide, with_a_stranger, R_POLICY_SIGNATURES },
    { "signatures_moved", operators_decide, signatures_moved, R_POLICY_SIGNATURES },
    { "of_another_network", operators_decide, of_another_network, R_POLICY_SIGNATURES },
    { "one_of_the_past", operators_decide, one_of_the_past, R_POLICY_OLD },
    { "of_another_branch", operators_decide, of_another_branch, R_POLICY_CHAIN },
    { "rules_twice", operators_decide, rules_twice, R_JSON_MEMBER },
    { "own_first", operators_decide, own_first, R_POLICY_CHAIN },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
