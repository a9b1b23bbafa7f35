#include "proto/rotation.h"

#include "proto/json.h"

#include <string.h>

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_EPOCH_DRAW, "draw of an epoch: %s", what);
}

enum sr_err epoch_draw_encode(const struct epoch_draw *d, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    struct epoch_draw back;
    wr_u8(&b, 1);
    wr_span(&b, SPAN(d->cid.b));
    epoch_pubs_write(&d->pubs, &b);
    wr_u64be(&b, d->created);
    wr_lp(&b, d->recovery);
    wr_rollback(&b, &d->rollback);
    wr_lp(&b, d->type);
    wr_lp(&b, d->evidence);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    if (epoch_draw_decode(buf_span(&b), &back, NULL) != SR_OK)
        return SR_EBUG;
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err epoch_draw_decode(struct span s, struct epoch_draw *ret, struct sr_why *why)
{
    struct epoch_draw d = { 0 };
    struct reader r = rd_init(s);
    uint8_t version = rd_u8(&r);
    rd_copy(&r, d.cid.b, sizeof d.cid.b);
    epoch_pubs_read(&r, &d.pubs);
    d.created = rd_u64be(&r);
    d.recovery = rd_lp(&r, EPOCH_RECOVERY_SIZE);
    d.rollback = rd_rollback(&r);
    d.type = rd_lp(&r, EVIDENCE_TYPE_MAX);
    d.evidence = rd_lp(&r, HANDSHAKE_EVIDENCE_MAX);
    if (!rd_end(&r) || version != 1)
        return bad(why, "version or length");
    if (d.pubs.epoch < 2 || d.pubs.epoch > EPOCHS_MAX)
        return bad(why, "its number");
    if ((d.recovery.n && d.recovery.n != EPOCH_RECOVERY_SIZE) || !evidence_type_ok(d.type) || !d.evidence.n)
        return bad(why, "a part of it");
    *ret = d;
    return SR_OK;
}

enum sr_err epoch_draw_rd(const struct epoch_draw *d, struct sha512 *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(epoch_link_text(&d->cid, &d->pubs, &text));
    struct hash512 h = hash512_start(L_EPOCH_DRAW);
    hash512_lp(&h, buf_span(&text));
    hash512_u64(&h, d->created);
    hash512_lp(&h, d->recovery);
    hash512_rollback(&h, &d->rollback);
    *ret = hash512_end(&h);
    return SR_OK;
}

void rotation_file_drop(struct rotation_file *f)
{
    buf_drop(&f->draw_bytes);
    buf_drop(&f->epochs);
    *f = (struct rotation_file){ 0 };
}

static enum sr_err approval_read(const struct json *v, struct rotation_file *f, struct sr_why *why)
{
    struct approval a = { 0 };
    const struct json_field fields[] = {
        { "key", JSON_HEX, a.key.b, sizeof a.key.b, false },
        { "sig", JSON_HEX, a.sig.b, sizeof a.sig.b, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (f->n > 0 && span_cmp(SPAN(f->approval[f->n - 1].key.b), SPAN(a.key.b)) >= 0)
        return bad(why, "approvals repeated or not ascending");
    f->approval[f->n++] = a;
    return SR_OK;
}

enum sr_err rotation_file_parse(struct span text, struct rotation_file *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(rotation_file) f = { 0 };
    SR_OWN(secret) draw = { 0 };
    SR_OWN(secret) epochs = { 0 };
    const struct json *approvals = NULL;
    const struct json_field fields[] = {
        { "approvals", JSON_ARRAY, &approvals, APPROVALS_MAX, false },
        { "draw", JSON_B64, &draw, EPOCH_DRAW_MAX, false },
        { "epochs", JSON_B64, &epochs, EPOCHS_BYTES_MAX, true },
        { 0 },
    };
    if (text.n > ROTATION_FILE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_EPOCH_DRAW, "epoch file: %zu bytes", text.n);
    SR_TRY(json_check_canonical(text, why));
    SR_TRY(json_parse(text, &doc, why));
    SR_TRY(json_fields(json_root(&doc), fields, why));
    for (const struct json *v = json_first(approvals); v; v = json_next(v))
        SR_TRY(approval_read(v, &f, why));
    wr_span(&f.draw_bytes, secret_span(&draw));
    wr_span(&f.epochs, secret_span(&epochs));
    if (!buf_ok(&f.draw_bytes) || !buf_ok(&f.epochs))
        return SR_ENOMEM;
    SR_TRY(epoch_draw_decode(buf_span(&f.draw_bytes), &f.draw, why));
    *ret = SR_TAKE(f);
    return SR_OK;
}

void rotation_file_write(const struct rotation_file *f, struct buf *ret)
{
    SR_OWN(buf) b = { 0 }; /* commas look back: a text of its own */
    jw_object(&b);
    jw_name(&b, "approvals");
    jw_array(&b);
    for (size_t i = 0; i < f->n; i++) {
        jw_object(&b);
        jw_member_hex(&b, "key", SPAN(f->approval[i].key.b));
        jw_member_hex(&b, "sig", SPAN(f->approval[i].sig.b));
        jw_object_end(&b);
    }
    jw_array_end(&b);
    jw_name(&b, "draw");
    jw_base64(&b, buf_span(&f->draw_bytes));
    if (f->epochs.n) {
        jw_name(&b, "epochs");
        jw_base64(&b, buf_span(&f->epochs));
    }
    jw_object_end(&b);
    if (!buf_ok(&b))
        ret->bad = true;
    wr_span(ret, buf_span(&b));
}

enum sr_err rotation_approve(struct rotation_file *f, const struct sign_key *key, const struct sign_pub *pub,
                             struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    size_t at = 0;
    while (at < f->n && span_cmp(SPAN(f->approval[at].key.b), SPAN(pub->b)) < 0)
        at++;
    if (at < f->n && span_eq(SPAN(f->approval[at].key.b), SPAN(pub->b)))
        return sr_fail(why, SR_EFORMAT, R_EPOCH_CHAIN, "this key approved already");
    if (f->n == APPROVALS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_EPOCH_CHAIN, "no room for another approval");
    SR_TRY(epoch_link_text(&f->draw.cid, &f->draw.pubs, &text));
    memmove(&f->approval[at + 1], &f->approval[at], (f->n - at) * sizeof *f->approval);
    f->approval[at] = (struct approval){ *pub, sign_label(key, L_EPOCH_APPROVAL, buf_span(&text)) };
    f->n++;
    return SR_OK;
}

static bool operator_of(const struct approvers *by, const struct sign_pub *key)
{
    for (size_t i = 0; i < by->n; i++)
        if (span_eq(SPAN(by->key[i].b), SPAN(key->b)))
            return true;
    return false;
}

enum sr_err rotation_approvals(const struct rotation_file *f, const struct approvers *by, size_t *ret,
                               struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(epoch_link_text(&f->draw.cid, &f->draw.pubs, &text));
    for (size_t i = 0; i < f->n; i++) {
        const struct approval *a = &f->approval[i];
        if (!operator_of(by, &a->key) ||
            sign_check(&a->key, L_EPOCH_APPROVAL, buf_span(&text), &a->sig) != SR_OK)
            return sr_fail(why, SR_EPROOF, R_EPOCH_CHAIN, "approval %zu is not an operator's", i);
    }
    *ret = f->n;
    return SR_OK;
}
