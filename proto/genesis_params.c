#include "crypto/mode.h"
#include "proto/genesis.h"

#include <string.h>

enum { PARAMS_VERSION = 1 };

static enum sr_err wrong(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "genesis parameters: %s", what);
}

static void put_keys(struct buf *b, const struct key_set *s)
{
    wr_u8(b, (uint8_t)s->n);
    for (size_t i = 0; i < s->n && i < GENESIS_KEYS_MAX; i++)
        wr_span(b, SPAN(s->key[i].b));
    wr_u8(b, (uint8_t)s->k);
}

static void put_types(struct buf *b, const struct genesis_params *p)
{
    wr_u8(b, (uint8_t)p->ntypes);
    for (size_t i = 0; i < p->ntypes && i < GENESIS_TYPES_MAX; i++) {
        const struct type_roots *t = &p->types[i];
        wr_lp(b, span_of(t->type));
        wr_u8(b, (uint8_t)t->n);
        for (size_t j = 0; j < t->n && j < GENESIS_ROOTS_MAX; j++)
            wr_span(b, SPAN(t->root[j].b));
    }
}

static void put_holders(struct buf *b, const struct holder_set *s)
{
    wr_u8(b, (uint8_t)s->n);
    for (size_t i = 0; i < s->n && i < HOLDERS_MAX; i++)
        holder_encode(&s->v[i], b);
    wr_u8(b, (uint8_t)s->t);
}

/* Counts that a byte would not hold must not be cut off silently. */
static bool counts_fit(const struct genesis_params *p)
{
    bool ok = p->operators.n <= GENESIS_KEYS_MAX && p->operators.k <= GENESIS_KEYS_MAX &&
              p->akcas.n <= GENESIS_KEYS_MAX && p->akcas.k <= GENESIS_KEYS_MAX &&
              p->witnesses.n <= GENESIS_KEYS_MAX && p->witnesses.k <= GENESIS_KEYS_MAX &&
              p->recovery.n <= HOLDERS_MAX && p->recovery.t <= HOLDERS_MAX && p->ntypes <= GENESIS_TYPES_MAX;
    for (size_t i = 0; ok && i < p->ntypes; i++)
        ok = p->types[i].n <= GENESIS_ROOTS_MAX;
    return ok;
}

enum sr_err genesis_params_encode(const struct genesis_params *p, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct genesis_params back;
    if (!counts_fit(p))
        return wrong(why, "too many of something");
    wr_u8(&b, PARAMS_VERSION);
    wr_lp(&b, span_of(sr_mode.name));
    wr_span(&b, SPAN(p->salt));
    put_keys(&b, &p->operators);
    wr_span(&b, SPAN(p->first_policy.b));
    put_types(&b, p);
    put_keys(&b, &p->akcas);
    put_keys(&b, &p->witnesses);
    put_holders(&b, &p->recovery);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    SR_TRY(genesis_params_decode(buf_span(&b), &back, why));
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* n x 32 bytes, ascending, no two alike. */
static bool get_sorted(struct reader *r, size_t max, size_t *ret_n, uint8_t (*ret)[32])
{
    size_t n = rd_u8(r);
    if (n > max)
        return false;
    for (size_t i = 0; i < n; i++) {
        rd_copy(r, ret[i], 32);
        if (i && memcmp(ret[i - 1], ret[i], 32) >= 0)
            return false;
    }
    *ret_n = n;
    return !r->bad;
}

static bool get_keys(struct reader *r, size_t least, struct key_set *s)
{
    uint8_t raw[GENESIS_KEYS_MAX][32] = { { 0 } };
    if (!get_sorted(r, GENESIS_KEYS_MAX, &s->n, raw))
        return false;
    for (size_t i = 0; i < s->n; i++)
        memcpy(s->key[i].b, raw[i], sizeof s->key[i].b);
    s->k = rd_u8(r);
    return s->n >= least && s->k >= least && s->k <= s->n;
}

static bool get_types(struct reader *r, struct genesis_params *p)
{
    p->ntypes = rd_u8(r);
    if (p->ntypes > GENESIS_TYPES_MAX)
        return false;
    for (size_t i = 0; i < p->ntypes; i++) {
        struct type_roots *t = &p->types[i];
        uint8_t raw[GENESIS_ROOTS_MAX][32] = { { 0 } };
        struct span name = rd_lp(r, EVIDENCE_TYPE_MAX);
        if (!evidence_type_ok(name))
            return false;
        memcpy(t->type, name.p, name.n);
        if (i && span_cmp(span_of(p->types[i - 1].type), name) >= 0)
            return false;
        if (!get_sorted(r, GENESIS_ROOTS_MAX, &t->n, raw))
            return false;
        for (size_t j = 0; j < t->n; j++)
            memcpy(t->root[j].b, raw[j], sizeof t->root[j].b);
    }
    return !r->bad;
}

static bool get_holders(struct reader *r, struct holder_set *s)
{
    s->n = rd_u8(r);
    if (s->n > HOLDERS_MAX)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        holder_decode(r, &s->v[i]);
        if (r->bad || (i && holder_cmp(&s->v[i - 1], &s->v[i]) >= 0))
            return false;
    }
    s->t = rd_u8(r);
    return s->n == 0 ? s->t == 0 : s->t >= 2 && s->t <= s->n;
}

enum sr_err genesis_params_decode(struct span s, struct genesis_params *ret, struct sr_why *why)
{
    struct genesis_params p = { 0 };
    struct reader r = rd_init(s);
    if (s.n > GENESIS_PARAMS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "genesis parameters: over the limit");
    uint8_t version = rd_u8(&r);
    struct span mode = rd_lp(&r, 16);
    rd_copy(&r, p.salt, sizeof p.salt);
    if (r.bad || version != PARAMS_VERSION)
        return wrong(why, "version or length");
    if (!span_eq(mode, span_of(sr_mode.name)))
        return sr_fail(why, SR_EPROOF, R_GENESIS_MISMATCH, "a network of another mode");
    if (!get_keys(&r, 1, &p.operators))
        return wrong(why, "operators");
    rd_copy(&r, p.first_policy.b, sizeof p.first_policy.b);
    if (!get_types(&r, &p))
        return wrong(why, "endorsement roots");
    if (!get_keys(&r, 1, &p.akcas))
        return wrong(why, "AK certifiers");
    if (!get_keys(&r, 0, &p.witnesses))
        return wrong(why, "witnesses");
    if (!get_holders(&r, &p.recovery))
        return wrong(why, "recovery holders");
    if (!rd_end(&r))
        return wrong(why, "bytes are left or missing");
    *ret = p;
    return SR_OK;
}

struct sha256 genesis_params_hash(struct span params)
{
    return sha256(params);
}
