#pragma once
/* lab.h - a network, an honest machine and an attacker, with the real verifier and the real policy between
 * them. Every attack is a row: a twin without the attack, which must succeed in the same run, the attack, and
 * the reason that refuses it.
 *
 *     attack_join guarded seed_swap      ordinary build: the twin succeeds, the attack is refused for the
 * reason attack_join toothless seed_swap    one defence removed (tests/teeth): the attack obtains what it is
 * after
 *
 * An attack returns true only when it holds the bytes it wanted, or the victim took the attacker's. */
#include "node/appraise.h"
#include "tests/evidence_maker.h"
#include "tests/handshake.h"

struct lab {
    struct net net;
    struct maker good; /* a machine of the network: runs the good code, has an AK certificate */
    struct policy *policy;
    struct policy_wait_view view; /* what of it does not count yet; {0}: all of it does */
};

/* The code event of good machines; anything else is refused by policy. */
#define GOOD_CODE "ab00000000000000000000000000000000000000000000000000000000000000"
enum { GOOD = 0xab, BAD = 0x66 };
/* A maker of TPMs whose certificates policy lets count: nobody here is its. */
#define LAB_VENDOR "4400000000000000000000000000000000000000000000000000000000000000"
#define LAB_ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"

static inline struct policy *lab_policy_asking(const char *rule_code, const char *more)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    struct policy *p = NULL;
    wr_fmt(
        &text,
        "{\"version\":1,\"number\":1,\"previous\":\"" LAB_ZEROS "\",\"min_epoch\":1,"
        "\"vendor_ak_roots\":[\"" LAB_VENDOR
        "\"],\"channel_binding\":\"optional\",\"join\":[{\"name\":\"members\",\"type\":\"tpm\",\"where\":"
        "[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"%s\"}%s]}],\"release\":[{\"name\":\"web\",\"type\":"
        "\"tpm\",\"tenant\":\"acme\",\"keys\":[\"app/*\"],\"usages\":[\"secret\",\"raw\"],\"where\":"
        "[{\"claim\":\"debug\",\"op\":\"eq\",\"value\":false}]}],"
        "\"tenants\":[{\"name\":\"acme\",\"admins\":[\"" LAB_ZEROS "\"],\"max_secrets\":9,"
        "\"max_bytes\":999}]}",
        rule_code, more);
    maker_need(json_canonical(buf_span(&text), &canonical, NULL) == SR_OK &&
                   policy_parse(buf_span(&canonical), &p, NULL) == SR_OK,
               "policy");
    return p;
}

static inline struct policy *lab_policy(const char *rule_code)
{
    return lab_policy_asking(rule_code, "");
}

/* A machine with a certificate of this network's AK-CA. */
static inline void lab_machine(struct maker *m, const struct net *n, uint8_t code)
{
    maker_new(m);
    m->ca = n->keys.akca;
    m->ca_pub = n->keys.pub.akca;
    m->cert.network = n->cid;
    m->cert.epoch = n->keys.pub.epoch;
    maker_launch(m, code, NULL);
}

/* Whose word counts: what a member's appraiser goes by. */
static inline struct appraiser lab_appraiser(const struct lab *l)
{
    return (struct appraiser){
        .cid = l->net.cid, .newest = &l->net.keys.pub, .policy = l->policy, .view = l->view, .now = MAKER_NOW
    };
}

static inline void lab_open(struct lab *l)
{
    *l = (struct lab){ .policy = lab_policy(GOOD_CODE) };
    net_make(&l->net, "master");
    lab_machine(&l->good, &l->net, GOOD);
}

static inline void lab_close(struct lab *l)
{
    maker_drop(&l->good);
    policy_unref(l->policy);
    net_drop(&l->net);
}

