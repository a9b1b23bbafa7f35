#include "node/status.h"

#include "crypto/mode.h"
#include "node/ahead.h"
#include "node/clock.h"
#include "node/counter.h"
#include "node/destruction.h"
#include "node/freeze.h"
#include "node/lease.h"
#include "node/level.h"
#include "node/node.h"
#include "node/rotation.h"
#include "node/status_collateral.h"
#include "node/status_witness.h"
#include "node/version.h"
#include "proto/cid.h"
#include "proto/evidence_parts.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

enum { PENDING_SHOWN = 32 };

static void write_log(struct buf *b, const struct core *c)
{
    SR_OWN(buf) note = { 0 };
    jw_name(b, "log");
    jw_object(b);
    if (journal_checkpoint(c->journal, &note) == SR_OK)
        jw_member_str(b, "checkpoint", buf_span(&note));
    jw_member_u64(b, "size", journal_size(c->journal));
    jw_object_end(b);
}

static void write_members(struct buf *b, const struct core *c)
{
    struct member_cert m;
    jw_name(b, "members");
    jw_array(b);
    for (size_t i = 0; members_at(c->members, i, &m) == SR_OK; i++) {
        struct member_id id = member_id_of(&m.key);
        jw_object(b);
        jw_member_text(b, "address", m.address);
        jw_member_u64(b, "epoch", m.epoch);
        jw_member_hex(b, "granter", SPAN(m.granter.b));
        jw_member_hex(b, "id", SPAN(id.b));
        jw_member_u64(b, "issued_at", m.issued_at);
        jw_member_hex(b, "key", SPAN(m.key.b));
        jw_object_end(b);
    }
    jw_array_end(b);
}

/* What our own evidence would claim, in the order of the verifier; JSON wants it sorted. */
static void write_claims(struct buf *b, const struct claims *claims)
{
    size_t order[CLAIMS_MAX];
    for (size_t i = 0; i < claims->n; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(claims->c[order[at - 1]].name, claims->c[i].name) > 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    jw_object(b);
    for (size_t i = 0; i < claims->n; i++) {
        const struct claim *c = &claims->c[order[i]];
        if (c->kind == CLAIM_TEXT)
            jw_member_text(b, c->name, c->text);
        else if (c->kind == CLAIM_UINT && c->num <= JSON_INT_MAX)
            jw_member_u64(b, c->name, c->num);
        else if (c->kind == CLAIM_BOOL)
            jw_member_bool(b, c->name, c->num != 0);
    }
    jw_object_end(b);
}

/* A claim of our own evidence, of whichever part of it has one that is so. */
typedef bool holds_fn(const struct evidence_part *part, const struct claim *c);
static bool any_part(const struct node *n, const char *name, holds_fn *holds)
{
    const struct claim *type = claims_find(&n->self, SPAN_STR("type"));
    struct evidence_parts all = evidence_parts(span_of(type ? type->text : ""));
    for (size_t i = 0; i < all.n; i++) {
        const struct claim *c = evidence_claim(&n->self, &all.v[i], name);
        if (c && holds(&all.v[i], c))
            return true;
    }
    return false;
}

static bool is_measured(const struct evidence_part *part, const struct claim *c)
{
    (void)part;
    return strcmp(c->text, "measured") == 0;
}

/* Of the machine as it was started, whatever that covers; a TPM's is of the program alone. */
static bool is_of_launch(const struct evidence_part *part, const struct claim *c)
{
    return c->kind == CLAIM_TEXT && part->type && strcmp(part->type, "tpm") != 0;
}

static bool is_true(const struct evidence_part *part, const struct claim *c)
{
    (void)part;
    return c->kind == CLAIM_BOOL && c->num;
}

static void write_sealing_warnings(struct buf *b, struct node *n)
{
    if (!tpm_actor_seals(n->tpm))
        jw_text(b, "nothing is sealed here: every start needs another member");
    else if (strcmp(tpm_actor_sealer(n->tpm), tpm_actor_type(n->tpm)) != 0)
        jw_text(b,
                "sealed by a TPM that evidence does not speak of: it must be one that the host can't read");
}

static bool policy_freezes(const struct core *c)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    return policy_join_frozen(now.p);
}

static bool lease_is_held(const struct core *c)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    struct lease_state s = lease_look(c, now.p);
    return lease_holds(&s);
}

