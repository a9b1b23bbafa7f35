/* backup_read.c - a backup from somebody's disk: nothing in it is believed but what its own signatures say.
 */
#include "proto/backup.h"

#include "proto/log.h"

#include <string.h>

enum { ROW = 1, END = 0, LEAF_KEY = 9 };

struct reading {
    const struct backup_source *source;
    struct hash256 hash;
    uint64_t rows, bytes;
    struct merkle_tree log;
    struct leaf first; /* of the log */
    bool head;         /* the keystore's was seen */
    struct buf key, value, last;
    struct backup *to;
    struct sr_why *why;
};
static void reading_drop(struct reading *r)
{
    buf_drop(&r->key);
    buf_drop(&r->value);
    buf_drop(&r->last);
}

void backup_drop(struct backup *b)
{
    buf_drop(&b->bytes);
    buf_drop(&b->genesis_file);
    *b = (struct backup){ 0 };
}

static enum sr_err malformed(struct reading *r, const char *what)
{
    return sr_fail(r->why, SR_EFORMAT, R_BACKUP_FORMAT, "backup: byte %llu: %s", (unsigned long long)r->bytes,
                   what);
}

static enum sr_err unproven(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_BACKUP_PROOF, "backup: %s", what);
}

static enum sr_err get(struct reading *r, void *p, size_t n)
{
    size_t got = 0;
    SR_TRY(r->source->read(r->source->ctx, p, n, &got));
    if (got != n)
        return malformed(r, "the file ends here");
    hash256_raw(&r->hash, (struct span){ p, n });
    r->bytes += n;
    return SR_OK;
}

static enum sr_err get_lp(struct reading *r, size_t max, struct buf *ret)
{
    uint8_t length[4];
    SR_TRY(get(r, length, sizeof length));
    struct reader n = rd_init(SPAN(length));
    size_t size = rd_u32be(&n);
    if (size > max)
        return malformed(r, "a length over its limit");
    buf_drop(ret);
    uint8_t *p = wr_room(ret, size);
    if (!buf_ok(ret))
        return SR_ENOMEM;
    return size ? get(r, p, size) : SR_OK;
}

/* The label is what the hash starts with anyway: compared, not hashed again. */
static enum sr_err get_label(struct reading *r)
{
    struct label_text l = label_text(L_BACKUP);
    SR_OWN(buf) want = { 0 };
    SR_OWN(buf) have = { 0 };
    size_t got = 0;
    wr_lp(&want, (struct span){ (const uint8_t *)l.b, l.n });
    uint8_t *p = wr_room(&have, want.n);
    if (!buf_ok(&want) || !buf_ok(&have))
        return SR_ENOMEM;
    SR_TRY(r->source->read(r->source->ctx, p, want.n, &got));
    if (got != want.n || !span_eq(buf_span(&have), buf_span(&want)))
        return malformed(r, "not a backup of this mode");
    r->hash = hash256_start(L_BACKUP);
    r->bytes = want.n;
    return SR_OK;
}

static enum sr_err leaf_row(struct reading *r, struct span key, struct span value)
{
    struct leaf l;
    struct reader index = rd_init((struct span){ key.p + 1, key.n - 1 });
    if (key.n != LEAF_KEY || rd_u64be(&index) != r->log.size || value.n < sizeof(struct sha256))
        return unproven(r->why, "a leaf of the log is missing or out of its place");
    struct span leaf = { value.p + sizeof(struct sha256), value.n - sizeof(struct sha256) };
    struct sha256 h = merkle_leaf(leaf);
    if (memcmp(value.p, h.b, sizeof h.b) != 0)
        return unproven(r->why, "a leaf of the log is not what its hash says");
    SR_TRY(leaf_decode(leaf, &l, r->why));
    if (r->log.size == 0)
        r->first = l;
    return merkle_append(&r->log, &h);
}

static bool known_area(uint8_t first)
{
    return (first >= 'a' && first <= 'z') || first == BACKUP_LEAF || first == 'T' || first == BACKUP_CLEAR ||
           first == BACKUP_HEAD;
}

static enum sr_err take_row(struct reading *r)
{
    struct span key = buf_span(&r->key), value = buf_span(&r->value);
    static const uint8_t genesis[] = { BACKUP_CLEAR, BACKUP_GENESIS };
    if (key.n == 0 || !known_area(key.p[0]) || (key.p[0] == BACKUP_HEAD && key.n != 1))
        return malformed(r, "a key that no keystore has");
    if (span_cmp(buf_span(&r->last), key) >= 0)
        return malformed(r, "keys that do not ascend");
    r->rows++;
    r->head |= key.p[0] == BACKUP_HEAD;
    if (key.p[0] == BACKUP_LEAF)
        SR_TRY(leaf_row(r, key, value));
    if (span_eq(key, SPAN(genesis)))
        wr_span(&r->to->genesis_file, value);
    buf_drop(&r->last);
    wr_span(&r->last, key);
    return buf_ok(&r->last) && buf_ok(&r->to->genesis_file) ? SR_OK : SR_ENOMEM;
}

