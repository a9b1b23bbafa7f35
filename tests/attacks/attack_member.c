/* Attacks on what a member has only so much of: the memory of requests that came, its disk. The attacker has
 * keys of its own, or a tenant's, or a machine that policy refuses, and wants others to be turned away. */
#include "node/api.h"
#include "node/clock.h"
#include "proto/signed.h"
#include "tests/attacks/member.h"
#include "tests/enrol_maker.h"

struct caller {
    struct sign_key key;
    struct sign_pub pub;
};

static struct caller stranger(void)
{
    struct caller c;
    sign_random(&c.key, &c.pub);
    return c;
}

static struct caller acmes_admin(const struct member *m)
{
    return (struct caller){ m->admin, m->admin_pub };
}

static struct caller peer(struct member *m)
{
    struct caller c = stranger();
    struct member_cert cert = { .cid = m->core.home.cid, .epoch = 1, .key = c.pub };
    members_learn(m->core.members, &cert);
    return c;
}

/* A signed request of its own for each call, as the client makes them. */
static enum sr_err ask(struct member *m, const struct caller *by, struct sr_why *why)
{
    SR_OWN(buf) header = { 0 };
    uint8_t id[16];
    struct request q = { .method = GET, .path = SPAN_STR("/sealring/v1/packages") };
    struct signed_request text = {
        .cid = m->core.home.cid, .method = SPAN_STR("GET"), .target = q.path, .body = sha256(q.body)
    };
    random_fill(id, sizeof id);
    maker_need(signed_build(&text, &by->key, &by->pub, clock_unix(), id, &header) == SR_OK, "request");
    q.authorization = buf_span(&header);
    return api_admit(&m->node, ACCESS_SIGNED, &q, why);
}

static bool both_ask(struct lab *l)
{
    struct member *m = member_open(l);
    struct sr_why why = { 0 };
    const struct caller admin = acmes_admin(m), other = peer(m);
    bool good = ask(m, &admin, &why) == SR_OK && ask(m, &other, &why) == SR_OK;
    member_close(m);
    return good;
}

/* Keys cost nothing: requests that are signed well, by nobody. Counts when the administrator is turned away.
 */
static bool strangers_fill_memory(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    const struct caller admin = acmes_admin(m);
    struct sr_why full = { 0 };
    for (int i = 0; i <= REMEMBERED; i++) {
        const struct caller who = stranger();
        T(ask(m, &who, why) != SR_OK || i < REMEMBERED);
    }
    bool out = ask(m, &admin, &full) == SR_EBUSY && full.reason == R_NONCES_FULL;
    member_close(m);
    return out;
}

/* A tenant's administrator, asking without end. Counts when members can't reach each other any more. */
static bool tenant_fills_memory(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    const struct caller mine = { m->stranger, m->stranger_pub }, other = peer(m);
    struct sr_why full = { 0 };
    for (int i = 0; i < REMEMBERED; i++)
        T(ask(m, &mine, why) == SR_OK);
    T(ask(m, &mine, why) == SR_EBUSY);
    bool out = ask(m, &other, &full) == SR_EBUSY && full.reason == R_NONCES_FULL;
    member_close(m);
    return out;
}

/* ---- what policy says of time and epochs ---- */

/* Appraised as a member does it: a good machine, certified that many seconds ago, under a policy that lets
 * such a certificate live for a minute. */
static bool certified_ago(struct lab *l, uint64_t seconds, struct sr_why *why)
{
    static const char text[] =
        "{\"ak_cert_max_age\":60,\"channel_binding\":\"optional\",\"join\":[],\"min_epoch\":1,"
        "\"number\":1,\"previous\":\"" LAB_ZEROS "\",\"release\":[],\"tenants\":[],\"version\":1}";
    SR_OWN(policy_hold) p = { 0 };
    SR_OWN(buf) evidence = { 0 };
    struct appraiser by = { .cid = l->net.cid, .newest = &l->net.keys.pub, .now = (time_t)clock_unix() };
    struct appraisal got;
    const struct sha512 rd = { { 1 } };
    maker_need(policy_parse(span_of(text), &p.p, NULL) == SR_OK, "policy");
    by.policy = p.p;
    l->good.cert.not_before = clock_unix() - AK_CERT_BACKDATE - seconds;
    l->good.cert.not_after = clock_unix() + AK_CERT_LIFETIME;
    maker_evidence(&l->good, &rd, &evidence);
    return appraise(&by, SPAN_STR("tpm"), buf_span(&evidence), &rd, &got, why) == SR_OK;
}

static bool certified_now(struct lab *l)
{
    struct sr_why why = { 0 };
    return certified_ago(l, 10, &why);
}

