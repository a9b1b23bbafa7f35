/* Attacks on the time that a new measurement has to wait: k operators' keys are the attacker's, or its code
 * looked good to them, and the policy that lets it in is signed. It wants the masters before anybody can have
 * noticed. What decides is a member's own code over what it keeps on disk; each attack counts when the
 * attacker reads the masters. */
#include "node/api.h"
#include "node/journal_parts.h"
#include "tests/ak_vendor_maker.h"
#include "tests/attacks/member.h"

#define BAD_CODE "6600000000000000000000000000000000000000000000000000000000000000"
#define DAY      "\"join_delay\":86400,"

#define RULE(name, code)                                                                                     \
    "{\"name\":\"" name "\",\"type\":\"tpm\",\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"" code \
    "\"}]}"
#define DENY(name, code)                                                                                     \
    "{\"effect\":\"deny\",\"name\":\"" name                                                                  \
    "\",\"type\":\"tpm\",\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"" code "\"}]}"
#define GOOD_ONLY RULE("members", GOOD_CODE)
#define BOTH      RULE("members", GOOD_CODE) "," RULE("new", BAD_CODE)

/* A policy that follows `before` (NULL: number 1), by as many operators as it takes. */
static struct policy *signed_policy(const struct member *m, const struct policy *before, const char *extra,
                                    const char *rules, struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    struct sha256 none = { 0 };
    wr_fmt(&text, "{\"version\":1,\"number\":%llu,\"previous\":\"",
           (unsigned long long)(before ? policy_number(before) + 1 : 1));
    wr_hex(&text, SPAN((before ? policy_hash(before) : &none)->b));
    wr_fmt(
        &text,
        "\",%s\"min_epoch\":1,\"channel_binding\":\"optional\",\"join\":[%s],\"release\":[],\"tenants\":[]}",
        extra, rules);
    maker_need(json_canonical(buf_span(&text), &document, NULL) == SR_OK &&
                   policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK,
               "policy");
    for (int i = 0; before && i < NEEDED; i++) {
        struct approval sig = policy_sign(s.policy, &m->core.home.cid, &m->operator[i], &m->operator_pub[i]);
        maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    }
    policy_signed_write(&s, ret);
    return policy_ref(s.policy);
}

/* The operators go on from what is in force, and the member takes it. */
static enum sr_err decide(struct member *m, const char *extra, const char *rules)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    SR_OWN(policy_hold) __attribute__((unused)) next = { signed_policy(m, now.p, extra, rules, &text) };
    return policy_holder_apply(m->core.policy, buf_span(&text), NULL);
}

/* A join under what is in force and what still waits, by the member's own look at both. */
static bool joins(struct lab *l, struct member *m, struct maker *machine, struct sr_why *why)
{
    static unsigned attempts;
    char challenge[24];
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    SR_OWN(policy_waits) waits = { 0 };
    struct policy *before = l->policy;
    policy_holder_waits(m->core.policy, &waits, &l->view.now);
    l->view.w = &waits;
    l->policy = now.p;
    snprintf(challenge, sizeof challenge, "attempt %u", attempts++);
    lab_hello(&j, &l->net.cid, &l->net.g, challenge);
    lab_m3(&j, machine);
    bool got = lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
               lab_stolen(&j, &j.t.k.ekj, &l->net.master);
    l->policy = before;
    l->view = (struct policy_wait_view){ 0 };
    return got;
}

static bool bad_joins(struct lab *l, struct member *m, struct sr_why *why)
{
    struct maker bad;
    lab_machine(&bad, &l->net, BAD);
    bool got = joins(l, m, &bad, why);
    maker_drop(&bad);
    return got;
}

/* ---- the twin: without a delay what operators decide counts at once; with one, what was there goes on ----
 */

static bool without_delay(struct lab *l)
{
    struct member *m = member_open(l);
    struct sr_why why = { 0 };
    T(decide(m, "", BOTH) == SR_OK);
    bool good = bad_joins(l, m, &why);
    T(decide(m, DAY, BOTH) == SR_OK && decide(m, DAY, BOTH "," RULE("third", LAB_VENDOR)) == SR_OK);
    good = good && bad_joins(l, m, &why) && joins(l, m, &l->good, &why);
    member_close(m);
    return good;
}

