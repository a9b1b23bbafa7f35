#include "proto/kbs_parts.h"

#include "proto/json.h"

#include <openssl/sha.h>
#include <string.h>

void kbs_attestation_drop(struct kbs_attestation *a)
{
    buf_drop(&a->nonce);
    buf_drop(&a->text);
    buf_drop(&a->additional);
    buf_drop(&a->init_data);
}

static enum sr_err read_key(const struct kbs_version_row *row, struct span key, struct kbs_attestation *a,
                            struct sr_why *why)
{
    if (!jf_is_object(key))
        return kbs_bad(why, "no tee-pubkey");
    SR_TRY(jwk_read(key, &a->key, why));
    if (a->key.alg == JWE_RSA1_5 && !row->rsa1_5)
        return sr_fail(why, SR_EFORMAT, R_JWK, "key: RSA1_5 is for the clients of 0.1 alone");
    return SR_OK;
}

static enum sr_err read_init_data(struct span v, struct kbs_attestation *a, struct sr_why *why)
{
    struct span format = { 0 }, body = { 0 };
    const struct jf_member m[] = { { "format", &format }, { "body", &body } };
    if (jf_is_null(v))
        return SR_OK;
    if (!jf_members(v, m, 2) || !jf_plain(format, &format) || !span_eq(format, SPAN_STR("toml")) ||
        !jf_string(body, &a->init_data) || a->init_data.n > KBS_INIT_DATA_MAX)
        return kbs_bad(why, "init-data");
    a->init_data_sent = true;
    return SR_OK;
}

static enum sr_err read_runtime(const struct kbs_version_row *row, struct span v, struct kbs_attestation *a,
                                struct sr_why *why)
{
    struct span nonce = { 0 }, key = { 0 };
    const struct jf_member m[] = { { "nonce", &nonce }, { "tee-pubkey", &key } };
    if (!jf_members(v, m, 2) || !jf_string(nonce, &a->nonce))
        return kbs_bad(why, "runtime-data");
    a->nonce_sent = true;
    return read_key(row, key, a, why);
}

static enum sr_err read_composite(struct span v, struct kbs_attestation *a, struct sr_why *why)
{
    struct span additional = { 0 };
    const struct jf_member m[] = { { "primary_evidence", &a->evidence },
                                   { "additional_evidence", &additional } };
    if (!jf_members(v, m, 2) || !jf_is_object(a->evidence) || !jf_string(additional, &a->additional) ||
        a->additional.n > KBS_ADDITIONAL_MAX)
        return kbs_bad(why, "primary_evidence or additional_evidence");
    return SR_OK;
}

/* The evidence of 0.1.0: JSON within a string. */
static enum sr_err read_text(struct span v, struct kbs_attestation *a, struct sr_why *why)
{
    if (!jf_string(v, &a->text))
        return kbs_bad(why, "tee-evidence is no text");
    SR_TRY(json_foreign_check(buf_span(&a->text), why));
    a->evidence = buf_span(&a->text);
    return SR_OK;
}

static enum sr_err read_evidence(const struct kbs_version_row *row, struct span v, struct kbs_attestation *a,
                                 struct sr_why *why)
{
    if (row->composite)
        return read_composite(v, a, why);
    if (row->evidence_is_text && jf_is_string(v))
        return read_text(v, a, why);
    a->evidence = v;
    return !row->evidence_is_text && jf_is_object(v) ? SR_OK : kbs_bad(why, "tee-evidence");
}

enum sr_err kbs_attestation_read(enum kbs_version v, struct span body, struct kbs_attestation *ret,
                                 struct sr_why *why)
{
    SR_OWN(kbs_attestation) a = { 0 };
    const struct kbs_version_row *row = kbs_version_row(v);
    struct span init = { 0 }, runtime = { 0 }, evidence = { 0 }, key = { 0 };
    const struct jf_member m[] = { { "init-data", &init },
                                   { "runtime-data", &runtime },
                                   { "tee-evidence", &evidence },
                                   { "tee-pubkey", &key } };
    SR_TRY(json_foreign_check(body, why));
    if (!jf_members(body, m, sizeof m / sizeof *m))
        return kbs_bad(why, "not an object");
    if (row->nested && !(row->flat && runtime.n == 0)) {
        SR_TRY(read_runtime(row, runtime, &a, why));
        SR_TRY(read_init_data(init, &a, why));
    } else {
        SR_TRY(read_key(row, key, &a, why));
    }
    SR_TRY(read_evidence(row, evidence, &a, why));
    *ret = SR_TAKE(a);
    return SR_OK;
}

enum sr_err kbs_devices_check(const struct kbs_attestation *a, struct sr_why *why)
{
    struct jf_walk w = { .rest = buf_span(&a->additional) };
    struct span name, v;
    if (a->additional.n == 0)
        return SR_OK;
    SR_TRY(json_foreign_check(buf_span(&a->additional), why));
    if (jf_next_member(&w, &name, &v))
        return sr_fail(why, SR_EPROOF, R_COMPOSITE, "evidence of a device that no verifier here knows");
    return SR_OK;
}

/* ---- what is hashed ---- */

static void member(struct buf *b, const char *name, struct span text)
{
    SR_OWN(buf) one = { 0 };
    jw_str(&one, text);
    if (!buf_ok(&one))
        b->bad = true;
    wr_fmt(b, "\"%s\":", name);
    wr_span(b, buf_span(&one));
}

static void key(struct buf *b, const struct jwk *k, enum jwk_order order)
{
    wr_text(b, "\"tee-pubkey\":");
    jwk_write(k, order, b);
}

static void write_additional(struct span nonce, const struct kbs_attestation *a, struct buf *b)
{
    wr_u8(b, '{');
    member(b, "additional-evidence", buf_span(&a->additional));
    wr_u8(b, ',');
    member(b, "nonce", nonce);
    wr_u8(b, ',');
    key(b, &a->key, JWK_SORTED);
    wr_u8(b, '}');
}

static void write_sorted(struct span nonce, const struct kbs_attestation *a, struct buf *b)
{
    wr_u8(b, '{');
    member(b, "nonce", nonce);
    wr_u8(b, ',');
    key(b, &a->key, JWK_SORTED);
    wr_u8(b, '}');
}

static void write_declared(struct span nonce, const struct kbs_attestation *a, struct buf *b)
{
    wr_u8(b, '{');
    key(b, &a->key, JWK_DECLARED);
    wr_u8(b, ',');
    member(b, "nonce", nonce);
    wr_u8(b, '}');
}

static enum sr_err add(void (*write)(struct span, const struct kbs_attestation *, struct buf *),
                       struct span nonce, const struct kbs_attestation *a, struct kbs_digests *ret)
{
    SR_OWN(buf) b = { 0 };
    write(nonce, a, &b);
    if (!buf_ok(&b) || ret->n == KBS_DIGESTS_MAX)
        return SR_ENOMEM;
    ret->rd[ret->n] = (struct sha512){ 0 };
    (void)SHA384(b.p, b.n, ret->rd[ret->n].b);
    ret->n++;
    return SR_OK;
}

enum sr_err kbs_digests(enum kbs_version v, struct span nonce, const struct kbs_attestation *a,
                        struct kbs_digests *ret)
{
    unsigned hashed = kbs_version_row(v)->hashed;
    *ret = (struct kbs_digests){ 0 };
    if (hashed & HASHED_ADDITIONAL)
        SR_TRY(add(write_additional, nonce, a, ret));
    if (!(hashed & HASHED_OLD))
        return SR_OK;
    SR_TRY(add(write_sorted, nonce, a, ret));
    return add(write_declared, nonce, a, ret);
}
