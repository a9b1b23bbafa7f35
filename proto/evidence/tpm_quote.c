#include "proto/evidence/tpm_quote.h"

const uint8_t tpm_selection_bitmap[TPM_BITMAP] = { 0xff, 0x5b, 0x00 };
const uint8_t tpm_selected_pcrs[TPM_SELECTED] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14 };

const struct sha256 *tpm_pcr(const struct tpm_pcrs *p, unsigned index)
{
    for (size_t i = 0; i < TPM_SELECTED; i++)
        if (tpm_selected_pcrs[i] == index)
            return &p->v[i];
    return NULL;
}

static bool extended(const struct tpm_pcrs *p, unsigned index)
{
    static const struct sha256 zero;
    const struct sha256 *v = tpm_pcr(p, index);
    return v && !sha256_eq(v, &zero);
}

const char *tpm_boot_kind(const struct tpm_pcrs *p)
{
    bool measured = extended(p, 4) && (extended(p, 8) || extended(p, 9) || extended(p, 11));
    return measured ? "measured" : "none";
}

/* A TPM2B: 16-bit length, then the bytes. */
static struct span rd_2b(struct reader *r, size_t max)
{
    size_t n = rd_u16be(r);
    if (n > max)
        r->bad = true;
    return rd_span(r, n);
}

static void read_selections(struct reader *r, struct tpm_attest *a)
{
    uint32_t n = rd_u32be(r);
    if (n > TPM_SELECTIONS_MAX)
        r->bad = true;
    for (; !r->bad && a->nselection < n; a->nselection++) {
        struct tpm_selection *s = &a->selection[a->nselection];
        s->hash = rd_u16be(r);
        s->bitmap = rd_span(r, rd_u8(r));
    }
}

enum sr_err tpm_attest_read(struct span bytes, struct tpm_attest *ret, struct sr_why *why)
{
    static const uint8_t quote[6] = { 0xff, 'T', 'C', 'G', 0x80, 0x18 };
    struct reader r = rd_init(bytes);
    struct tpm_attest a = { 0 };
    if (!span_eq(rd_span(&r, sizeof quote), SPAN(quote)))
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "TPMS_ATTEST is no quote");
    a.signer = rd_2b(&r, TPM_NAME_MAX);
    a.extra = rd_2b(&r, TPM_DIGEST_MAX + 2);
    a.clock = rd_u64be(&r);
    a.reset_count = rd_u32be(&r);
    a.restart_count = rd_u32be(&r);
    a.safe = rd_u8(&r);
    a.firmware = rd_u64be(&r);
    read_selections(&r, &a);
    a.pcr_digest = rd_2b(&r, TPM_DIGEST_MAX);
    if (!rd_end(&r) || a.safe > 1)
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "malformed TPMS_ATTEST");
    *ret = a;
    return SR_OK;
}

enum sr_err tpm_signature_read(struct span bytes, struct tpm_signature *ret, struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    struct tpm_signature s = { .alg = rd_u16be(&r) };
    if (tpm_hash_alg(rd_u16be(&r), &s.hash) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "the quote is signed with a hash not allowed");
    if (s.alg == TPM_ALG_RSASSA || s.alg == TPM_ALG_RSAPSS) {
        s.rsa = rd_2b(&r, RSA_BITS_MAX / 8);
    } else if (s.alg == TPM_ALG_ECDSA) {
        s.r = rd_2b(&r, 48);
        s.s = rd_2b(&r, 48);
    } else {
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "signature scheme %04x", s.alg);
    }
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "malformed TPMT_SIGNATURE");
    *ret = s;
    return SR_OK;
}

static enum sr_err verify_by_alg(const struct tpm_signature *s, const struct pubkey *k, struct span msg)
{
    switch (s->alg) {
    case TPM_ALG_ECDSA: return pubkey_verify_ecdsa(k, s->hash, msg, s->r, s->s);
    case TPM_ALG_RSASSA: return pubkey_verify_rsa(k, RSA_SCHEME_PKCS1, s->hash, msg, s->rsa);
    case TPM_ALG_RSAPSS: return pubkey_verify_rsa(k, RSA_SCHEME_PSS, s->hash, msg, s->rsa);
    }
    return SR_EFORMAT;
}

