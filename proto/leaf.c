#include "proto/leaf.h"

#include "proto/leaf_table.h"

#include <assert.h>
#include <string.h>

enum { VERSION = 1 };

/* The counts of one leaf have room for every reason there is. */
static_assert((int)SR_REASON_COUNT <= (int)LEAF_COUNTS_MAX, "more reasons than a leaf counts");

static bool is_text(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

/* Reasons and steps: lower-case words with hyphens. */
static bool is_word(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return s.n > 0;
}

static bool text_ok(enum leaf_kind k, struct span s)
{
    return k == WORD ? is_word(s) : is_text(s);
}

static void put_text(const char *text, size_t size, enum leaf_kind k, struct buf *b)
{
    struct span s = { (const uint8_t *)text, strnlen(text, size) };
    if (s.n == size || !text_ok(k, s))
        b->bad = true;
    wr_lp(b, s);
}

static void put_keys(const struct leaf *l, struct buf *b)
{
    if (l->keys.n < 1 || l->keys.n > LEAF_KEYS_MAX) {
        b->bad = true;
        return;
    }
    wr_u16be(b, (uint16_t)l->keys.n);
    for (size_t i = 0; i < l->keys.n; i++) {
        if (i && span_cmp(SPAN(l->keys.id[i - 1].b), SPAN(l->keys.id[i].b)) >= 0)
            b->bad = true;
        wr_span(b, SPAN(l->keys.id[i].b));
    }
}

static void put_counts(const struct leaf *l, struct buf *b)
{
    if (l->counts.n < 1 || l->counts.n > LEAF_COUNTS_MAX) {
        b->bad = true;
        return;
    }
    wr_u16be(b, (uint16_t)l->counts.n);
    for (size_t i = 0; i < l->counts.n; i++) {
        const struct leaf_count *c = &l->counts.row[i];
        put_text(c->reason, sizeof c->reason, WORD, b);
        wr_u32be(b, c->count);
        if (c->count == 0 || (i && strcmp(c[-1].reason, c->reason) >= 0))
            b->bad = true;
    }
}

static void put_field(const struct leaf *l, const struct leaf_field *f, struct buf *b)
{
    const uint8_t *at = (const uint8_t *)l + f->at;
    uint64_t v;
    switch (f->kind) {
    case RAW: wr_span(b, (struct span){ at, f->size }); break;
    case U64:
        memcpy(&v, at, sizeof v);
        wr_u64be(b, v);
        break;
    case TEXT:
    case WORD: put_text((const char *)at, f->size, f->kind, b); break;
    case KEYS: put_keys(l, b); break;
    case COUNTS: put_counts(l, b); break;
    }
}

enum sr_err leaf_encode(const struct leaf *l, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    const struct leaf_field *f[LEAF_FIELDS_MAX];
    size_t n = leaf_fields(l->type, f);
    if (n == 0)
        return SR_EBUG;
    wr_u8(&b, VERSION);
    wr_u8(&b, (uint8_t)l->type);
    wr_u64be(&b, l->time);
    for (size_t i = 0; i < n; i++)
        put_field(l, f[i], &b);
    if (!buf_ok(&b) || b.n > LEAF_MAX)
        return SR_EBUG;
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static void get_text(struct reader *r, enum leaf_kind k, char *ret, size_t size)
{
    struct span s = rd_lp(r, size - 1);
    if (!text_ok(k, s))
        r->bad = true;
    else if (s.n)
        memcpy(ret, s.p, s.n);
}

static void get_keys(struct reader *r, struct leaf *l)
{
    size_t n = rd_u16be(r);
    if (n < 1 || n > LEAF_KEYS_MAX)
        r->bad = true;
    for (; !r->bad && l->keys.n < n; l->keys.n++) {
        struct sha256 *id = &l->keys.id[l->keys.n];
        rd_copy(r, id->b, sizeof id->b);
        if (l->keys.n && span_cmp(SPAN(id[-1].b), SPAN(id->b)) >= 0)
            r->bad = true;
    }
}

static void get_counts(struct reader *r, struct leaf *l)
{
    size_t n = rd_u16be(r);
    if (n < 1 || n > LEAF_COUNTS_MAX)
        r->bad = true;
    for (; !r->bad && l->counts.n < n; l->counts.n++) {
        struct leaf_count *c = &l->counts.row[l->counts.n];
        get_text(r, WORD, c->reason, sizeof c->reason);
        c->count = rd_u32be(r);
        if (c->count == 0 || (l->counts.n && strcmp(c[-1].reason, c->reason) >= 0))
            r->bad = true;
    }
}

static void get_field(struct reader *r, const struct leaf_field *f, struct leaf *l)
{
    uint8_t *at = (uint8_t *)l + f->at;
    uint64_t v;
    switch (f->kind) {
    case RAW: rd_copy(r, at, f->size); break;
    case U64:
        v = rd_u64be(r);
        memcpy(at, &v, sizeof v);
        break;
    case TEXT:
    case WORD: get_text(r, f->kind, (char *)at, f->size); break;
    case KEYS: get_keys(r, l); break;
    case COUNTS: get_counts(r, l); break;
    }
}

enum sr_err leaf_decode(struct span s, struct leaf *ret, struct sr_why *why)
{
    struct reader r = rd_init(s);
    struct leaf l = { 0 };
    uint8_t version = rd_u8(&r), type = rd_u8(&r);
    l.type = type;
    l.time = rd_u64be(&r);
    const struct leaf_field *f[LEAF_FIELDS_MAX];
    size_t n = leaf_fields(l.type, f);
    if (version != VERSION || n == 0 || s.n > LEAF_MAX)
        return sr_fail(why, SR_EFORMAT, R_LOG_LEAF, "leaf: version %u type %u", version, type);
    for (size_t i = 0; i < n; i++)
        get_field(&r, f[i], &l);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_LOG_LEAF, "leaf: not a %s", leaf_type_text(l.type));
    *ret = l;
    return SR_OK;
}

enum sr_err leaf_add_key(struct leaf *l, const struct sha256 *id)
{
    size_t i = 0;
    while (i < l->keys.n && span_cmp(SPAN(l->keys.id[i].b), SPAN(id->b)) < 0)
        i++;
    if (i < l->keys.n && sha256_eq(&l->keys.id[i], id))
        return SR_OK;
    if (l->keys.n >= LEAF_KEYS_MAX)
        return SR_ETOOBIG;
    memmove(&l->keys.id[i + 1], &l->keys.id[i], (l->keys.n - i) * sizeof *id);
    l->keys.id[i] = *id;
    l->keys.n++;
    return SR_OK;
}

void leaf_set_reason(char (*field)[LEAF_REASON_MAX], enum sr_reason r)
{
    struct span s = span_of(sr_reason_text(r));
    memset(*field, 0, sizeof *field);
    memcpy(*field, s.p, s.n < sizeof *field ? s.n : sizeof *field - 1);
}

struct sha256 leaf_id(const struct key *salt, enum leaf_id_kind kind, struct span id)
{
    SR_OWN(buf) b = { 0 };
    wr_u8(&b, (uint8_t)kind);
    wr_lp(&b, id);
    return hmac_label(salt, L_LOG_ID, buf_span(&b));
}
