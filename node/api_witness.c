/* This member as a witness of the others' logs: C2SP's add-checkpoint, and what was seen of a log, signed. */
#include "crypto/text.h"
#include "node/api.h"
#include "node/witness.h"

#include <string.h>

/* Members say which of their boots it is, signed; for everybody else the checkpoint's own signature has to
 * do. */
static enum sr_err boot_of(const struct request *q, struct witness_boot *ret, struct sr_why *why)
{
    struct span id = api_query(q, "boot"), sig = api_query(q, "sig");
    *ret = (struct witness_boot){ 0 };
    if (!id.n && !sig.n)
        return SR_OK;
    SR_TRY(api_query_u64(q, "start", UINT64_MAX, &ret->start, why));
    if (hex_read(id, ret->id, sizeof ret->id) != SR_OK ||
        hex_read(sig, ret->sig.b, sizeof ret->sig.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "boot, start and sig do not say which boot");
    ret->known = true;
    return SR_OK;
}

static enum sr_err add_checkpoint(struct node *n, const struct request *q, struct reply *r,
                                  struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) b = { 0 };
    struct witness_boot boot;
    uint64_t size = 0;
    SR_TRY(stand_take(n, ACT_WITNESS, &s, why));
    SR_TRY(boot_of(q, &boot, why));
    enum sr_err e = witness_take(n, s.core, q->body, &boot, &b, &size, why);
    if (e != SR_ESTALE || why->reason != R_WITNESS_SIZE)
        return e == SR_OK ? reply_bytes(r, 200, TYPE_TEXT, &b) : e;
    witness_size_write(size, &b);
    return reply_bytes(r, 409, TYPE_WITNESS_SIZE, &b);
}

/* Answered by every member that has a core, also by one that serves nobody yet: two that start together ask
 * each other. */
static enum sr_err seen(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(witness_row) have = { 0 };
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    struct witness_question question;
    struct member_cert m;
    uint64_t seq = 0;
    SR_TRY(node_core(n, &c, why));
    if (witness_question_read(q->body, &question) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "not a question to a witness");
    SR_TRY(witness_member(c, question.origin, &m, why));
    SR_TRY(witness_recall(c, &m.key, &have, &seq, why));
    witness_seen_sign(&question, &have.state, &c->home.member, &b);
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/witness/add-checkpoint", ACCESS_ANYONE, WITNESS_REQUEST_MAX, NULL, add_checkpoint },
    { POST, "/sealring/v1/witness/seen", ACCESS_ANYONE, WITNESS_QUESTION_MAX, TYPE_BYTES, seen },
};
const struct protocol protocol_witness = {
    .name = "witness", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
