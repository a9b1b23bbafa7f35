/* Granting a join: M1 to M2, M3 to M4, M5 to M6. specs/join.md; decisions about the order in specs/node.md.
 */
#include "node/api.h"
#include "node/clock.h"
#include "node/cosigners.h"
#include "node/sync.h"
#include "proto/tile.h"

#include <stdio.h>
#include <string.h>

static enum sr_err challenge(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(buf) m2 = { 0 };
    struct join_challenge_random random;
    SR_TRY(stand_take_epoch(n, ACT_GRANT, q, &s, why));
    struct core_look at = stand_look(&s);
    struct granter g = core_granter(n, s.core, &at);
    random_fill(&random, sizeof random);
    enum sr_err e = join_challenge(&g, q->body, &random, clock_boot_ms(), &m2, why);
    if (e != SR_OK)
        return api_unproven(n, s.core, e, why);
    metrics_add(&n->metrics, M_CHALLENGES, 1);
    return reply_bytes(r, 200, TYPE_BYTES, &m2);
}

/* One M3 on its way to M4. */
struct attempt {
    struct join_attest attest;
    struct appraisal appraisal;
    struct nonce_spent spent;
    struct buf cert;      /* our own AK certificate */
    struct tpm_slot slot; /* our place in the platform's queue */
    struct join_sealed sealed;
};

static void attempt_drop(struct attempt *a)
{
    buf_drop(&a->cert);
    tpm_slot_drop(&a->slot);
    join_sealed_drop(&a->sealed);
}

/* All that the quote for M4 will need, before the nonce is taken: our own AK certificate, and a place in the
 * platform's queue. Not having them is our trouble, and the joiner may try the same challenge again. */
static enum sr_err take_slot(struct node *n, const struct stand *s, struct attempt *a, struct sr_why *why)
{
    struct sr_why none = { 0 };
    struct core_look at = stand_look(s);
    if (core_ak_cert(n, s->core, &at, &a->cert, &none) != SR_OK)
        return sr_fail(why, SR_EBUSY, none.reason == R_TPM ? R_TPM : R_BUSY,
                       "no AK certificate of our own at the moment: %.100s", none.text);
    enum sr_err e = tpm_slot_take(n->tpm, &a->slot, why);
    if (e != SR_OK)
        metrics_add(&n->metrics, M_TPM_BUSY, 1);
    return e;
}

/* An expelled key comes back on no machine. */
static enum sr_err not_expelled(const struct stand *s, const struct attempt *a, struct sr_why *why)
{
    return policy_expels_key(s->policy.p, &a->attest.member_key)
               ? sr_fail(why, SR_EDENIED, R_EXPELLED, "the policy expels the joiner's member key")
               : SR_OK;
}

/* An epoch that is named is for members: whoever is none yet joins at the active one, and pulls then. */
static enum sr_err pulls_only(const struct stand *s, const struct sign_pub *key, struct sr_why *why)
{
    if (!s->named || members_knows(s->core->members, key))
        return SR_OK;
    return sr_fail(why, SR_EDENIED, R_FORBIDDEN, "an epoch that is named is for members");
}

/* May this machine join under this policy? Nothing is consumed yet. */
static enum sr_err judge(struct node *n, const struct stand *s, const struct request *q, struct attempt *a,
                         struct sr_why *why)
{
    struct core_look at = stand_look(s);
    struct granter g = core_granter(n, s->core, &at);
    struct binding binding = api_binding(q);
    enum sr_err e = join_open_attest(&g, q->body, &binding, clock_boot_ms(), &a->attest, why);
    if (e == SR_OK)
        e = api_appraise(n, s, a->attest.type, a->attest.evidence, &a->attest.rd, &a->appraisal, why);
    if (e != SR_OK)
        return api_unproven(n, s->core, e, why);
    const struct policy_wait_view view = stand_view(s);
    rollback_claims(&a->attest.rollback, &a->appraisal.claims);
    e = not_expelled(s, a, why);
    if (e == SR_OK)
        e = policy_join_waiting(s->policy.p, &view, &a->appraisal.claims, &n->self, NULL, why);
    if (e == SR_OK)
        e = pulls_only(s, &a->attest.member_key, why);
    if (e == SR_OK)
        e = members_room(s->core->members, &a->attest.member_key, why);
    if (e == SR_OK)
        e = sessions_room(n->sessions, clock_boot_ms(), why);
    if (e == SR_OK)
        e = take_slot(n, s, a, why);
    if (e == SR_OK)
        e = nonce_consume(n->nonces, &a->attest.nonce, clock_boot_ms(), &a->spent, why);
    if (e == SR_OK || e == SR_EBUSY)
        return e;
    struct api_refusal refusal = { "join", &a->attest.nonce, &a->attest.th2, &a->appraisal.claims,
                                   policy_number(s->policy.p) };
    return api_proven(n, s->core, &refusal, e, why);
}

