#include "proto/backup.h"

enum { VERSION = 1, ROW = 1, END = 0, LEAF_KEY = 9 };

void backup_manifest_write(const struct backup_manifest *m, struct buf *ret)
{
    wr_u8(ret, VERSION);
    wr_span(ret, SPAN(m->cid.b));
    wr_span(ret, SPAN(m->member.b));
    wr_u64be(ret, m->time);
    wr_u64be(ret, m->epoch);
    wr_u64be(ret, m->policy_number);
    wr_u64be(ret, m->revision);
    wr_u64be(ret, m->rows);
    wr_u64be(ret, m->bytes);
    wr_span(ret, SPAN(m->body.b));
    wr_lp(ret, m->note);
    wr_lp(ret, m->cert);
}

enum sr_err backup_manifest_read(struct span s, struct backup_manifest *ret, struct sr_why *why)
{
    struct reader r = rd_init(s);
    struct backup_manifest m = { 0 };
    uint8_t version = rd_u8(&r);
    rd_copy(&r, m.cid.b, sizeof m.cid.b);
    rd_copy(&r, m.member.b, sizeof m.member.b);
    m.time = rd_u64be(&r);
    m.epoch = rd_u64be(&r);
    m.policy_number = rd_u64be(&r);
    m.revision = rd_u64be(&r);
    m.rows = rd_u64be(&r);
    m.bytes = rd_u64be(&r);
    rd_copy(&r, m.body.b, sizeof m.body.b);
    m.note = rd_lp(&r, BACKUP_NOTE_MAX);
    m.cert = rd_lp(&r, MEMBER_CERT_MAX);
    if (!rd_end(&r) || version != VERSION)
        return sr_fail(why, SR_EFORMAT, R_BACKUP_FORMAT, "backup: its manifest is none");
    *ret = m;
    return SR_OK;
}

static enum sr_err put(struct backup_writer *w, const struct buf *b)
{
    if (!buf_ok(b))
        return SR_ENOMEM;
    hash256_raw(&w->hash, buf_span(b));
    w->bytes += b->n;
    return w->write(w->ctx, buf_span(b));
}

enum sr_err backup_begin(struct backup_writer *w)
{
    struct label_text l = label_text(L_BACKUP);
    SR_OWN(buf) b = { 0 };
    wr_lp(&b, (struct span){ (const uint8_t *)l.b, l.n });
    w->hash = hash256_start(L_BACKUP); /* those very bytes */
    w->bytes = b.n;
    return buf_ok(&b) ? w->write(w->ctx, buf_span(&b)) : SR_ENOMEM;
}

static enum sr_err count_leaf(struct backup_writer *w, struct span key, struct span value)
{
    struct sha256 h;
    if (key.p[0] != BACKUP_LEAF)
        return SR_OK;
    if (key.n != LEAF_KEY || value.n < sizeof h.b)
        return SR_EBUG;
    struct reader r = rd_init(value);
    rd_copy(&r, h.b, sizeof h.b);
    return merkle_append(&w->log, &h);
}

enum sr_err backup_row(struct backup_writer *w, struct span key, struct span value)
{
    SR_OWN(buf) b = { 0 };
    if (key.n == 0 || key.n > BACKUP_KEY_MAX || value.n > BACKUP_VALUE_MAX)
        return SR_EBUG;
    SR_TRY(count_leaf(w, key, value));
    wr_u8(&b, ROW);
    wr_lp(&b, key);
    wr_lp(&b, value);
    w->rows++;
    return put(w, &b);
}

enum sr_err backup_end(struct backup_writer *w, struct backup_manifest *m, const struct sign_key *key,
                       struct sha256 *ret)
{
    SR_OWN(buf) end = { 0 };
    SR_OWN(buf) manifest = { 0 };
    SR_OWN(buf) tail = { 0 };
    wr_u8(&end, END);
    SR_TRY(put(w, &end));
    struct hash256 body = w->hash;
    m->rows = w->rows;
    m->bytes = w->bytes;
    m->body = hash256_end(&body);
    backup_manifest_write(m, &manifest);
    struct sig sig = sign_label(key, L_BACKUP_SIG, buf_span(&manifest));
    wr_lp(&tail, buf_span(&manifest));
    wr_span(&tail, SPAN(sig.b));
    if (!buf_ok(&manifest) || manifest.n > BACKUP_MANIFEST_MAX)
        return SR_EBUG;
    SR_TRY(put(w, &tail));
    *ret = hash256_end(&w->hash);
    return SR_OK;
}