/* As a member does, by its own code: evidence to claims, then the rules of the list. */
enum lab_list { LAB_JOIN, LAB_RELEASE };
static inline enum sr_err lab_appraise(const struct appraiser *by, enum lab_list list, struct span type,
                                       struct span evidence, const struct sha512 *rd, struct verified *ret,
                                       struct sr_why *why)
{
    static struct appraisal a;
    const struct policy_want want = { SPAN_STR("acme"), SPAN_STR("app/db"), POLICY_SECRET, NULL };
    a = (struct appraisal){ 0 };
    SR_TRY(appraise(by, type, evidence, rd, &a, why));
    *ret = a.verified;
    if (list == LAB_RELEASE)
        return policy_release(by->policy, &a.claims, NULL, &want, NULL, why);
    return policy_join_waiting(by->policy, &by->view, &a.claims, NULL, NULL, why);
}

/* ---- a join in steps ---- */

struct lab_join {
    struct tape t;
    struct join_challenged challenged;
    struct join_offer offer;
    struct join_attest attest;
    struct join_sealed sealed;
};
static inline void lab_join_drop(struct lab_join *j)
{
    tape_drop(&j->t);
    join_sealed_drop(&j->sealed);
}

/* M1 and M2, between a joiner and whoever answers. */
static inline void lab_hello(struct lab_join *j, const struct sha256 *cid, const struct granter *g,
                             const char *challenge)
{
    struct join_challenge_random random;
    fill(&random, sizeof random, challenge);
    *j = (struct lab_join){ 0 };
    tape_start(&j->t, cid);
    T(join_hello(&j->t.j, &j->t.k, &j->t.m[M1]) == SR_OK);
    T(join_challenge(g, buf_span(&j->t.m[M1]), &random, NOW, &j->t.m[M2], NULL) == SR_OK);
}

static inline void lab_m3(struct lab_join *j, struct maker *machine)
{
    SR_OWN(buf) evidence = { 0 };
    T(join_read_challenge(&j->t.j, buf_span(&j->t.m[M1]), buf_span(&j->t.m[M2]), &j->challenged, NULL) ==
      SR_OK);
    join_rd(&j->t.j, &j->challenged, &j->t.k, &j->t.joiner_cb, &j->offer);
    maker_evidence(machine, &j->offer.rd, &evidence);
    T(join_m3(&j->t.j, &j->offer, &j->t.k, buf_span(&evidence), &j->t.m[M3], &j->t.wait) == SR_OK);
}

/* The granter's side of an M3, up to the sealed masters. */
static inline enum sr_err lab_grant(const struct lab *l, const struct granter *g, struct span m3,
                                    const struct binding *cb, uint64_t now, struct lab_join *j,
                                    struct sr_why *why)
{
    struct verified v;
    struct nonce_spent spent;
    struct join_grant_random random;
    struct appraiser by = lab_appraiser(l);
    fill(&random, sizeof random, "grant");
    SR_TRY(join_open_attest(g, m3, cb, now, &j->attest, why));
    SR_TRY(lab_appraise(&by, LAB_JOIN, j->attest.type, j->attest.evidence, &j->attest.rd, &v, why));
    SR_TRY(nonce_consume(l->net.used, &j->attest.nonce, now, &spent, why));
    return join_grant(g, &j->attest, &v, &spent, &l->net.bundle, SPAN_STR("tpm"), &random, &j->sealed, why);
}

static inline void lab_m4(const struct net *n, struct lab_join *j, struct maker *machine, struct span chain)
{
    SR_OWN(buf) evidence = { 0 };
    maker_evidence(machine, &j->sealed.rd, &evidence);
    const struct join_m4_parts parts = { buf_span(&evidence), buf_span(&n->record), chain,
                                         SPAN_STR("{\"policy\":1}"), SPAN_STR("checkpoint") };
    T(join_m4(&j->sealed, &parts, &n->idb, &j->t.m[M4], &j->t.pending, NULL) == SR_OK);
}

/* The joiner's side of M4, under a policy that destroys masters; 0: none. */
static inline enum sr_err lab_take_under(const struct lab *l, struct lab_join *j, struct span m4,
                                         uint64_t destroy_before, struct sr_why *why)
{
    static struct join_granted g;
    struct verified v;
    struct join_policy policy = { 1, l->net.genesis.params.first_policy, destroy_before };
    SR_TRY(join_read_grant(&j->t.j, &j->t.wait, m4, &g, why));
    const struct appraiser by = {
        .cid = j->t.j.cid, .newest = &g.epochs[g.nepochs - 1], .policy = l->policy, .now = MAKER_NOW
    };
    SR_TRY(lab_appraise(&by, LAB_JOIN, g.m4.type, g.m4.evidence, &g.rd, &v, why));
    return join_open_grant(&j->t.wait, &g, &j->t.k, &v, &policy, &j->t.got, &j->t.hold, why);
}

