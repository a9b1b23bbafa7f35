/* Attacks on what a member has only so much of: the memory of requests that came, its disk. The attacker has
 * keys of its own, or a tenant's, or a machine that policy refuses, and wants others to be turned away. */
#include "node/api.h"
#include "node/clock.h"
#include "proto/signed.h"
#include "tests/attacks/member.h"

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

static const struct attack rows[] = {
    { "strangers_fill_memory", both_ask, strangers_fill_memory, R_FORBIDDEN },
    { "tenant_fills_memory", both_ask, tenant_fills_memory, R_NONCES_FULL },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
