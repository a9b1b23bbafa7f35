#include "proto/recovery.h"

enum { SET_VERSION = 1 };

static enum sr_err wrong(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_RECOVERY_FORMAT, "recovery set: %s", what);
}

void recovery_sealed_write(const struct recovery_sealed *s, struct buf *b)
{
    wr_span(b, SPAN(s->enc.b));
    wr_span(b, SPAN(s->ct));
}

void recovery_sealed_read(struct reader *r, struct recovery_sealed *ret)
{
    rd_copy(r, ret->enc.b, sizeof ret->enc.b);
    rd_copy(r, ret->ct, sizeof ret->ct);
}

static void put_package(const struct recovery_package *p, struct buf *b)
{
    wr_span(b, SPAN(p->hash.b));
    wr_span(b, (struct span){ p->share.enc, p->share.enc_n });
    wr_span(b, SPAN(p->share.ct));
}

static void get_package(struct reader *r, const struct holder *to, struct recovery_package *ret)
{
    rd_copy(r, ret->hash.b, sizeof ret->hash.b);
    ret->share.enc_n = holder_key(to).n;
    rd_copy(r, ret->share.enc, ret->share.enc_n);
    rd_copy(r, ret->share.ct, sizeof ret->share.ct);
}

enum sr_err recovery_encode(const struct recovery_set *s, struct buf *ret)
{
    if (s->t < SHARE_LEAST || s->t > s->n || s->n > HOLDERS_MAX)
        return SR_EFORMAT;
    wr_u8(ret, SET_VERSION);
    wr_span(ret, SPAN(s->pub.b));
    wr_u8(ret, (uint8_t)s->t);
    wr_u8(ret, (uint8_t)s->n);
    for (size_t i = 0; i < s->n; i++)
        put_package(&s->package[i], ret);
    recovery_sealed_write(&s->master, ret);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err recovery_decode(struct span s, const struct holder_set *holders, struct recovery_set *ret,
                            struct sr_why *why)
{
    struct recovery_set set = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, set.pub.b, sizeof set.pub.b);
    set.t = rd_u8(&r);
    set.n = rd_u8(&r);
    if (r.bad || version != SET_VERSION)
        return wrong(why, "version or length");
    if (!set.n || set.n > HOLDERS_MAX || set.t != holders->t || set.n != holders->n)
        return wrong(why, "not the record's holders and threshold");
    for (size_t i = 0; i < set.n; i++)
        get_package(&r, &holders->v[i], &set.package[i]);
    recovery_sealed_read(&r, &set.master);
    if (!rd_end(&r))
        return wrong(why, "length");
    *ret = set;
    return SR_OK;
}