/* ---- attacks ---- */

static bool before_its_time(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    T(decide(m, DAY, GOOD_ONLY) == SR_OK && decide(m, DAY, BOTH) == SR_OK);
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

/* The policy that lets it in takes the delay away. */
static bool delay_dropped(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    T(decide(m, DAY, GOOD_ONLY) == SR_OK && decide(m, "", BOTH) == SR_OK);
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

/* Two policies, so that the one that lets it in follows one without a delay. */
static bool delay_lowered(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    T(decide(m, DAY, GOOD_ONLY) == SR_OK && decide(m, "", GOOD_ONLY) == SR_OK &&
      decide(m, "", BOTH) == SR_OK);
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

/* Behind the name of a rule that was there. */
static bool old_name(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    T(decide(m, DAY, GOOD_ONLY) == SR_OK && decide(m, DAY, RULE("members", BAD_CODE)) == SR_OK);
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

/* The code is allowed and was shut out; nothing is added, a rule only goes. */
static bool deny_withdrawn(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    T(decide(m, DAY, BOTH "," DENY("lost", BAD_CODE)) == SR_OK && decide(m, DAY, BOTH) == SR_OK);
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

static void reopen(struct member *m)
{
    SR_OWN(buf) first = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    maker_need(policy_holder_text(m->core.policy, 1, &first, NULL) == SR_OK &&
                   policy_signed_parse(buf_span(&first), &s, NULL) == SR_OK,
               "number 1");
    const struct policy_holder_options o = member_policies(m, policy_hash(s.policy));
    policy_holder_close(m->core.policy);
    m->core.policy = NULL;
    maker_need(policy_holder_open(&o, &m->core.policy, NULL) == SR_OK, "a restart");
}

/* The host starts the member again. */
static bool restart_between(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    T(decide(m, DAY, GOOD_ONLY) == SR_OK && decide(m, DAY, BOTH) == SR_OK);
    reopen(m);
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

/* The host sets the wall's clock to next month; the machine's own runs on as it did. */
static bool clock_forward(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(policy_waits) waits = { 0 };
    struct policy_wait_view view = { .w = &waits };
    struct claims bad = { 0 };
    T(decide(m, DAY, GOOD_ONLY) == SR_OK && decide(m, DAY, BOTH) == SR_OK);
    SR_OWN(policy_hold) now = policy_holder_get(m->core.policy);
    policy_holder_waits(m->core.policy, &waits, &view.now);
    view.now.unix_s += 30 * 86400;
    claims_put_text(&bad, "type", SPAN_STR("tpm"));
    claims_put_text(&bad, "code", SPAN_STR(BAD_CODE));
    bool got = policy_join_waiting(now.p, &view, &bad, NULL, NULL, why) == SR_OK;
    member_close(m);
    return got;
}

/* Good code, in a TPM of the attacker's making: the policy names its maker. */
static bool new_root(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(buf) chain = { 0 };
    SR_OWN(buf) extra = { 0 };
    struct maker machine;
    lab_machine(&machine, &l->net, GOOD);
    struct sha256 root = ak_vendor_chain(&machine, &chain);
    wr_text(&extra, DAY "\"vendor_ak_roots\":[\"" LAB_VENDOR "\",\"");
    wr_hex(&extra, SPAN(root.b));
    wr_text(&extra, "\"],");
    wr_u8(&extra, 0);
    T(decide(m, DAY "\"vendor_ak_roots\":[\"" LAB_VENDOR "\"],", GOOD_ONLY) == SR_OK &&
      decide(m, (const char *)extra.p, GOOD_ONLY) == SR_OK);
    bool got = joins(l, m, &machine, why);
    maker_drop(&machine);
    member_close(m);
    return got;
}

/* ---- a member that came after the policy ---- */

/* What it takes over from its granter, and from its peers later. */
struct late {
    struct policy_hold two, three;
    struct buf two_text, three_text;
};
static void late_drop(struct late *l)
{
    policy_hold_drop(&l->two);
    policy_hold_drop(&l->three);
    buf_drop(&l->two_text);
    buf_drop(&l->three_text);
}

/* Number 1 of the member is another's: this one is born under number 3, which takes the delay away and lets
 * it in. */
static void born_late(struct member *m, struct late *ret)
{
    SR_OWN(policy_hold) one = policy_holder_get(m->core.policy);
    SR_OWN(keystore_txn) txn = { 0 };
    SR_OWN(keystore_txn) gone = { 0 };
    enum sr_err results[2] = { SR_OK, SR_OK };
    struct keystore_txn *const txns[] = { &gone, &txn };
    const struct keystore_name first_row = { .table = KT_POLICY, .name = SPAN_STR("\0\0\0\0\0\0\0\1") };
    const struct policy_holder_options o = member_policies(m, policy_hash(one.p));
    ret->two.p = signed_policy(m, one.p, DAY, GOOD_ONLY, &ret->two_text);
    ret->three.p = signed_policy(m, ret->two.p, "", BOTH, &ret->three_text);
    keystore_txn_del(&gone, &first_row);
    maker_need(policy_holder_put(&o, buf_span(&ret->three_text), &txn, NULL) == SR_OK &&
                   keystore_commit(o.ks, &(struct keystore_group){ txns, results, 2, NULL, NULL }, NULL) ==
                       SR_OK,
               "a birth");
    policy_holder_close(m->core.policy);
    m->core.policy = NULL;
    maker_need(policy_holder_open(&o, &m->core.policy, NULL) == SR_OK, "a late member's policies");
}

/* It knows what was before: for it all of that is as new as itself. */
static bool born_later(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(late) late = { 0 };
    SR_OWN(buf) one = { 0 };
    wr_span(&one, buf_span(&m->first));
    born_late(m, &late);
    T(policy_holder_before(m->core.policy, buf_span(&late.two_text), NULL) == SR_OK &&
      policy_holder_before(m->core.policy, buf_span(&one), NULL) == SR_OK);
    T(policy_holder_knows_past(m->core.policy));
    bool got = bad_joins(l, m, why);
    member_close(m);
    return got;
}

/* It does not know yet: the attacker comes before the first exchange with another member. */
static bool past_withheld(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    SR_OWN(late) late = { 0 };
    SR_OWN(stand) s = { 0 };
    m->core.cert.granter.b[0] = (uint8_t)~m->core.home.id.b[0];
    T(stand_take(&m->node, ACT_TALK, &s, NULL) == SR_OK);
    stand_drop(&s);
    born_late(m, &late);
    bool got = stand_take(&m->node, ACT_GRANT, &s, why) == SR_OK && bad_joins(l, m, why);
    stand_drop(&s);
    member_close(m);
    return got;
}

/* ---- signed, and not in any log ---- */

static bool unlogged(struct lab *l, struct sr_why *why)
{
    struct member *m = member_open(l);
    uint64_t before = journal_size(m->core.journal);
    size_t room = m->core.journal->queue_max;
    m->core.journal->queue_max = 0; /* the log takes nothing at the moment */
    (void)!decide(m, "", BOTH);
    m->core.journal->queue_max = room;
    struct sr_why ignored = { 0 };
    bool got = journal_size(m->core.journal) == before && bad_joins(l, m, &ignored);
    *why = ignored;
    member_close(m);
    return got;
}

static const struct attack rows[] = {
    { "before_its_time", without_delay, before_its_time, R_POLICY_DELAY },
    { "delay_dropped", without_delay, delay_dropped, R_POLICY_DELAY },
    { "delay_lowered", without_delay, delay_lowered, R_POLICY_DELAY },
    { "old_name", without_delay, old_name, R_POLICY_DELAY },
    { "deny_withdrawn", without_delay, deny_withdrawn, R_POLICY_DELAY },
    { "restart_between", without_delay, restart_between, R_POLICY_DELAY },
    { "clock_forward", without_delay, clock_forward, R_POLICY_DELAY },
    { "new_root", without_delay, new_root, R_CERT_ANCHOR },
    { "born_later", without_delay, born_later, R_POLICY_DELAY },
    { "past_withheld", without_delay, past_withheld, R_NOT_READY },
    { "policy_unlogged", without_delay, unlogged, R_NO_RULE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
