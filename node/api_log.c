/* This member's log, as C2SP tlog-tiles: a signed checkpoint, tiles of hashes, bundles of leaves. */
#include "crypto/text.h"
#include "node/api.h"
#include "node/cosigners.h"

/* Only our own log: other members serve theirs. */
static enum sr_err own_log(struct node *n, const struct request *q, struct core **ret, struct sr_why *why)
{
    struct member_id id;
    SR_TRY(node_core(n, ret, why));
    if (hex_read(q->arg[0], id.b, sizeof id.b) != SR_OK || !span_eq(SPAN(id.b), SPAN((*ret)->home.id.b)))
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "the log of another member");
    return SR_OK;
}

static enum sr_err checkpoint(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    SR_TRY(own_log(n, q, &c, why));
    if (cosigners_newest(c->cosigners, &b) != SR_OK)
        SR_TRY(journal_checkpoint(c->journal, &b));
    return reply_bytes(r, 200, TYPE_TEXT, &b);
}

/* "/sealring/v1/log/<32 hex>/" is always as long, and the path of a tile is what follows. */
static enum sr_err tile(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct core *c = NULL;
    const size_t skip = sizeof "/sealring/v1/log/" - 1 + 32 + 1;
    SR_TRY(own_log(n, q, &c, why));
    if (q->path.n <= skip)
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no tile");
    SR_TRY(journal_tile(c->journal, (struct span){ q->path.p + skip, q->path.n - skip }, &b));
    return reply_bytes(r, 200, TYPE_BYTES, &b);
}

static const struct route routes[] = {
    { GET, "/sealring/v1/log/{}/checkpoint", ACCESS_ANYONE, 0, NULL, checkpoint },
    { GET, "/sealring/v1/log/{}/tile/{}/{}", ACCESS_ANYONE, 0, NULL, tile },
    { GET, "/sealring/v1/log/{}/tile/{}/{}/{}", ACCESS_ANYONE, 0, NULL, tile },
    { GET, "/sealring/v1/log/{}/tile/{}/{}/{}/{}", ACCESS_ANYONE, 0, NULL, tile },
    { GET, "/sealring/v1/log/{}/tile/{}/{}/{}/{}/{}", ACCESS_ANYONE, 0, NULL, tile },
};
const struct protocol protocol_log = {
    .name = "log", .routes = routes, .n = sizeof routes / sizeof *routes, .error = route_error
};
