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

enum sr_err rotation_file_parse(struct span text, struct rotation_file *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(rotation_file) f = { 0 };
    SR_OWN(secret) draw = { 0 };
    SR_OWN(secret) epochs = { 0 };
    const struct approved of = { .reason = R_EPOCH_DRAW, .what = "epoch file" };
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
    SR_TRY(approvals_read(approvals, &of, &f.approvals, why));
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
    approvals_write(&f->approvals, &b);
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

/* text: borrowed by what is returned. */
static enum sr_err approved_halves(const struct rotation_file *f, struct buf *text, struct approved *ret)
{
    SR_TRY(epoch_link_text(&f->draw.cid, &f->draw.pubs, text));
    *ret = (struct approved){ L_EPOCH_APPROVAL, buf_span(text), R_EPOCH_CHAIN, "epoch file" };
    return SR_OK;
}

enum sr_err rotation_approve(struct rotation_file *f, const struct sign_key *key, const struct sign_pub *pub,
                             struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct approved of;
    SR_TRY(approved_halves(f, &text, &of));
    return approvals_sign(&f->approvals, &of, key, pub, why);
}

enum sr_err rotation_approvals(const struct rotation_file *f, const struct approvers *by, size_t *ret,
                               struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct approved of;
    SR_TRY(approved_halves(f, &text, &of));
    SR_TRY(approvals_check(&f->approvals, by, &of, why));
    *ret = f->approvals.n;
    return SR_OK;
}
