#include "node/rotation_parts.h"

enum { BLOB_MAX = 16 << 10 };

void next_drop(struct next *n)
{
    SR_OWN(epochs_hold) __attribute__((unused)) last = { n->set };
    keyring_free(n->drawn);
    home_sealed_drop(&n->sealed);
    buf_drop(&n->draw);
    buf_drop(&n->link);
    buf_drop(&n->recovery);
    buf_drop(&n->cert);
    *n = (struct next){ 0 };
}

enum sr_err next_encode(const struct next *n, struct buf *ret)
{
    wr_u8(ret, 1);
    wr_lp(ret, buf_span(&n->sealed.blob));
    wr_lp(ret, buf_span(&n->sealed.bundle));
    wr_lp(ret, buf_span(&n->draw));
    wr_lp(ret, buf_span(&n->link));
    wr_lp(ret, buf_span(&n->recovery));
    wr_lp(ret, buf_span(&n->cert));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err next_decode(struct span s, struct next *ret, struct sr_why *why)
{
    SR_OWN(next) n = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    wr_span(&n.sealed.blob, rd_lp(&r, BLOB_MAX));
    wr_span(&n.sealed.bundle, rd_lp(&r, KEYRING_BLOB_MAX));
    wr_span(&n.draw, rd_lp(&r, EPOCH_DRAW_MAX));
    wr_span(&n.link, rd_lp(&r, EPOCH_LINK_MAX));
    wr_span(&n.recovery, rd_lp(&r, EPOCH_RECOVERY_SIZE));
    wr_span(&n.cert, rd_lp(&r, MEMBER_CERT_MAX));
    if (!rd_end(&r) || version != 1)
        return sr_fail(why, SR_EFORMAT, R_STORE_TAMPERED, "what is kept of the next epoch is malformed");
    if (!buf_ok(&n.sealed.blob) || !buf_ok(&n.sealed.bundle) || !buf_ok(&n.draw) || !buf_ok(&n.link) ||
        !buf_ok(&n.recovery) || !buf_ok(&n.cert))
        return SR_ENOMEM;
    *ret = SR_TAKE(n);
    return SR_OK;
}
