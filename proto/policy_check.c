/* What a valid policy says, and what in it as a whole is seldom meant. */
#include "crypto/text.h"
#include "proto/policy_body.h"
#include "proto/policy_explain.h"
#include "proto/policy_warn.h"

static const char *binding_name(const struct policy *p)
{
    return p->binding == POLICY_BINDING_REQUIRED ? "required" : "optional";
}

static bool leaves_nobody(const struct policy *p, const size_t *left)
{
    (void)p;
    return left && *left == 0;
}

/* Witnesses that are members say after a start what they have seen; those outside alone need not. */
static bool forgets(const struct policy *p, const size_t *left)
{
    (void)left;
    return p->witnessed && p->witnesses.restart == 0 && p->witnesses.outside_n == 0;
}

/* Words of members, certificates and musters have keys and no hardware. */
static bool expels_no_key(const struct policy *p, const size_t *left)
{
    (void)left;
    for (size_t i = 0; i < p->expelled_n; i++)
        if (!p->expelled[i].by_key)
            return true;
    return false;
}

static const struct {
    const char *text;
    bool (*of)(const struct policy *, const size_t *left);
} warnings[] = {
    { "expels every member that the node knows: the network ends with it", leaves_nobody },
    { "asks no member after a start what it has seen (witnesses.restart is 0), and names no witness outside",
      forgets },
    { "expels a machine by hardware alone: until its member has heard of it, others count its word; give its "
      "key too",
      expels_no_key },
};
enum { WARNINGS = sizeof warnings / sizeof *warnings };

static void say_whole(struct buf *b, const char *text)
{
    wr_fmt(b, "warning: %s\n", text);
}

static void put_whole(struct buf *b, const char *text)
{
    jw_object(b);
    jw_member_text(b, "text", text);
    jw_object_end(b);
}

static size_t warn_whole(const struct policy *p, const size_t *left, void (*say)(struct buf *, const char *),
                         struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < WARNINGS; i++) {
        if (!warnings[i].of(p, left))
            continue;
        say(b, warnings[i].text);
        n++;
    }
    return n;
}

struct key_leases {
    size_t n; /* release rules and tenants that have one */
    uint64_t shortest;
};

static void count_lease(struct key_leases *l, uint64_t lease)
{
    l->n += lease != 0;
    if (lease && (!l->shortest || lease < l->shortest))
        l->shortest = lease;
}

static struct key_leases key_leases(const struct policy *p)
{
    struct key_leases l = { 0 };
    for (size_t i = 0; i < p->release.n; i++)
        count_lease(&l, p->release.rules[i].lease);
    for (size_t i = 0; i < p->tenants_n; i++)
        count_lease(&l, p->tenants[i].lease);
    return l;
}

static void say_leases(const struct policy *p, struct buf *b)
{
    struct key_leases l = key_leases(p);
    if (p->member_lease)
        wr_fmt(b, "a member serves %llu s without the word of ", (unsigned long long)p->member_lease);
    if (p->member_lease && p->lease_quorum)
        wr_fmt(b, "%llu others\n", (unsigned long long)p->lease_quorum);
    else if (p->member_lease)
        wr_text(b, "half of the others\n");
    if (l.n)
        wr_fmt(b, "%zu release rules and tenants give keys for a while, the shortest %llu s\n", l.n,
               (unsigned long long)l.shortest);
}

size_t policy_check_text(const struct policy *p, const size_t *left, struct buf *ret)
{
    char hash[65];
    hex_text(SPAN(p->hash.b), hash);
    wr_fmt(ret, "policy number %llu, hash %s\n", (unsigned long long)p->number, hash);
    wr_fmt(ret, "least epoch %llu, channel binding %s, AK certificates up to %llu s\n",
           (unsigned long long)p->min_epoch, binding_name(p), (unsigned long long)p->ak_cert_max_age);
    if (p->destroy_before > 1)
        wr_fmt(ret,
               "masters of epochs before %llu are destroyed, and with them derived keys of these versions\n",
               (unsigned long long)p->destroy_before);
    wr_fmt(ret, "%zu join rules, %zu release rules, %zu tenants, %zu vendor AK roots\n", p->join.n,
           p->release.n, p->tenants_n, p->roots_n);
    if (p->issuers_n > 0)
        wr_fmt(ret, "%zu token issuers, whose word counts as evidence of types of their own\n", p->issuers_n);
    if (p->join_delay)
        wr_fmt(ret, "what the next policy newly lets join waits %llu s\n", (unsigned long long)p->join_delay);
    wr_fmt(ret, "joins %s, %zu expelled\n", p->join_frozen ? "frozen" : "go on", p->expelled_n);
    if (p->hardware)
        wr_fmt(ret, "%zu machines listed, no other joins\n", p->hardware_n);
    if (policy_rollback_rules(p))
        wr_fmt(ret, "%zu join rules ask for a level of rollback protection\n", policy_rollback_rules(p));
    say_leases(p, ret);
    return warn_whole(p, left, say_whole, ret) + policy_warn_text(p, ret);
}

size_t policy_check_json(const struct policy *p, const size_t *left, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct key_leases leases = key_leases(p);
    jw_object(&b);
    jw_member_text(&b, "channel_binding", binding_name(p));
    if (p->destroy_before > 1)
        jw_member_u64(&b, "destroy_before", p->destroy_before);
    jw_member_u64(&b, "expelled", p->expelled_n);
    jw_member_bool(&b, "frozen", p->join_frozen);
    if (p->hardware)
        jw_member_u64(&b, "hardware", p->hardware_n);
    jw_member_hex(&b, "hash", SPAN(p->hash.b));
    jw_member_u64(&b, "join_delay", p->join_delay);
    jw_member_u64(&b, "join_rules", p->join.n);
    if (p->lease_quorum)
        jw_member_u64(&b, "lease_quorum", p->lease_quorum);
    if (leases.n)
        jw_member_u64(&b, "leases", leases.n);
    if (p->member_lease)
        jw_member_u64(&b, "member_lease", p->member_lease);
    jw_member_u64(&b, "min_epoch", p->min_epoch);
    jw_member_u64(&b, "number", p->number);
    jw_member_hex(&b, "previous", SPAN(p->previous.b));
    jw_member_u64(&b, "release_rules", p->release.n);
    if (policy_rollback_rules(p))
        jw_member_u64(&b, "rollback_rules", policy_rollback_rules(p));
    if (leases.n)
        jw_member_u64(&b, "shortest_lease", leases.shortest);
    jw_member_u64(&b, "tenants", p->tenants_n);
    if (p->issuers_n > 0)
        jw_member_u64(&b, "token_issuers", p->issuers_n);
    jw_name(&b, "warnings");
    jw_array(&b);
    size_t n = warn_whole(p, left, put_whole, &b) + policy_warn_json(p, &b);
    jw_array_end(&b);
    jw_object_end(&b);
    if (!buf_ok(&b))
        ret->bad = true;
    wr_span(ret, buf_span(&b));
    return n;
}