enum sr_err tpm_signature_verify(const struct tpm_signature *s, const struct pubkey *k, struct span msg,
                                 struct sr_why *why)
{
    enum sr_err e = verify_by_alg(s, k, msg);
    if (e == SR_ENOMEM || e == SR_EBUG)
        return sr_fail(why, e, R_INTERNAL, "%s", sr_strerror(e));
    if (e != SR_OK)
        return sr_fail(why, SR_EPROOF, R_QUOTE_SIGNATURE, "the AK did not sign this quote");
    return SR_OK;
}

static void read_symmetric(struct reader *r, struct tpm_public *p)
{
    p->sym = rd_u16be(r);
    if (p->sym == TPM_ALG_NULL)
        return;
    p->sym_bits = rd_u16be(r);
    p->sym_mode = rd_u16be(r);
    if (p->sym != TPM_ALG_AES || p->sym_mode != TPM_ALG_CFB)
        r->bad = true;
}

static void read_scheme(struct reader *r, struct tpm_public *p)
{
    p->scheme = rd_u16be(r);
    if (p->scheme == TPM_ALG_NULL)
        return;
    p->scheme_hash = rd_u16be(r);
    if (p->scheme != TPM_ALG_RSASSA && p->scheme != TPM_ALG_RSAPSS && p->scheme != TPM_ALG_ECDSA)
        r->bad = true;
}

static void read_rsa(struct reader *r, struct tpm_public *p)
{
    p->bits = rd_u16be(r);
    p->exponent = rd_u32be(r);
    p->n = rd_2b(r, RSA_BITS_MAX / 8);
    if (p->n.n * 8 != p->bits)
        r->bad = true;
}

static void read_ecc(struct reader *r, struct tpm_public *p)
{
    p->curve = rd_u16be(r);
    p->kdf = rd_u16be(r);
    p->x = rd_2b(r, 48);
    p->y = rd_2b(r, 48);
    if (p->kdf != TPM_ALG_NULL || (p->curve != TPM_CURVE_P256 && p->curve != TPM_CURVE_P384))
        r->bad = true;
}

enum sr_err tpm_public_read(struct span bytes, enum sr_reason reason, struct tpm_public *ret,
                            struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    struct tpm_public p = { .bytes = bytes };
    p.type = rd_u16be(&r);
    p.name_alg = rd_u16be(&r);
    p.attributes = rd_u32be(&r);
    p.policy = rd_2b(&r, TPM_DIGEST_MAX);
    read_symmetric(&r, &p);
    read_scheme(&r, &p);
    if (p.type == TPM_ALG_RSA)
        read_rsa(&r, &p);
    else if (p.type == TPM_ALG_ECC)
        read_ecc(&r, &p);
    else
        r.bad = true;
    enum hash_alg alg;
    if (!rd_end(&r) || tpm_hash_alg(p.name_alg, &alg) != SR_OK)
        return sr_fail(why, SR_EFORMAT, reason, "malformed TPMT_PUBLIC, or an algorithm not allowed");
    *ret = p;
    return SR_OK;
}

enum sr_err tpm_public_key(const struct tpm_public *p, struct pubkey *ret)
{
    if (p->type == TPM_ALG_RSA)
        return pubkey_from_rsa(p->n, p->exponent ? p->exponent : 65537, ret);
    return pubkey_from_ec(p->curve == TPM_CURVE_P256 ? CURVE_P256 : CURVE_P384, p->x, p->y, ret);
}

static enum sr_err name_of(uint16_t name_alg, struct span bytes, struct tpm_name *ret)
{
    enum hash_alg alg;
    struct tpm_digest d;
    SR_TRY(tpm_hash_alg(name_alg, &alg));
    SR_TRY(tpm_hash(alg, bytes, &d));
    struct tpm_name name = { .b = { (uint8_t)(name_alg >> 8), (uint8_t)name_alg }, .n = 2 + d.n };
    for (size_t i = 0; i < d.n; i++)
        name.b[2 + i] = d.b[i];
    *ret = name;
    return SR_OK;
}

enum sr_err tpm_public_name(const struct tpm_public *p, struct tpm_name *ret)
{
    return name_of(p->name_alg, p->bytes, ret);
}

enum sr_err tpm_endorsed_name(const struct tpm_public *p, struct tpm_name *ret)
{
    struct tpm_name name;
    SR_TRY(tpm_public_name(p, &name));
    SR_OWN(buf) qualified = { 0 };
    wr_u32be(&qualified, TPM_RH_ENDORSEMENT);
    wr_span(&qualified, tpm_name_span(&name));
    if (!buf_ok(&qualified))
        return SR_ENOMEM;
    return name_of(p->name_alg, buf_span(&qualified), ret);
}