/* Certified for a day, under the policy before; its owner was bought since. */
static bool older_than_policy(struct lab *l, struct sr_why *why)
{
    return certified_ago(l, 120, why);
}

/* Does the member grant anything, to a machine or to another member, under a policy of that least epoch? */
static bool grants(struct lab *l, char min_epoch, struct sr_why *why)
{
    static const char field[] = "\"min_epoch\":";
    struct member *m = member_open(l);
    SR_OWN(policy_hold) one = policy_holder_get(m->core.policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) signed_text = { 0 };
    SR_OWN(stand) stand = { 0 };
    member_document(m, 2, policy_hash(one.p), GOOD_CODE, &document);
    uint8_t *at = memmem(document.p, document.n, field, sizeof field - 1);
    at[sizeof field - 1] = (uint8_t)min_epoch;
    maker_need(policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK, "second policy");
    for (int i = 0; i < NEEDED; i++) {
        struct approval sig = policy_sign(s.policy, &m->core.home.cid, &m->operator[i], &m->operator_pub[i]);
        maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    }
    policy_signed_write(&s, &signed_text);
    maker_need(policy_holder_apply(m->core.policy, buf_span(&signed_text), NULL) == SR_OK, "policy applied");
    bool granted = stand_take(&m->node, ACT_GRANT, &stand, why) == SR_OK;
    stand_drop(&stand);
    member_close(m);
    return granted;
}

static bool of_the_least_epoch(struct lab *l)
{
    struct sr_why why = { 0 };
    return grants(l, '1', &why);
}

/* The operators retired epoch 1, whose master leaked; this member has no other. */
static bool retired_epoch(struct lab *l, struct sr_why *why)
{
    return grants(l, '2', why);
}

/* ---- the same message, again and again ---- */

/* How many leaves there are when a machine's refused message was handled that many times. */
static uint64_t leaves_of_refusals(struct lab *l, int times, struct sr_why *why)
{
    struct member *m = member_open(l);
    const struct nonce nonce = { { { 1 } }, clock_boot_ms() + 60000 };
    const struct sha512 transcript = { { 2 } };
    const struct claims claims = { 0 };
    const struct api_refusal refusal = { "join", &nonce, &transcript, &claims, 1 };
    uint64_t before = journal_size(m->core.journal);
    for (int i = 0; i < times; i++)
        T(api_proven(&m->node, &m->core, &refusal, sr_fail(why, SR_EDENIED, R_NO_RULE, "refused"), why) ==
          SR_EDENIED);
    uint64_t n = journal_size(m->core.journal) - before;
    member_close(m);
    return n;
}

static bool refused_once(struct lab *l)
{
    struct sr_why why = { 0 };
    return leaves_of_refusals(l, 1, &why) == 1;
}

/* One machine that policy refuses, or who saw its message, against the disk. */
static bool refused_again(struct lab *l, struct sr_why *why)
{
    return leaves_of_refusals(l, 20, why) > 1;
}

/* How many leaves an E3 makes that comes so often. */
static uint64_t leaves_of_enrolments(struct lab *l, int times, struct sr_why *why)
{
    struct member *m = member_open(l);
    struct bench b = { 0 };
    maker_new(&b.m);
    bench_request(&b, "ek_rsa.der", 0x000300b2, &l->net.cid, (time_t)clock_unix());
    struct genesis_params *p = &m->core.home.genesis.params;
    p->ntypes = 1;
    p->types[0] = (struct type_roots){ .type = "tpm", .n = 1, .root = { b.pin } };
    m->node.enrol_key = enrol_key;
    struct key secret = secret_of(&b);
    maker_need(enrol_challenge(&b.by, &rnd, buf_span(&b.e1), &b.e2, NULL) == SR_OK &&
                   enrol_answer(buf_span(&b.e1), buf_span(&b.e2), &secret, &b.e3) == SR_OK,
               "E3");
    struct request q = { .method = POST, .body = buf_span(&b.e3) };
    uint64_t before = journal_size(m->core.journal);
    for (int i = 0; i < times; i++) {
        struct reply r = { 0 };
        enum sr_err e = protocol_enrol.routes[1].run(&m->node, &q, &r, why);
        T(i > 0 || e == SR_OK);
        reply_drop(&r);
    }
    uint64_t n = journal_size(m->core.journal) - before;
    bench_drop(&b);
    member_close(m);
    return n;
}

static bool enrolled_once(struct lab *l)
{
    struct sr_why why = { 0 };
    return leaves_of_enrolments(l, 1, &why) == 1;
}

/* Who saw an enrolment, against the disk. */
static bool enrolled_again(struct lab *l, struct sr_why *why)
{
    return leaves_of_enrolments(l, 20, why) > 1;
}

/* ---- a machine without a disk that joins at each of its starts ---- */

