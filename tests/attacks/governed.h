#pragma once
/* governed.h - whole members (running.h) under policies that say something of members themselves. */
#include "node/expel.h"
#include "node/freeze.h"
#include "proto/policy_next.h"
#include "tests/attacks/running.h"

/* Join rules: this program, at a level of rollback protection. */
static const char governed_at_a_level[] =
    "[{\"name\":\"guarded\",\"type\":\"insecure\",\"where\":[{\"claim\":\"code\",\"op\":\"same\"},"
    "{\"claim\":\"rollback\",\"op\":\"in\",\"value\":[\"peers\",\"peers-tpm\",\"tpm\"]}]}]";

/* The policy after the one that r holds, with one member of the document changed, signed. */
static inline void governed_next(struct running *r, const char *member, const char *value, struct buf *ret)
{
    SR_OWN(policy_hold) now = policy_holder_get(r->core->policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) document = { 0 };
    const struct policy_edit edit = { member, span_of(value), POLICY_SET };
    struct sr_why why = { 0 };
    T_ROW(policy_next(now.p, &edit, &document, &why) == SR_OK &&
              policy_parse(buf_span(&document), &s.policy, &why) == SR_OK,
          why.text);
    struct approval sig = policy_sign(s.policy, &r->core->home.cid, &r->admin, &r->admin_pub);
    maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    policy_signed_write(&s, ret);
}

/* It is in force at r. */
static inline void governed_by(struct running *r, const char *member, const char *value)
{
    SR_OWN(buf) text = { 0 };
    struct sr_why why = { 0 };
    governed_next(r, member, value, &text);
    T_ROW(policy_holder_apply(r->core->policy, buf_span(&text), &why) == SR_OK, why.text);
}

/* Evidence of a machine that runs what r runs; hardware, if any, is what it says of itself besides. */
static inline void governed_evidence(const struct running *r, const struct sha512 *rd, const char *hardware,
                                     struct buf *ret)
{
    static struct claims c;
    const struct claim *code = claims_find(&r->node.self, SPAN_STR("code"));
    claims_clear(&c);
    T(code != NULL);
    claims_put(&c, code);
    if (hardware)
        claims_put_text(&c, "hardware", span_of(hardware));
    T(insecure_evidence_write(rd, &c, ret) == SR_OK);
}

/* The machine of a joiner. */
struct governed_machine {
    const char *hardware; /* NULL: says nothing of it */
    struct rollback rollback;
};

/* M1 to M3 of such a joiner; false: refused. */
static inline bool governed_m3_on(struct running *r, const struct governed_machine *machine, struct tape *t,
                                  struct sr_why *why)
{
    struct join_challenged challenged;
    struct join_offer offer;
    SR_OWN(buf) evidence = { 0 };
    tape_start(t, &r->core->home.cid);
    t->j.type = SPAN_STR("insecure");
    t->j.rollback = machine->rollback;
    t->joiner_cb = t->granter_cb = (struct binding){ 0 };
    T(join_hello(&t->j, &t->k, &t->m[M1]) == SR_OK);
    if (running_post(r, "/sealring/v1/join/challenge", buf_span(&t->m[M1]), &t->m[M2], why) != SR_OK)
        return false;
    T(join_read_challenge(&t->j, buf_span(&t->m[M1]), buf_span(&t->m[M2]), &challenged, why) == SR_OK);
    join_rd(&t->j, &challenged, &t->k, &t->joiner_cb, &offer);
    governed_evidence(r, &offer.rd, machine->hardware, &evidence);
    return join_m3(&t->j, &offer, &t->k, buf_span(&evidence), &t->m[M3], &t->wait) == SR_OK;
}

static inline bool governed_m3(struct running *r, struct tape *t, struct sr_why *why)
{
    return governed_m3_on(r, &(struct governed_machine){ 0 }, t, why);
}

/* M3 to M4: true when the masters are in the joiner's hands. */
static inline bool governed_m4(struct running *r, struct tape *t, struct sr_why *why)
{
    return running_post(r, "/sealring/v1/join/attest", buf_span(&t->m[M3]), &t->m[M4], why) == SR_OK &&
           by_hand_masters(r, t, buf_span(&t->m[M4]));
}

static inline bool governed_join(struct running *r, struct sr_why *why)
{
    SR_OWN(tape) t = { 0 };
    return governed_m3(r, &t, why) && governed_m4(r, &t, why);
}
