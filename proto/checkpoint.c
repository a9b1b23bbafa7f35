#include "crypto/text.h"
#include "proto/lines.h"
#include "proto/merkle.h"
#include "proto/note.h"

#include <string.h>

void checkpoint_write(const struct checkpoint *c, struct buf *ret)
{
    wr_fmt(ret, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
    wr_base64(ret, SPAN(c->root.b));
    wr_u8(ret, '\n');
}

enum sr_err checkpoint_read(struct span body, struct checkpoint *ret)
{
    struct reader r = rd_init(body);
    struct span origin = lines_next(&r), size = lines_next(&r), hash = lines_next(&r);
    struct checkpoint c = { .size = lines_number(size) };
    struct note_key k;
    if (!rd_end(&r) || origin.n > NOTE_NAME_MAX || c.size > MERKLE_SIZE_MAX)
        return SR_EFORMAT;
    memcpy(c.origin, origin.p, origin.n);
    SR_TRY(note_key_of(c.origin, NOTE_ED25519, &(struct sign_pub){ 0 }, &k));
    SR_TRY(lines_hash(hash, &c.root));
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