static enum sr_err get_rows(struct reading *r, const struct backup_sink *sink)
{
    for (uint8_t kind;;) {
        SR_TRY(get(r, &kind, 1));
        if (kind == END)
            return SR_OK;
        if (kind != ROW)
            return malformed(r, "neither a row nor the end");
        SR_TRY(get_lp(r, BACKUP_KEY_MAX, &r->key));
        SR_TRY(get_lp(r, BACKUP_VALUE_MAX, &r->value));
        SR_TRY(take_row(r));
        if (sink)
            SR_TRY(sink->row(sink->ctx, buf_span(&r->key), buf_span(&r->value)));
    }
}

static enum sr_err check_body(const struct reading *r, const struct backup_manifest *m,
                              const struct sha256 *body, uint64_t bytes)
{
    if (m->rows != r->rows || m->bytes != bytes || !sha256_eq(&m->body, body))
        return unproven(r->why, "its rows are not those that the manifest is about");
    return r->head ? SR_OK : unproven(r->why, "the keystore's head is missing");
}

/* From the cid down: record, chain of epochs, the member's certificate, its key. */
static enum sr_err check_member(struct backup *b, struct sr_why *why)
{
    struct epoch_pubs epochs[EPOCHS_MAX];
    struct member_cert cert;
    uint64_t epoch = 0;
    size_t n = 0;
    struct reader r = rd_init(buf_span(&b->genesis_file));
    struct span record = rd_lp(&r, GENESIS_RECORD_MAX);
    struct span chain = rd_lp(&r, EPOCH_CHAIN_MAX);
    if (!rd_end(&r))
        return unproven(why, "the genesis record is missing");
    SR_TRY(genesis_pinned(record, &b->m.cid, &b->genesis, why));
    const struct approvers approvers = genesis_approvers(&b->genesis);
    SR_TRY(epoch_chain_check(chain, &b->m.cid, &b->genesis.first, &approvers, epochs, &n, why));
    SR_TRY(member_cert_epoch(b->m.cert, &epoch, why));
    if (epoch == 0 || epoch > n)
        return unproven(why, "the member's certificate is of an epoch that is not in the chain");
    SR_TRY(member_cert_check(b->m.cert, &b->m.cid, epoch, &epochs[epoch - 1].member_ca, &cert, why));
    return memcmp(&cert.key, &b->m.member, sizeof cert.key) == 0
               ? SR_OK
               : unproven(why, "the certificate is another member's");
}

static enum sr_err check_log(const struct reading *r, struct backup *b)
{
    SR_OWN(buf) origin = { 0 };
    struct member_id id = member_id_of(&b->m.member);
    log_origin(&b->m.cid, id.b, &origin);
    wr_u8(&origin, 0);
    if (!buf_ok(&origin))
        return SR_ENOMEM;
    const struct log_id log = { (const char *)origin.p, b->m.member };
    SR_TRY(checkpoint_open(b->m.note, log.origin, &b->m.member, &b->head, r->why));
    struct sha256 root = merkle_root(&r->log);
    if (r->log.size == 0 || b->head.size != r->log.size || !sha256_eq(&root, &b->head.root))
        return unproven(r->why, "its leaves are not those of the signed head");
    return log_introduces(&r->first, &log) ? SR_OK : unproven(r->why, "its log is another member's");
}

static enum sr_err get_end(struct reading *r, struct sig *ret)
{
    uint8_t more;
    size_t got = 0;
    SR_TRY(get_lp(r, BACKUP_MANIFEST_MAX, &r->to->bytes));
    SR_TRY(get(r, ret->b, sizeof ret->b));
    SR_TRY(r->source->read(r->source->ctx, &more, 1, &got));
    return got == 0 ? SR_OK : malformed(r, "something behind the end");
}

static enum sr_err read_all(struct reading *r, const struct backup_sink *sink)
{
    struct backup *b = r->to;
    struct sig sig;
    SR_TRY(get_label(r));
    SR_TRY(get_rows(r, sink));
    struct hash256 so_far = r->hash;
    uint64_t bytes = r->bytes;
    SR_TRY(get_end(r, &sig));
    SR_TRY(backup_manifest_read(buf_span(&b->bytes), &b->m, r->why));
    struct sha256 body = hash256_end(&so_far);
    SR_TRY(check_body(r, &b->m, &body, bytes));
    SR_TRY(check_member(b, r->why));
    if (sign_check(&b->m.member, L_BACKUP_SIG, buf_span(&b->bytes), &sig) != SR_OK)
        return unproven(r->why, "the manifest is not signed by the member that it names");
    SR_TRY(check_log(r, b));
    b->file = hash256_end(&r->hash);
    return SR_OK;
}

enum sr_err backup_read(const struct backup_source *s, const struct backup_sink *sink, struct backup *ret,
                        struct sr_why *why)
{
    SR_OWN(backup) b = { 0 };
    SR_OWN(reading) r = { .source = s, .to = &b, .why = why };
    SR_TRY(read_all(&r, sink));
    *ret = SR_TAKE(b); /* spans borrow from the heap: they stay */
    return SR_OK;
}
