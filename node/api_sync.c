/* What members ask of each other: who is a member, and which packages there are. All of it proves itself; the
 * lists of packages are for members alone because they show how many secrets there are. */
#include "crypto/text.h"
#include "node/api.h"
#include "node/secrets.h"
#include "node/sync.h"
#include "proto/vouch.h"

static enum sr_err members(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    (void)q;
    SR_TRY(node_core(n, &c, why));
    SR_TRY(members_write(c->members, &b, why));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

/* From the member itself, at its first round. The network's signature is all it takes, by a master that
 * counts. */
static enum sr_err learn(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    bool is_new = false;
    SR_TRY(node_core(n, &c, why));
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    SR_TRY(members_take(c->members, now.p, q->body, &is_new, why));
    jw_object(&b);
    jw_member_bool(&b, "new", is_new);
    jw_object_end(&b);
    return reply_json(r, 200, &b);
}

static enum sr_err member_only(const struct stand *s, const struct request *q, struct sr_why *why)
{
    struct sign_pub key;
    SR_TRY(api_caller(q, &key, why));
    return members_has_key(s->core->members, &key, s->policy.p)
               ? SR_OK
               : sr_fail(why, SR_EDENIED, R_FORBIDDEN, "the key is no member's");
}

static enum sr_err digest(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(stand) s = { 0 };
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(member_only(&s, q, why));
    SR_TRY(secrets_digest(s.core->secrets, &b, why));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static enum sr_err package(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(stand) s = { 0 };
    struct sha256 hash;
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(member_only(&s, q, why));
    if (hex_read(q->arg[0], hash.b, sizeof hash.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "not a hash");
    SR_TRY(secrets_by_hash(s.core->secrets, &hash, &b, why));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

/* What we say of a member that asks whether it still is one, by the policy that we hold. Not by our own
 * lease: or members that all lapsed could never begin again. */
static struct vouch_answer verdict_on(const struct stand *s, const struct vouch_request *q)
{
    struct vouch_answer a = { .number = policy_number(s->policy.p),
                              .hash = *policy_hash(s->policy.p),
                              .epoch = keyring_newest(s->epochs.e->keyring) };
    a.verdict = vouch_judge(q, &a, policy_min_epoch(s->policy.p));
    return a;
}

static enum sr_err vouch(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(stand) s = { 0 };
    struct vouch_request asked;
    struct sign_pub asker;
    SR_TRY(stand_take(n, ACT_TALK, &s, why));
    SR_TRY(member_only(&s, q, why));
    SR_TRY(api_caller(q, &asker, why));
    SR_TRY(vouch_request_read(q->body, &asked, why));
    struct vouch_answer a = verdict_on(&s, &asked);
    const struct vouch_about about = { &s.core->home.cid, &asker, q->body };
    vouch_answer_write(&a, &about, &s.core->home.member, &b);
    if (asked.number > a.number) /* it is ahead of us */
        sync_wake(n);
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static const struct route routes[] = {
    { GET, "/sealring/v1/members", ACCESS_ANYONE, 0, NULL, members },
    { POST, "/sealring/v1/members", ACCESS_ANYONE, MEMBER_CERT_MAX, TYPE_BYTES, learn },
    { GET, "/sealring/v1/sync/packages", ACCESS_SIGNED, 0, NULL, digest },
    { POST, "/sealring/v1/vouch", ACCESS_SIGNED, VOUCH_REQUEST_SIZE, TYPE_BYTES, vouch },
    { GET, "/sealring/v1/sync/packages/{}", ACCESS_SIGNED, 0, NULL, package },
};
const struct protocol protocol_sync = {
    .name = "sync", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
