#include "node/sync.h"

#include "crypto/text.h"
#include "node/clock.h"
#include "node/epoch_pull.h"
#include "node/expel.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/rotation.h"
#include "node/secrets.h"

#include <stdio.h>
#include <string.h>

/* How long one peer may take of a round. A member that answers slowly, or with hashes of packages that are
 * none, must not keep us from the others: what is not done goes on in the next round. */
enum { POLICIES_A_ROUND = 256, PEER_MS_LEAST = 5000, PEER_MS_MOST = 60000 };

static uint64_t peer_ms(const struct node *n)
{
    uint64_t ms = 2000 * n->config->sync_seconds;
    return ms < PEER_MS_LEAST ? PEER_MS_LEAST : ms > PEER_MS_MOST ? PEER_MS_MOST : ms;
}

/* What the peer answered to "after N": a policy, or the number it goes by. */
static bool is_policy(struct span reply, uint64_t *ret_number)
{
    SR_OWN(json_doc) doc = { 0 };
    if (json_parse(reply, &doc, NULL) != SR_OK)
        return false;
    *ret_number = json_u64(json_get(json_root(&doc), "number"));
    return json_get(json_root(&doc), "policy") != NULL;
}

/* Their next policies, one after the other; *ret_theirs is the number they go by in the end. */
static enum sr_err pull_policies(struct node *n, struct core *c, struct peer_link *p, uint64_t *ret_theirs,
                                 struct sr_why *why)
{
    for (int i = 0; i < POLICIES_A_ROUND; i++) {
        SR_OWN(policy_hold) now = policy_holder_get(c->policy);
        char path[64];
        snprintf(path, sizeof path, "/sealring/v1/policy?after=%llu",
                 (unsigned long long)policy_number(now.p));
        enum sr_err e = peer_get(p, path, why);
        if (e == SR_ENOENT) /* a late joiner: it holds a later one and not yet those before */
            return SR_OK;
        SR_TRY(e);
        if (!is_policy(buf_span(&p->reply.body), ret_theirs))
            return SR_OK;
        SR_TRY(policy_holder_apply(c->policy, buf_span(&p->reply.body), why));
        metrics_add(&n->metrics, M_POLICIES, 1);
    }
    return SR_OK;
}

/* The policies before the one that we joined under: members that lag will ask us for them, and we may be the
 * last that they can ask. */
static enum sr_err fill_one(struct node *n, struct core *c, struct peer_link *p, uint64_t number)
{
    struct sr_why why = { 0 };
    char path[64];
    snprintf(path, sizeof path, "/sealring/v1/policy?number=%llu", (unsigned long long)number);
    SR_TRY(peer_get(p, path, &why));
    enum sr_err e = policy_holder_before(c->policy, buf_span(&p->reply.body), &why);
    if (e != SR_OK)
        log_refusal(&n->log, LOG_WARN, "sync-policy", e, &why);
    return e == SR_ENOENT ? SR_EPROOF : e;
}

/* SR_ENOENT: the peer has no earlier one either. */
static enum sr_err fill_policies(struct node *n, struct core *c, struct peer_link *p)
{
    enum sr_err e = SR_OK;
    for (int i = 0; i < POLICIES_A_ROUND && e == SR_OK; i++) {
        uint64_t oldest = policy_holder_oldest(c->policy);
        if (oldest <= 1)
            return SR_OK;
        e = fill_one(n, c, p, oldest - 1);
    }
    return e;
}

/* Our next ones to a peer that is behind. One that refuses says so in its own log. */
static void push_policies(struct core *c, struct peer_link *p, uint64_t theirs)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    struct sr_why why = { 0 };
    for (uint64_t at = theirs + 1; theirs > 0 && at <= policy_number(now.p); at++) {
        SR_OWN(buf) text = { 0 };
        if (policy_holder_text(c->policy, at, &text, &why) != SR_OK ||
            peer_post(p, "/sealring/v1/policy", "application/json", buf_span(&text), &why) != SR_OK)
            return;
    }
}