static inline enum sr_err lab_take(const struct lab *l, struct lab_join *j, struct span m4,
                                   struct sr_why *why)
{
    return lab_take_under(l, j, m4, 0, why);
}

/* Does whoever holds j's session key read these masters in M4's cipher text? What an attacker does with it.
 */
static inline bool lab_stolen(const struct lab_join *j, const struct kem_key *ekj, const struct key *master)
{
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(master_bundle) b = { 0 };
    struct label_text t = label_text(L_JOIN_SEAL);
    wr_lp(&info, (struct span){ (const uint8_t *)t.b, t.n });
    wr_span(&info, SPAN(j->sealed.th2.b));
    wr_span(&aad, SPAN(j->sealed.th2.b));
    wr_u64be(&aad, j->attest.challenge.epoch_lo);
    wr_u64be(&aad, j->attest.challenge.epoch_hi);
    return hpke_setup_recv(&j->sealed.enc, ekj, buf_span(&info), &j->sealed.ekb, &ctx) == SR_OK &&
           hpke_open(&ctx, buf_span(&aad), buf_span(&j->sealed.ct), &plain) == SR_OK &&
           master_bundle_decode(secret_span(&plain), &b, NULL) == SR_OK &&
           memcmp(b.epoch[b.n - 1].master.b, master->b, sizeof master->b) == 0;
}

/* The twin of joins: everybody honest. */
static inline bool honest_join(struct lab *l)
{
    SR_OWN(lab_join) j = { 0 };
    struct join_member member;
    struct sr_why why = { 0 };
    lab_hello(&j, &l->net.cid, &l->net.g, "twin");
    lab_m3(&j, &l->good);
    T_ROW(lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, &why) == SR_OK,
          why.text);
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    T_ROW(lab_take(l, &j, buf_span(&j.t.m[M4]), &why) == SR_OK, why.text);
    T(join_m5(&j.t.hold, &j.t.m[M5]) == SR_OK);
    T(join_confirm(&l->net.g, &j.t.pending, buf_span(&j.t.m[M5]), NOW + 2, &j.t.confirmed, &why) == SR_OK);
    T(make_m6(&l->net, &j.t) == SR_OK);
    T(join_read_m6(&j.t.j, &j.t.hold, &j.t.k, buf_span(&j.t.m[M6]), &member, &why) == SR_OK);
    return memcmp(j.t.got.epoch[0].master.b, l->net.master.b, 32) == 0;
}

/* ---- the two modes ---- */

struct attack {
    const char *name;
    bool (*twin)(struct lab *);
    bool (*run)(struct lab *, struct sr_why *);
    enum sr_reason refused;
};

static inline void attack_one(const struct attack *a, bool guarded)
{
    struct lab l;
    struct sr_why why = { 0 };
    lab_open(&l);
    T_ROW(a->twin(&l), "the honest twin");
    lab_close(&l);
    lab_open(&l);
    bool obtained = a->run(&l, &why);
    lab_close(&l);
    if (guarded) {
        T_ROW(!obtained, a->name);
        T_ROW(why.reason == a->refused, sr_reason_text(why.reason));
    } else {
        T_ROW(obtained, sr_reason_text(why.reason));
    }
}

static inline int attack_main(int argc, char **argv, const struct attack *rows, size_t n)
{
    bool found = false;
    if (secret_init() != SR_OK || argc != 3 ||
        (strcmp(argv[1], "guarded") != 0 && strcmp(argv[1], "toothless") != 0))
        return 2;
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, argv[2]) == 0) {
            attack_one(&rows[i], strcmp(argv[1], "guarded") == 0);
            found = true;
        }
    T_ROW(found, argv[2]);
    return t_end();
}