static void write_warnings(struct buf *b, struct node *n, struct core *c)
{
    jw_name(b, "warnings");
    jw_array(b);
    if (c && members_count(c->members) == 1)
        jw_text(b, "one member: losing it loses every key");
    if (c && !lease_is_held(c))
        jw_text(b, "the lease lapsed: too few other members have vouched for this one lately");
    if (c && (freeze_is_on(c) || policy_freezes(c)))
        jw_text(b, "joins are frozen: nobody becomes a member through this node");
    if (!any_part(n, "boot", is_measured) && !any_part(n, "measurement", is_of_launch))
        jw_text(b, "no measured boot: nothing shows which kernel runs under this node");
    if (any_part(n, "debug", is_true))
        jw_text(b, "debug: whoever runs this machine can read all that is in it");
    write_sealing_warnings(b, n);
    if (c && !journal_healthy(c->journal))
        jw_text(b, "the log takes no entries: nothing is granted or released");
    if (c)
        status_witness_warnings(c, b);
    struct sr_why failure;
    if (c && counter_holds(c->counter, &failure) != SR_OK)
        jw_text(b, "the TPM's counter does not go up: nothing is granted or released");
    if (!tpm_actor_healthy(n->tpm, &failure))
        jw_text(b, "the platform failed: this node grants no joins until it answers");
    if (status_collateral_ends(n))
        jw_text(b, "collateral: something that is held has ended or does not count, see collateral");
    if (!n->sandboxed)
        jw_text(b, "no Landlock: the kernel does not have it, or it is switched off");
    if (strcmp(sr_mode.name, "production") != 0)
        jw_text(b, "insecure mode: evidence proves nothing");
    jw_array_end(b);
}

static void write_cid(struct buf *b, const struct core *c)
{
    char cid[CID_TEXT_MAX];
    cid_text(&c->home.cid, cid);
    jw_member_text(b, "cid", cid);
}

static void write_frozen(struct buf *b, const struct core *c)
{
    jw_name(b, "frozen");
    jw_object(b);
    jw_member_bool(b, "by_policy", policy_freezes(c));
    jw_member_bool(b, "here", freeze_is_on(c));
    jw_object_end(b);
}

/* What our evidence says now. */
static void write_attested(struct buf *b, const struct node *n, const struct core *c)
{
    SR_OWN(policy_hold) now = c ? policy_holder_get(c->policy) : (struct policy_hold){ 0 };
    struct rollback r = level_attested(n->config, c, now.p);
    jw_member_text(b, "rollback_attested", rollback_text(r.level));
}

static void write_counter(struct buf *b, const struct core *c)
{
    char index[9];
    snprintf(index, sizeof index, "%08x", (unsigned)counter_index(c->counter));
    jw_name(b, "counter");
    jw_object(b);
    jw_member_text(b, "index", index);
    jw_member_u64(b, "value", counter_value(c->counter));
    jw_object_end(b);
}

/* Nothing where no policy asks for one. */
static void write_lease(struct buf *b, const struct core *c)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    struct lease_state s = lease_look(c, now.p);
    if (!s.asked)
        return;
    jw_name(b, "lease");
    jw_object(b);
    jw_member_bool(b, "held", lease_holds(&s));
    jw_member_u64(b, "needed", s.needed);
    jw_member_u64(b, "vouched", s.have);
    jw_object_end(b);
}

/* packages: secrets that are sealed to it; said where there are any. */
static void write_epoch(struct buf *b, uint64_t number, uint32_t packages, const char *state)
{
    jw_object(b);
    jw_member_u64(b, "epoch", number);
    if (packages)
        jw_member_u64(b, "packages", packages);
    jw_member_text(b, "state", state);
    jw_object_end(b);
}

/* Of one that was in use: what policy says comes before what the member does with it. */
static const char *epoch_name(const struct epochs *now, uint64_t epoch, const struct policy *p)
{
    if (!keyring_pubs(now->keyring, epoch))
        return "destroyed";
    if (p && epoch < policy_min_epoch(p))
        return "withdrawn";
    return epoch == now->n ? "active" : "retiring";
}

/* Every epoch there ever was, and the one to come. */
static void write_epochs(struct buf *b, struct core *c, const struct epochs *now)
{
    SR_OWN(policy_hold) policy = policy_holder_get(c->policy);
    struct rotation_view v = rotation_view(c->rotation);
    struct destruction_view seen;
    destruction_look(c, &seen);
    jw_name(b, "epochs");
    jw_array(b);
    for (uint64_t i = 1; i <= now->n; i++)
        write_epoch(b, i, i < now->n ? seen.packages[i - 1] : 0, epoch_name(now, i, policy.p));
    if (v.state != ROTATION_IDLE && v.epoch > now->n)
        write_epoch(b, v.epoch, 0, v.state == ROTATION_DRAWN ? "drawn" : "pending");
    jw_array_end(b);
}

/* What the destruction of masters waits for; nothing where it waits for nothing. */
static void write_destruction(struct buf *b, struct core *c)
{
    struct destruction_view v;
    uint64_t packages = 0;
    destruction_look(c, &v);
    if (!v.waits)
        return;
    for (uint64_t i = 1; i < v.before; i++)
        packages += v.packages[i - 1];
    jw_name(b, "destruction");
    jw_object(b);
    jw_member_u64(b, "before", v.before);
    jw_member_u64(b, "packages", packages);
    jw_member_u64(b, "rows", v.rows);
    jw_object_end(b);
}

static void write_network(struct buf *b, struct core *c)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    jw_member_u64(b, "epoch", keyring_newest(now.e->keyring));
    write_epochs(b, c, now.e);
    write_frozen(b, c);
    jw_member_hex(b, "id", SPAN(c->home.id.b));
    write_lease(b, c);
    write_log(b, c);
}