/* Sealed under a look at epochs and policy that is taken now, and compared with what the joiner was told; the
 * masters are those of the look. */
static enum sr_err seal(struct node *n, const struct stand *s, struct attempt *a, struct sr_why *why)
{
    SR_OWN(policy_hold) policy = policy_holder_get(s->core->policy);
    SR_OWN(epochs_hold) epochs = stand_again(s);
    if (!epochs.e)
        return sr_fail(why, SR_ESTALE, R_STALE_CHALLENGE, "epoch changed since the challenge");
    const struct core_look now = { epochs.e, policy.p };
    struct granter g = core_granter(n, s->core, &now);
    return keyring_grant(epochs.e->keyring, &g, &a->attest, &a->appraisal.verified, &a->spent,
                         span_of(tpm_actor_type(n->tpm)), &a->sealed, why);
}

static enum sr_err log_grant(const struct stand *s, const struct attempt *a, struct journal_receipt *ret)
{
    struct leaf l = { .type = LEAF_JOIN_GRANTED,
                      .time = clock_unix(),
                      .transcript = a->attest.th2,
                      .ct_hash = a->sealed.ct_hash,
                      .policy_number = policy_number(s->policy.p) };
    snprintf(l.rollback, sizeof l.rollback, "%s", rollback_text(a->attest.rollback.level));
    appraise_leaf(s->epochs.e->keyring, &a->appraisal.claims, &l);
    return api_log(s->core, &l, ret);
}

static enum sr_err write_m4(struct node *n, const struct stand *s, struct attempt *a, struct span checkpoint,
                            struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) policy = { 0 };
    SR_OWN(join_pending) pending = { 0 };
    SR_TRY(tpm_actor_quote(&a->slot, &a->sealed.rd, buf_span(&a->cert), &evidence, why));
    metrics_add(&n->metrics, M_QUOTES, 1);
    SR_TRY(policy_holder_text(s->core->policy, policy_number(s->policy.p), &policy, why));
    SR_TRY(stand_still(n, s, ACT_GRANT, why)); /* a quote takes its time */
    struct join_m4_parts parts = { .evidence = buf_span(&evidence),
                                   .record = buf_span(&s->core->home.record),
                                   .chain = buf_span(&s->epochs.e->chain),
                                   .policy = buf_span(&policy),
                                   .checkpoint = checkpoint };
    SR_TRY(join_m4(&a->sealed, &parts, &n->id, ret, &pending, why));
    struct leaf joiner = { 0 };
    appraise_leaf(s->epochs.e->keyring, &a->appraisal.claims, &joiner);
    pending.hardware = joiner.hardware;
    pending.measurement = joiner.measurement;
    return sessions_put(n->sessions, &pending, clock_boot_ms());
}

static void say_granted(struct node *n, const struct attempt *a)
{
    struct logline l = log_start(&n->log, LOG_INFO, "join-granted");
    log_span(&l, "address", a->attest.address);
    log_text(&l, "rollback", rollback_text(a->attest.rollback.level));
    log_hex(&l, "session", SPAN(a->attest.challenge.sid.b));
    log_end(&l);
    metrics_add(&n->metrics, M_JOINS, 1);
}

static enum sr_err attest(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(attempt) a = { 0 };
    SR_OWN(buf) m4 = { 0 };
    SR_OWN(buf) note = { 0 };
    struct journal_receipt receipt;
    SR_TRY(stand_take_epoch(n, ACT_GRANT, q, &s, why));
    SR_TRY(judge(n, &s, q, &a, why));
    SR_TRY(seal(n, &s, &a, why));
    SR_TRY(log_grant(&s, &a, &receipt)); /* on disk before the masters leave */
    SR_TRY(cosigners_wait(s.core, &receipt, COSIGNED_KNOWN, &note, why));
    SR_TRY(write_m4(n, &s, &a, buf_span(&note), &m4, why));
    say_granted(n, &a);
    return reply_bytes(r, 200, TYPE_BYTES, &m4);
}

