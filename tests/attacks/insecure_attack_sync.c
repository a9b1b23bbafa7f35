/* Attacks on what members tell each other: nobody vouches for the connection, so that whoever stands between
 * two members can answer in the other's place. It wants its own policy in force, or its own package handed
 * out. */
#include "node/keyring.h"
#include "node/secrets.h"
#include "node/sync.h"
#include "tests/attacks/running.h"

#include <fcntl.h>

/* In the other member's place. */
struct between {
    struct buf policy; /* the next one; empty: it is behind */
    struct buf package;
    struct sha256 hash; /* of the package */
};

static struct between *it(struct node *n)
{
    return (struct between *)(void *)n;
}

static enum sr_err tell(struct reply *r, const char *type, struct span s)
{
    SR_OWN(buf) b = { 0 };
    wr_span(&b, s);
    return reply_bytes(r, 200, type, &b);
}

static enum sr_err members(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)n, (void)q, (void)why;
    return tell(r, TYPE_BYTES, SPAN_STR("\0\0"));
}

static enum sr_err policy(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    bool first = span_eq(q->query, SPAN_STR("after=1"));
    (void)why;
    return first && it(n)->policy.n ? tell(r, TYPE_JSON, buf_span(&it(n)->policy))
                                    : tell(r, TYPE_JSON, SPAN_STR("{\"number\":1}"));
}

static enum sr_err digest(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    const struct between *e = it(n);
    (void)q, (void)why;
    wr_u32be(&b, e->package.n ? 1 : 0);
    if (e->package.n)
        wr_span(&b, SPAN(e->hash.b));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static enum sr_err package(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)q, (void)why;
    return tell(r, TYPE_BYTES, buf_span(&it(n)->package));
}

static const struct route routes[] = {
    { GET, "/sealring/v1/members", ACCESS_ANYONE, 0, NULL, members },
    { POST, "/sealring/v1/members", ACCESS_ANYONE, MEMBER_CERT_MAX, NULL, members },
    { GET, "/sealring/v1/policy", ACCESS_ANYONE, 0, NULL, policy },
    { GET, "/sealring/v1/sync/packages", ACCESS_ANYONE, 0, NULL, digest },
    { GET, "/sealring/v1/sync/packages/{}", ACCESS_ANYONE, 0, NULL, package },
};
static const struct protocol answers = { "between", routes, sizeof routes / sizeof *routes, route_error };

static void between_drop(struct between *e)
{
    buf_drop(&e->policy);
    buf_drop(&e->package);
}

/* What the member's log says why it refused something. */
static enum sr_reason reason_in(int fd)
{
    char text[8192];
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    char *at = strstr(text, " reason=");
    if (!at)
        return R_NONE;
    at += strlen(" reason=");
    at[strcspn(at, " \n")] = '\0';
    return sr_reason_find(at);
}

/* One round of synchronisation with a member whose place is taken. */
static void round_with(struct running *r, struct between *e, struct sr_why *why)
{
    static const struct protocol *const tables[] = { &answers };
    struct http_options o = { .protocols = tables, .n_protocols = 1, .workers = 1 };
    struct http *http = NULL;
    struct member_cert c = { .cid = r->core->home.cid, .epoch = 1, .issued_at = clock_unix() };
    struct sign_key ignored;
    uint16_t port = 0;
    int said[2];
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    maker_need(pipe2(said, O_CLOEXEC | O_NONBLOCK) == 0 &&
                   http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(&http, (struct node *)(void *)e, &o, NULL) == SR_OK,
               "somebody between");
    sign_random(&ignored, &c.key);
    snprintf(c.address, sizeof c.address, "http://127.0.0.1:%u", port);
    members_learn(r->core->members, &c);
    r->node.log = (struct logger){ LOG_INFO, said[1] };
    sync_round(&r->node, r->core);
    r->node.log = (struct logger){ LOG_ERROR, STDERR_FILENO };
    why->reason = reason_in(said[0]);
    close(said[0]);
    close(said[1]);
    http_stop(http);
}

/* The next policy, signed by that key. Its document says another thing than the first. */
static void next_policy(struct running *r, const struct sign_key *k, const struct sign_pub *pub,
                        struct buf *ret)
{
    SR_OWN(policy_hold) now = policy_holder_get(r->core->policy);
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) document = { 0 };
    running_policy(r, 2, policy_hash(now.p), &document);
    maker_need(policy_parse(buf_span(&document), &s.policy, NULL) == SR_OK, "policy");
    struct approval sig = policy_sign(s.policy, &r->core->home.cid, k, pub);
    maker_need(policy_signed_add(&s, &sig, NULL) == SR_OK, "signature");
    policy_signed_write(&s, ret);
}

/* Version 1 of demo:app/db, signed by that key. */
static void a_package(struct running *r, const struct sign_key *k, const struct sign_pub *pub,
                      struct between *e)
{
    SR_OWN(kem_key) eph = { 0 };
    struct package p = { .cid = r->core->home.cid, .version = 1, .epoch = 1, .created = 1 };
    strcpy(p.tenant, "demo");
    strcpy(p.path, "app/db");
    p.kind = PACKAGE_VALUE;
    random_fill(eph.b, sizeof eph.b);
    struct package_keys keys = { &maker_epochs_of(&r->core->home)->pub[0].network, &eph, k, pub };
    maker_need(package_make(&p, SPAN_STR("planted"), &keys, &e->package, NULL) == SR_OK &&
                   package_read(buf_span(&e->package), &p, NULL) == SR_OK,
               "package");
    e->hash = p.hash;
}

static bool has_policy_2(struct running *r)
{
    SR_OWN(policy_hold) now = policy_holder_get(r->core->policy);
    return policy_number(now.p) == 2;
}

static bool hands_out(struct running *r)
{
    SR_OWN(secret) got = { 0 };
    uint32_t version = 0;
    struct sr_why why = { 0 };
    return secrets_open_value(r->core->secrets, SPAN_STR("demo"), SPAN_STR("app/db"), 0, &got, &version,
                              &why) == SR_OK &&
           span_eq(secret_span(&got), SPAN_STR("planted"));
}

/* What operators and the tenant signed arrives, through whomever. */
static bool honest_round(struct lab *l)
{
    struct running *r = running_first();
    SR_OWN(between) e = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    next_policy(r, &r->admin, &r->admin_pub, &e.policy);
    a_package(r, &r->admin, &r->admin_pub, &e);
    round_with(r, &e, &why);
    bool good = has_policy_2(r) && hands_out(r) && why.reason == R_NONE;
    running_end(r);
    return good;
}

static bool peer_policy(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(between) e = { 0 };
    struct sign_key k;
    struct sign_pub pub;
    (void)l;
    sign_random(&k, &pub);
    next_policy(r, &k, &pub, &e.policy);
    round_with(r, &e, why);
    bool got = has_policy_2(r);
    running_end(r);
    return got;
}

static bool peer_package(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(between) e = { 0 };
    struct sign_key k;
    struct sign_pub pub;
    (void)l;
    sign_random(&k, &pub);
    a_package(r, &k, &pub, &e);
    round_with(r, &e, why);
    bool got = hands_out(r);
    running_end(r);
    return got;
}

static const struct attack rows[] = {
    { "peer_policy", honest_round, peer_policy, R_POLICY_SIGNATURES },
    { "peer_package", honest_round, peer_package, R_PACKAGE_SIGNER },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