/* What of it does not count yet, and until when. */
static void write_pending(struct buf *b, const struct core *c, const struct policy *p)
{
    SR_OWN(policy_waits) waits = { 0 };
    struct policy_wait_view view = { .w = &waits };
    struct policy_pending pending[PENDING_SHOWN];
    policy_holder_waits(c->policy, &waits, &view.now);
    size_t n = policy_pending(p, &view, pending, PENDING_SHOWN);
    jw_name(b, "pending");
    jw_array(b);
    for (size_t i = 0; i < n; i++) {
        jw_object(b);
        jw_member_text(b, "kind", policy_pending_name(pending[i].kind));
        jw_member_str(b, "rule", pending[i].name);
        jw_member_u64(b, "until", pending[i].until < JSON_INT_MAX ? pending[i].until : JSON_INT_MAX);
        jw_object_end(b);
    }
    jw_array_end(b);
}

static void write_policy(struct buf *b, const struct core *c)
{
    SR_OWN(policy_hold) p = policy_holder_get(c->policy);
    jw_name(b, "policy");
    jw_object(b);
    if (p.p) {
        jw_member_hex(b, "hash", SPAN(policy_hash(p.p)->b));
        jw_member_u64(b, "number", policy_number(p.p));
        write_pending(b, c, p.p);
    }
    jw_object_end(b);
}

/* The program that the masters are sealed to beside the one that runs. */
static void write_sealed_ahead(struct buf *b, struct node *n)
{
    struct announcement what;
    if (ahead_what(n->store, &what, NULL) == SR_OK)
        jw_member_hex(b, "sealed_ahead", SPAN(what.file[0].b));
}

void status_write(struct node *n, struct buf *ret)
{
    struct core *c = NULL;
    if (node_core(n, &c, NULL) != SR_OK)
        c = NULL;
    jw_object(ret);
    if (c)
        write_cid(ret, c);
    jw_name(ret, "collateral");
    status_collateral(n, ret);
    if (c && c->counter)
        write_counter(ret, c);
    if (c)
        write_destruction(ret, c);
    if (c)
        write_network(ret, c);
    jw_name(ret, "measured");
    write_claims(ret, &n->self);
    if (c)
        write_members(ret, c);
    jw_member_text(ret, "mode", sr_mode.name);
    jw_member_text(ret, "platform", tpm_actor_type(n->tpm));
    if (c)
        write_policy(ret, c);
    jw_member_text(ret, "rollback", rollback_text(c ? level_now(c) : ROLLBACK_NONE));
    write_attested(ret, n, c);
    jw_member_text(ret, "sealed", tpm_actor_sealer(n->tpm));
    write_sealed_ahead(ret, n);
    jw_member_u64(ret, "started", n->started);
    jw_member_text(ret, "state", node_state_text(node_state(n)));
    jw_member_text(ret, "version", SEALRING_VERSION);
    write_warnings(ret, n, c);
    if (c) {
        jw_name(ret, "witnesses");
        status_witnesses(c, ret);
    }
    jw_object_end(ret);
}

void status_gauges(struct node *n, struct buf *ret)
{
    struct core *c = NULL;
    status_collateral_gauges(n, ret);
    metrics_gauge(ret, "sealring_member", "1 when this node is a member.", node_state(n) == NODE_MEMBER);
    struct sr_why failure;
    metrics_gauge(ret, "sealring_platform_healthy", "1 while the platform answers.",
                  tpm_actor_healthy(n->tpm, &failure));
    metrics_gauge(ret, "sealring_connections", "Open connections.", n->http ? http_connections(n->http) : 0);
    if (node_core(n, &c, NULL) != SR_OK)
        return;
    SR_OWN(policy_hold) p = policy_holder_get(c->policy);
    metrics_gauge(ret, "sealring_joins_frozen", "1 while this member grants no join.",
                  freeze_is_on(c) || policy_join_frozen(p.p));
    status_witness_gauges(c, ret);
    struct lease_state lease = lease_look(c, p.p);
    metrics_gauge(ret, "sealring_lease_held", "1 while enough others have vouched for this member.",
                  lease_holds(&lease));
    metrics_gauge(ret, "sealring_members", "Members known.", members_count(c->members));
    metrics_gauge(ret, "sealring_log_size", "Leaves of this member's log.", journal_size(c->journal));
    metrics_gauge(ret, "sealring_store_commits", "Commits of this member's store; several entries share one.",
                  keystore_head(c->home.ks).seq);
    metrics_gauge(ret, "sealring_log_healthy", "1 while the log takes entries.", journal_healthy(c->journal));
    SR_OWN(epochs_hold) now = epochs_holder_get(c->home.epochs);
    metrics_gauge(ret, "sealring_epoch", "The active epoch.", now.e->n);
    metrics_gauge(ret, "sealring_policy_number", "Number of the policy in force.", policy_number(p.p));
}
