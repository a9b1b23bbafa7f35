#include "store/keystore_parts.h"

#include <string.h>

/* Row format 1, specs/keystore.md section 4. The header is in the clear and all of it is bound. */
enum { ROW_FORMAT = 1, ROW_SCHEMA = 1 };

void row_plain_drop(struct row_plain *p)
{
    buf_drop(&p->all);
    *p = (struct row_plain){ 0 };
}

static bool known_table(uint8_t b)
{
#define X(name, byte) || b == (byte)
    return false KEYSTORE_TABLES(X);
#undef X
}

static bool name_ok(const struct keystore_name *n)
{
    return known_table((uint8_t)n->table) && n->name.n > 0 && n->name.n <= KEYSTORE_NAME_MAX &&
           n->tenant.n <= KEYSTORE_TENANT_MAX;
}

enum sr_err row_id(const struct key *index, const struct keystore_name *n, struct row_id *ret)
{
    SR_OWN(buf) b = { 0 };
    if (!name_ok(n))
        return SR_EFORMAT;
    wr_u8(&b, (uint8_t)n->table);
    wr_lp(&b, n->tenant);
    wr_lp(&b, n->name);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    struct sha256 mac = hmac_label(index, L_ROW_NAME, buf_span(&b));
    memcpy(ret->b, mac.b, sizeof ret->b);
    return SR_OK;
}

struct row_key row_key(enum keystore_table t, const struct row_id *id)
{
    struct row_key k = { { (uint8_t)t } };
    memcpy(k.b + 1, id->b, sizeof id->b);
    return k;
}

bool row_key_read(struct span key, enum keystore_table *ret_table, struct row_id *ret)
{
    struct reader r = rd_init(key);
    uint8_t table = rd_u8(&r);
    rd_copy(&r, ret->b, sizeof ret->b);
    *ret_table = (enum keystore_table)table;
    return rd_end(&r) && known_table(table);
}

struct row_mark row_mark(const struct row_header *h)
{
    struct row_mark m = { .seq = h->seq };
    memcpy(m.salt, h->salt, sizeof m.salt);
    return m;
}

static void write_header(struct buf *b, const struct row_header *h)
{
    wr_u8(b, ROW_FORMAT);
    wr_u8(b, (uint8_t)h->table);
    wr_u16be(b, ROW_SCHEMA);
    wr_u64be(b, h->version);
    wr_u64be(b, h->created_at);
    wr_u64be(b, h->seq);
    wr_u32be(b, h->epoch);
    wr_span(b, SPAN(h->salt));
}

enum sr_err row_header_read(struct span row, struct row_header *ret)
{
    struct row_header h = { 0 };
    struct reader r = rd_init((struct span){ row.p, row.n < ROW_HEADER ? row.n : ROW_HEADER });
    uint8_t format = rd_u8(&r);
    h.table = (enum keystore_table)rd_u8(&r);
    uint16_t schema = rd_u16be(&r);
    h.version = rd_u64be(&r);
    h.created_at = rd_u64be(&r);
    h.seq = rd_u64be(&r);
    h.epoch = rd_u32be(&r);
    rd_copy(&r, h.salt, sizeof h.salt);
    if (!rd_end(&r) || format != ROW_FORMAT || schema != ROW_SCHEMA || h.seq == 0)
        return SR_EFORMAT;
    *ret = h;
    return SR_OK;
}

/* AAD = LP(label) LP(cid) id header: who, where, when and under which keys. */
static enum sr_err bound(const struct sha256 *cid, const struct row_id *id, const struct row_header *h,
                         struct buf *ret)
{
    struct label_text t = label_text(L_ROW);
    wr_lp(ret, (struct span){ (const uint8_t *)t.b, t.n });
    wr_lp(ret, SPAN(cid->b));
    wr_span(ret, SPAN(id->b));
    write_header(ret, h);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

/* The row version's own key. The KEK is uniform, so one HMAC is HKDF-Expand's work. */
static struct key data_key(const struct key *kek, const uint8_t *salt)
{
    struct sha256 mac = hmac_label(kek, L_ROW_KEY, (struct span){ salt, ROW_SALT });
    struct key k;
    memcpy(k.b, mac.b, sizeof k.b);
    sodium_memzero(&mac, sizeof mac);
    return k;
}

enum sr_err row_seal(const struct key *kek, const struct sha256 *cid, const struct row_id *id,
                     const struct row_header *h, const struct keystore_name *n, struct span value,
                     struct buf *ret)
{
    SR_OWN(key) dek = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(buf) plain = { 0 };
    wr_lp(&plain, n->tenant);
    wr_lp(&plain, n->name);
    wr_lp(&plain, value);
    if (!buf_ok(&plain))
        return SR_ENOMEM;
    dek = data_key(kek, h->salt);
    SR_TRY(bound(cid, id, h, &aad));
    write_header(ret, h);
    return aead_seal(&dek, buf_span(&aad), buf_span(&plain), ret);
}

enum sr_err row_open(const struct key *kek, const struct sha256 *cid, const struct row_id *id,
                     struct span row, struct row_header *ret, struct row_plain *ret_plain)
{
    struct row_header h;
    SR_OWN(key) dek = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(row_plain) p = { 0 };
    SR_TRY(row_header_read(row, &h));
    dek = data_key(kek, h.salt);
    SR_TRY(bound(cid, id, &h, &aad));
    struct span box = { row.p + ROW_HEADER, row.n - ROW_HEADER };
    SR_TRY(aead_open_buf(&dek, buf_span(&aad), box, &p.all));
    struct reader r = rd_init(buf_span(&p.all));
    p.tenant = rd_lp(&r, KEYSTORE_TENANT_MAX);
    p.name = rd_lp(&r, KEYSTORE_NAME_MAX);
    p.value = rd_lp(&r, KEYSTORE_VALUE_MAX);
    if (!rd_end(&r))
        return SR_EFORMAT;
    *ret = h;
    *ret_plain = SR_TAKE(p);
    return SR_OK;
}
