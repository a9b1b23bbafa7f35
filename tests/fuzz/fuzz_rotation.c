/* Draws, epoch files, musters, and what a member keeps of the next epoch on its disk. */
#include "node/rotation_parts.h"

#include <stdlib.h>

static void same(enum sr_err e, struct buf *b, struct span s)
{
    if (e != SR_OK || !span_eq(buf_span(b), s))
        abort();
}

static void try_draw(struct span s)
{
    struct epoch_draw d;
    struct sha512 rd;
    SR_OWN(buf) b = { 0 };
    if (epoch_draw_decode(s, &d, NULL) == SR_OK && epoch_draw_rd(&d, &rd) == SR_OK)
        same(epoch_draw_encode(&d, &b), &b, s);
}

static void try_file(struct span s)
{
    SR_OWN(rotation_file) f = { 0 };
    SR_OWN(buf) b = { 0 };
    if (rotation_file_parse(s, &f, NULL) != SR_OK)
        return;
    rotation_file_write(&f, &b);
    same(SR_OK, &b, s);
}

static void try_muster(struct span s)
{
    static const struct key master = { { 1 } };
    static const uint8_t salt[32];
    static const struct sha256 cid;
    SR_OWN(epoch_keys) first = { 0 };
    SR_OWN(muster) m = { 0 };
    SR_OWN(buf) b = { 0 };
    uint64_t epoch;
    if (epoch_keys_derive(&master, 1, salt, &first) != SR_OK)
        abort();
    const struct approvers approvers = { &first.pub.release, 1, 1 };
    const struct muster_of of = { &cid, &first.pub, &approvers, NULL };
    (void)muster_epoch(s, &epoch, NULL);
    if (muster_read(s, &of, &m, NULL) == SR_OK)
        same(muster_encode(&m, &b), &b, s);
}

static void try_next(struct span s)
{
    SR_OWN(next) n = { 0 };
    SR_OWN(buf) b = { 0 };
    if (next_decode(s, &n, NULL) == SR_OK)
        same(next_encode(&n, &b), &b, s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    if (secret_init() != SR_OK)
        abort();
    try_draw(s);
    try_file(s);
    try_muster(s);
    try_next(s);
    return 0;
}
