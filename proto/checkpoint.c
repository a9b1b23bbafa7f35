#include "crypto/text.h"
#include "proto/merkle.h"
#include "proto/note.h"

#include <string.h>

void checkpoint_write(const struct checkpoint *c, struct buf *ret)
{
    wr_fmt(ret, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
    wr_base64(ret, SPAN(c->root.b));
    wr_u8(ret, '\n');
}

static struct span line(struct reader *r)
{
    const uint8_t *at = rd_left(r) ? memchr(r->p, '\n', rd_left(r)) : NULL;
    struct span s = rd_span(r, at ? (size_t)(at - r->p) : SIZE_MAX);
    (void)rd_u8(r);
    return s;
}

/* At most 15 digits, as MERKLE_SIZE_MAX has; other spellings fall to the comparison afterwards. */
static uint64_t number(struct span s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && i < 15; i++)
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    return v;
}

static enum sr_err root(struct span base64, struct sha256 *ret)
{
    SR_OWN(buf) b = { 0 };
    SR_TRY(base64_read(base64, &b));
    struct reader r = rd_init(buf_span(&b));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : SR_EFORMAT;
}

enum sr_err checkpoint_read(struct span body, struct checkpoint *ret)
{
    struct reader r = rd_init(body);
    struct span origin = line(&r), size = line(&r), hash = line(&r);
    struct checkpoint c = { .size = number(size) };
    struct note_key k;
    if (!rd_end(&r) || origin.n > NOTE_NAME_MAX || c.size > MERKLE_SIZE_MAX)
        return SR_EFORMAT;
    memcpy(c.origin, origin.p, origin.n);
    SR_TRY(note_key_of(c.origin, NOTE_ED25519, &(struct sign_pub){ 0 }, &k));
    SR_TRY(root(hash, &c.root));
    SR_OWN(buf) again = { 0 };
    checkpoint_write(&c, &again);
    if (!span_eq(buf_span(&again), body))
        return SR_EFORMAT;
    *ret = c;
    return SR_OK;
}

enum sr_err checkpoint_open(struct span note, const char *origin, const struct sign_pub *pub,
                            struct checkpoint *ret, struct sr_why *why)
{
    struct note_key k;
    struct note_open open;
    struct checkpoint c;
    if (note_key_of(origin, NOTE_ED25519, pub, &k) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_NOTE_ORIGIN, "checkpoint: the expected origin is no name");
    SR_TRY(note_open(note, &k, 1, &open, why));
    if (checkpoint_read(open.body, &c) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_NOTE_FORMAT, "checkpoint: not origin, size and root");
    if (strcmp(c.origin, origin) != 0)
        return sr_fail(why, SR_EPROOF, R_NOTE_ORIGIN, "checkpoint: of another log");
    *ret = c;
    return SR_OK;
}