static enum sr_err swap_members(struct core *c, struct peer_link *p, struct sr_why *why)
{
    SR_OWN(buf) own = { 0 };
    SR_TRY(rotation_cert(c->rotation, &own));
    enum sr_err e = peer_post(p, "/sealring/v1/members", "application/octet-stream", buf_span(&own), why);
    /* Refused: of an epoch that the other does not hold yet, or that its policy withdrew. */
    if (e != SR_OK && why->reason != R_MEMBER_CERT)
        return e;
    SR_TRY(peer_get(p, "/sealring/v1/members", why));
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    return members_take_all(c->members, now.p, buf_span(&p->reply.body));
}

static enum sr_err fetch_package(struct node *n, struct core *c, struct peer_link *p,
                                 const struct sha256 *hash)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    struct sr_why why = { 0 };
    struct package_stored done;
    char hex[65], path[128];
    hex_text(SPAN(hash->b), hex);
    snprintf(path, sizeof path, "/sealring/v1/sync/packages/%s", hex);
    SR_TRY(peer_get_signed(p, path, &why));
    enum sr_err e = secrets_take(c->secrets, now.p, buf_span(&p->reply.body), FROM_MEMBER, &done, &why);
    if (e != SR_OK)
        log_refusal(&n->log, LOG_WARN, "sync-package", e, &why);
    return SR_OK; /* one package we don't take is no reason to stop */
}