/* The member's certificate and its leaf, durable, then the M6 that says so. */
static enum sr_err admit(const struct stand *s, const struct join_confirmed *c, struct buf *ret,
                         struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) leaf = { 0 };
    SR_OWN(buf) proof = { 0 };
    SR_OWN(keystore_txn) txn = { 0 };
    struct journal_receipt receipt;
    struct merkle_proof path;
    struct member_cert m = {
        .cid = s->core->home.cid, .key = c->member_key, .issued_at = clock_unix(), .granter = s->core->home.id
    };
    struct leaf l = { .type = LEAF_MEMBER,
                      .time = m.issued_at,
                      .transcript = c->th3,
                      .policy_number = policy_number(s->policy.p),
                      .epoch_lo = c->epoch_lo,
                      .epoch_hi = c->epoch_hi,
                      .hardware = c->hardware,
                      .measurement = c->measurement };
    memcpy(m.address, c->address, sizeof m.address);
    memcpy(l.address, c->address, sizeof c->address);
    memcpy(l.member_key.b, c->member_key.b, sizeof l.member_key.b);
    memcpy(l.id.b, c->idj.b, sizeof l.id.b);
    SR_TRY(keyring_certify_member(s->epochs.e->keyring, &m, &cert));
    SR_TRY(leaf_encode(&l, &leaf));
    bool counts = !stand_pending(s); /* a certificate of the pending epoch waits in the muster */
    if (counts)
        members_put(&txn, &m, buf_span(&cert));
    SR_TRY(journal_submit(s->core->journal, &(struct journal_entry){ &txn, buf_span(&leaf) }, &receipt));
    SR_TRY(journal_proof(s->core->journal, receipt.index, receipt.size, &path));
    merkle_proof_write(&path, &proof);
    if (counts)
        members_learn(s->core->members, &m);
    struct join_m6_parts parts = { .cert = buf_span(&cert),
                                   .leaf = buf_span(&leaf),
                                   .leaf_index = receipt.index,
                                   .proof = buf_span(&proof),
                                   .checkpoint = { (const uint8_t *)receipt.checkpoint,
                                                   receipt.checkpoint_n } };
    return join_m6(c, &parts, ret, why);
}

/* The policy is looked at again: nobody becomes a member under one that is superseded. */
static enum sr_err confirm_session(struct node *n, const struct stand *s, const struct request *q,
                                   const struct join_pending *p, struct buf *ret, struct sr_why *why)
{
    SR_OWN(join_confirmed) c = { 0 };
    struct core_look at = stand_look(s);
    struct granter g = core_granter(n, s->core, &at);
    enum sr_err e = join_confirm(&g, p, q->body, clock_boot_ms(), &c, why);
    return e == SR_OK ? admit(s, &c, ret, why) : api_unproven(n, s->core, e, why);
}

static enum sr_err confirm(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(stand) s = { 0 };
    SR_OWN(join_pending) p = { 0 };
    SR_OWN(buf) m6 = { 0 };
    struct session_id sid;
    struct sha256 m5 = sha256(q->body);
    SR_TRY(stand_take_epoch(n, ACT_GRANT, q, &s, why));
    enum sr_err e = join_m5_session(q->body, &sid, why);
    if (e == SR_OK)
        e = sessions_begin(n->sessions, &sid, &m5, clock_boot_ms(), &p, &m6, why);
    if (e != SR_OK)
        return api_unproven(n, s.core, e, why);
    if (m6.n) /* the answer got lost: the same again */
        return reply_bytes(r, 200, TYPE_BYTES, &m6);
    e = confirm_session(n, &s, q, &p, &m6, why);
    sessions_end(n->sessions, &sid, &m5, e == SR_OK ? buf_span(&m6) : (struct span){ 0 });
    SR_TRY(e);
    metrics_add(&n->metrics, M_MEMBERS, 1);
    struct logline l = log_start(&n->log, LOG_INFO, "member-confirmed");
    log_text(&l, "address", p.address);
    log_end(&l);
    sync_wake(n);
    return reply_bytes(r, 200, TYPE_BYTES, &m6);
}

static const struct route routes[] = {
    { POST, "/sealring/v1/join/challenge", ACCESS_ANYONE, M1_MAX, TYPE_BYTES, challenge },
    { POST, "/sealring/v1/join/attest", ACCESS_ANYONE, M3_MAX, TYPE_BYTES, attest },
    { POST, "/sealring/v1/join/confirm", ACCESS_ANYONE, M5_SIZE, TYPE_BYTES, confirm },
};
const struct protocol protocol_join = {
    .name = "join", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
