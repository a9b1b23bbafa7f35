#include "proto/loss.h"

#include "proto/cid.h"

#include <string.h>

enum { VERSION = 1, DAY = 86400 };

void loss_signed_drop(struct loss_signed *s)
{
    buf_drop(&s->document);
    *s = (struct loss_signed){ 0 };
}

static enum sr_err refuse(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_LOSS, "loss: %s", what);
}

static enum sr_err sane(const struct loss *l, struct sr_why *why)
{
    if (l->size == 0)
        return refuse(why, "a state without a log");
    if (!l->reason[0])
        return refuse(why, "no reason is given");
    if (l->until < l->time || l->until - l->time > (uint64_t)LOSS_DAYS_MAX * DAY)
        return refuse(why, "it must end within 30 days");
    return SR_OK;
}

static void write_document(const struct loss *l, struct buf *b)
{
    char cid[CID_TEXT_MAX];
    cid_text(&l->cid, cid);
    jw_object(b);
    jw_member_text(b, "cid", cid);
    jw_member_u64(b, "counter", l->counter);
    jw_member_hex(b, "member", SPAN(l->member.b));
    jw_member_text(b, "reason", l->reason);
    jw_member_hex(b, "root", SPAN(l->root.b));
    jw_member_u64(b, "size", l->size);
    jw_member_u64(b, "time", l->time);
    jw_member_u64(b, "until", l->until);
    jw_member_u64(b, "version", VERSION);
    jw_object_end(b);
}

enum sr_err loss_make(const struct loss *l, struct loss_signed *ret, struct sr_why *why)
{
    SR_OWN(loss_signed) s = { .loss = *l };
    SR_TRY(sane(l, why));
    write_document(l, &s.document);
    if (!buf_ok(&s.document))
        return refuse(why, "a number or a text that JSON can't hold");
    *ret = SR_TAKE(s);
    return SR_OK;
}

static enum sr_err read_document(const struct json *v, struct loss *ret, struct sr_why *why)
{
    struct loss l = { 0 };
    char cid[CID_TEXT_MAX] = { 0 };
    uint64_t version = 0;
    const struct json_field fields[] = {
        { "cid", JSON_STR, cid, sizeof cid, false },
        { "counter", JSON_U64, &l.counter, 0, false },
        { "member", JSON_HEX, l.member.b, sizeof l.member.b, false },
        { "reason", JSON_STR, l.reason, sizeof l.reason, false },
        { "root", JSON_HEX, l.root.b, sizeof l.root.b, false },
        { "size", JSON_U64, &l.size, 0, false },
        { "time", JSON_U64, &l.time, 0, false },
        { "until", JSON_U64, &l.until, 0, false },
        { "version", JSON_U64, &version, VERSION, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    SR_TRY(cid_parse(span_of(cid), &l.cid, why));
    if (version != VERSION)
        return refuse(why, "of a version that is not known");
    SR_TRY(sane(&l, why));
    *ret = l;
    return SR_OK;
}

static struct approved approved(struct span document)
{
    return (struct approved){ L_LOSS_SIG, document, R_LOSS, "loss" };
}

enum sr_err loss_parse(struct span text, struct loss_signed *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(loss_signed) s = { 0 };
    const struct json *document = NULL, *sigs = NULL;
    const struct json_field fields[] = {
        { "loss", JSON_OBJECT, &document, 0, false },
        { "signatures", JSON_ARRAY, &sigs, APPROVALS_MAX, false },
        { 0 },
    };
    if (text.n > LOSS_MAX)
        return sr_fail(why, SR_ETOOBIG, R_LOSS, "loss: %zu bytes", text.n);
    SR_TRY(json_check_canonical(text, why));
    SR_TRY(json_parse(text, &doc, why));
    SR_TRY(json_fields(json_root(&doc), fields, why));
    const struct approved of = approved((struct span){ 0 });
    SR_TRY(approvals_read(sigs, &of, &s.sigs, why));
    SR_TRY(read_document(document, &s.loss, why));
    jw_value(&s.document, document);
    if (!buf_ok(&s.document))
        return SR_ENOMEM;
    *ret = SR_TAKE(s);
    return SR_OK;
}

void loss_write(const struct loss_signed *s, struct buf *ret)
{
    SR_OWN(buf) b = { 0 }; /* commas look back: a text of its own */
    jw_object(&b);
    jw_name(&b, "loss");
    jw_raw(&b, buf_span(&s->document));
    jw_name(&b, "signatures");
    approvals_write(&s->sigs, &b);
    jw_object_end(&b);
    ret->bad |= !buf_ok(&b);
    wr_span(ret, buf_span(&b));
}

enum sr_err loss_sign(struct loss_signed *s, const struct sign_key *key, const struct sign_pub *pub,
                      struct sr_why *why)
{
    const struct approved of = approved(buf_span(&s->document));
    return approvals_sign(&s->sigs, &of, key, pub, why);
}

static enum sr_err no(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EPROOF, R_LOSS, "loss: the statement %s", what);
}

static enum sr_err check_about(const struct loss *l, const struct loss_case *c, struct sr_why *why)
{
    if (!sha256_eq(&l->cid, &c->cid))
        return no(why, "is of another network");
    if (memcmp(&l->member, &c->member, sizeof l->member) != 0)
        return no(why, "is about another member");
    if (l->size != c->size || !sha256_eq(&l->root, &c->root))
        return no(why, "is about another state of its log");
    if (l->counter != c->counter)
        return sr_fail(why, SR_EPROOF, R_LOSS,
                       "loss: the statement names %llu as the TPM's counter, it is %llu",
                       (unsigned long long)l->counter, (unsigned long long)c->counter);
    if (c->now > l->until)
        return no(why, "has ended");
    return SR_OK;
}

enum sr_err loss_check(const struct loss_signed *s, const struct loss_case *c, const struct approvers *by,
                       struct sr_why *why)
{
    const struct approved of = approved(buf_span(&s->document));
    if (!approvals_enough(&s->sigs, by))
        return sr_fail(why, SR_EPROOF, R_LOSS, "loss: %zu of %zu signatures needed", s->sigs.n, by->k);
    SR_TRY(approvals_check(&s->sigs, by, &of, why));
    return check_about(&s->loss, c, why);
}