static bool has(struct span sorted, const struct sha256 *hash)
{
    size_t lo = 0, hi = sorted.n / sizeof *hash;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int order = memcmp(sorted.p + mid * sizeof *hash, hash, sizeof *hash);
        if (order == 0)
            return true;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static enum sr_err read_digest(struct span s, struct span *ret)
{
    struct reader r = rd_init(s);
    uint32_t n = rd_u32be(&r);
    *ret = rd_span(&r, (size_t)n * sizeof(struct sha256));
    return rd_end(&r) ? SR_OK : SR_EFORMAT;
}

static enum sr_err pull_packages(struct node *n, struct core *c, struct peer_link *p, struct span theirs)
{
    for (size_t i = 0; i < theirs.n; i += sizeof(struct sha256)) {
        SR_OWN(buf) ours = { 0 };
        struct sr_why why = { 0 };
        struct sha256 hash;
        memcpy(hash.b, theirs.p + i, sizeof hash.b);
        if (secrets_by_hash(c->secrets, &hash, &ours, &why) == SR_ENOENT)
            SR_TRY(fetch_package(n, c, p, &hash));
    }
    return SR_OK;
}

static enum sr_err push_packages(struct core *c, struct peer_link *p, struct span theirs)
{
    SR_OWN(buf) digest = { 0 };
    struct sr_why why = { 0 };
    struct span ours;
    SR_TRY(secrets_digest(c->secrets, &digest, &why));
    SR_TRY(read_digest(buf_span(&digest), &ours));
    for (size_t i = 0; i < ours.n; i += sizeof(struct sha256)) {
        SR_OWN(buf) package = { 0 };
        struct sha256 hash;
        memcpy(hash.b, ours.p + i, sizeof hash.b);
        if (has(theirs, &hash) || secrets_by_hash(c->secrets, &hash, &package, &why) != SR_OK)
            continue;
        enum sr_err e = peer_post_signed(p, "/sealring/v1/packages", "application/octet-stream",
                                         buf_span(&package), &why);
        if (e == SR_EIO || e == SR_EBUSY)
            return e;
    }
    return SR_OK;
}

static enum sr_err swap_packages(struct node *n, struct core *c, struct peer_link *p, struct sr_why *why)
{
    SR_OWN(buf) digest = { 0 };
    struct span theirs;
    SR_TRY(peer_get_signed(p, "/sealring/v1/sync/packages", why));
    wr_span(&digest, buf_span(&p->reply.body));
    if (!buf_ok(&digest))
        return SR_ENOMEM;
    SR_TRY(read_digest(buf_span(&digest), &theirs));
    SR_TRY(pull_packages(n, c, p, theirs));
    return push_packages(c, p, theirs);
}

/* What a round found out: how many peers answered, and how many of them have no policy before our oldest. */
struct round {
    size_t answered, without_past;
};

static enum sr_err swap_all(struct node *n, struct core *c, struct peer_link *p, const char *address,
                            struct round *round, struct sr_why *why)
{
    uint64_t theirs = 0;
    p->until_ms = clock_boot_ms() + peer_ms(n);
    SR_TRY(swap_members(c, p, why));
    SR_TRY(epoch_pull_round(n, c, p, address, why));
    round->answered++;
    round->without_past += fill_policies(n, c, p) == SR_ENOENT;
    SR_TRY(pull_policies(n, c, p, &theirs, why));
    push_policies(c, p, theirs);
    return swap_packages(n, c, p, why);
}

/* One that is expelled gets to know why, and nothing else. */
static enum sr_err tell_why(struct node *n, struct core *c, struct peer_link *p, struct sr_why *why)
{
    uint64_t theirs = 0;
    p->until_ms = clock_boot_ms() + PEER_MS_LEAST;
    SR_TRY(pull_policies(n, c, p, &theirs, why));
    push_policies(c, p, theirs);
    return SR_OK;
}

/* round: NULL for one that is expelled. */
static enum sr_err exchange(struct node *n, struct core *c, const struct member_cert *m, struct round *round,
                            struct sr_why *why)
{
    SR_OWN(peer_link) p = { 0 };
    SR_TRY(peer_open(n, m->address, &c->home, &p, why));
    return round ? swap_all(n, c, &p, m->address, round, why) : tell_why(n, c, &p, why);
}

static void say_exchange(struct node *n, const struct member_cert *m, enum sr_err e, const struct sr_why *why)
{
    metrics_add(&n->metrics, e == SR_OK ? M_SYNCS : M_SYNC_FAILURES, 1);
    struct logline l = log_start(&n->log, e == SR_OK ? LOG_DEBUG : LOG_INFO, "sync");
    log_text(&l, "peer", m->address);
    log_why(&l, e, why);
    log_end(&l);
}

/* Every other member; or, without a round to tell of, every expelled one. */
static void round_of(struct node *n, struct core *c, struct round *round)
{
    bool expelled = !round;
    struct member_cert m;
    for (size_t i = 0; !node_stopping(n) && members_at(c->members, i, &m) == SR_OK; i++) {
        SR_OWN(policy_hold) now = policy_holder_get(c->policy);
        struct sr_why why = { 0 };
        if (expel_means_us(n, c, now.p))
            return;
        if (memcmp(&m.key, &c->home.member_pub, sizeof m.key) == 0 ||
            policy_expels_key(now.p, &m.key) != expelled)
            continue;
        enum sr_err e = exchange(n, c, &m, round, &why);
        if (!expelled) /* whether one that is gone answers is no news */
            say_exchange(n, &m, e, &why);
    }
}

/* Whoever knows nobody that answers, as when its disk was put back, was told once where there are members. */
static void ask_configured(struct node *n, struct core *c, struct round *round)
{
    SR_OWN(policy_hold) now = policy_holder_get(c->policy);
    const struct config_list *to = &n->config->join;
    for (size_t i = 0; i < to->n && round->answered == 0; i++) {
        struct member_cert at = { 0 };
        struct sr_why why = { 0 };
        if (node_stopping(n) || expel_means_us(n, c, now.p) || strcmp(to->v[i], c->cert.address) == 0)
            continue;
        snprintf(at.address, sizeof at.address, "%s", to->v[i]);
        enum sr_err e = exchange(n, c, &at, round, &why);
        say_exchange(n, &at, e, &why);
    }
}

/* A network that was brought back has no earlier policies, and none of its members waits for them. */
static void end_past(struct node *n, struct core *c, const struct round *round)
{
    struct sr_why why = { 0 };
    if (policy_holder_knows_past(c->policy) || round->answered == 0 || round->without_past < round->answered)
        return;
    enum sr_err e = policy_holder_past_ends(c->policy, &why);
    if (e != SR_OK)
        log_refusal(&n->log, LOG_WARN, "sync-policy", e, &why);
}

void sync_round(struct node *n, struct core *c)
{
    struct round round = { 0 };
    rotation_review(c->rotation); /* a policy may have come since; and below, with this round */
    round_of(n, c, &round);
    ask_configured(n, c, &round);
    rotation_review(c->rotation);
    if (!node_stopping(n))
        end_past(n, c, &round);
    round_of(n, c, NULL);
}

void sync_wake(struct node *n)
{
    pthread_mutex_lock(&n->lock);
    n->sync_now = true;
    pthread_cond_broadcast(&n->wake);
    pthread_mutex_unlock(&n->lock);
}