static bool learns(struct member *m, struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    struct caller c = stranger();
    struct member_cert new = {
        .cid = m->core.home.cid, .key = c.pub, .address = "https://h", .issued_at = 1
    };
    SR_OWN(policy_hold) policy = policy_holder_get(m->core.policy);
    bool is_new = false;
    maker_need(keyring_certify_member(maker_keyring(&m->core.home), &new, &cert) == SR_OK, "certificate");
    return members_take(m->core.members, policy.p, buf_span(&cert), &is_new, why) == SR_OK;
}

/* Can members and joiners still read who is a member after that many joins? */
static bool listed_after(struct lab *l, int joins, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) list = { 0 };
    struct sr_why none = { 0 };
    for (int i = 0; i < joins; i++)
        T(learns(m, why) || i >= MEMBERS_MAX);
    bool good = members_write(m->core.members, &list, &none) == SR_OK;
    member_close(m);
    return good;
}

static bool all_listed(struct lab *l)
{
    struct sr_why why = { 0 };
    return listed_after(l, 10, &why);
}

static bool joins_without_end(struct lab *l, struct sr_why *why)
{
    return !listed_after(l, MEMBERS_MAX + 1, why);
}

/* ---- the policies before the one a member joined under ---- */

/* A policy of that number by as many operators as it takes. Returns its hash. */
static struct sha256 policy_text(const struct member *m, uint64_t number, const struct sha256 *previous,
                                 const char *code, struct buf *ret)
{
    SR_OWN(buf) document = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    member_document(m, number, previous, code, &document);
    maker_need(policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK, "policy");
    for (int i = 0; i < NEEDED; i++) {
        struct approval sig = policy_sign(s.policy, &m->core.home.cid, &m->operator[i], &m->operator_pub[i]);
        maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    }
    policy_signed_write(&s, ret);
    return *policy_hash(s.policy);
}

/* A member that joined under number 3 is told by a peer what 2 was; does it tell others so? */
static bool tells_others(struct lab *l, const char *code, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(policy_hold) one = policy_holder_get(m->core.policy);
    SR_OWN(buf) two = { 0 };
    SR_OWN(buf) three = { 0 };
    SR_OWN(buf) told = { 0 };
    SR_OWN(buf) kept = { 0 };
    struct policy_holder *late = NULL;
    struct sha256 second = policy_text(m, 2, policy_hash(one.p), GOOD_CODE, &two);
    policy_text(m, 3, &second, GOOD_CODE, &three);
    policy_text(m, 2, policy_hash(one.p), code, &told);
    struct keystore_name first_row = { .table = KT_POLICY, .name = SPAN_STR("\0\0\0\0\0\0\0\1") };
    SR_OWN(keystore_txn) none = { 0 };
    enum sr_err result = SR_OK;
    keystore_txn_del(&none, &first_row);
    struct keystore_txn *const txns[] = { &none };
    struct policy_holder_options o = member_policies(m, policy_hash(one.p));
    maker_need(keystore_commit(o.ks, &(struct keystore_group){ txns, &result, 1, NULL, NULL }, NULL) ==
                       SR_OK &&
                   policy_holder_open(&o, &late, NULL) == SR_OK &&
                   policy_holder_apply(late, buf_span(&three), NULL) == SR_OK,
               "a late joiner's policy");
    bool got = policy_holder_before(late, buf_span(&told), why) == SR_OK &&
               policy_holder_text(late, 2, &kept, why) == SR_OK &&
               span_eq(buf_span(&kept), buf_span(&told)) && policy_holder_oldest(late) == 2;
    policy_holder_close(late);
    member_close(m);
    return got;
}

static bool the_one_before(struct lab *l)
{
    struct sr_why why = { 0 };
    return tells_others(l, GOOD_CODE, &why);
}

/* The operators signed two of number 2, and the peer hands on the one that number 3 does not name. */
static bool another_past(struct lab *l, struct sr_why *why)
{
    return tells_others(l, "66", why);
}

static const struct attack rows[] = {
    { "strangers_fill_memory", both_ask, strangers_fill_memory, R_FORBIDDEN },
    { "tenant_fills_memory", both_ask, tenant_fills_memory, R_NONCES_FULL },
    { "older_than_policy", certified_now, older_than_policy, R_AK_CERT_EXPIRED },
    { "retired_epoch", of_the_least_epoch, retired_epoch, R_EPOCH },
    { "joins_without_end", all_listed, joins_without_end, R_TOO_LARGE },
    { "another_past", the_one_before, another_past, R_POLICY_CHAIN },
    { "refused_again", refused_once, refused_again, R_NO_RULE },
    { "enrolled_again", enrolled_once, enrolled_again, R_NONCE_USED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
