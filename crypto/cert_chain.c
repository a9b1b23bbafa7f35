/* Paths of certificates, RFC 5280 section 6, by OpenSSL, plus what it leaves open: who is trusted (pinned
 * keys), which algorithms and keys are good enough, and what the leaf is for. */
#include "crypto/cert.h"
#include "crypto/errmark.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

typedef STACK_OF(X509) x509_stack;

SR_DEFINE_OWN_PTR(X509_STORE, X509_STORE_free)
SR_DEFINE_OWN_PTR(X509_STORE_CTX, X509_STORE_CTX_free)
SR_DEFINE_OWN_PTR(x509_stack, sk_X509_free)
SR_DEFINE_OWN_PTR(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
SR_DEFINE_OWN_PTR(ASN1_OBJECT, ASN1_OBJECT_free)

enum usage_rule { USAGE_REQUIRED, USAGE_IF_PRESENT };

enum end_rule { END_LEAF, END_CA };
enum { ANY_DIGEST = 0, ANY_SIGNATURE = 0 };

/* What the certificate at the lower end must be, and how it must be signed. EK: TCG EK Credential Profile
 * 2.5, 3.2.12 and 3.2.13: one decrypting key, of which kind depends on the algorithm. AMD: RSASSA-PSS with
 * SHA-384 everywhere (57230), and no key usage in device certificates. Intel: P-256 and SHA-256 everywhere
 * (PCK Certificate and CRL specification). */
static const struct purpose_row {
    const char *eku; /* OID that must be among the extended key usages; NULL: none asked for */
    enum usage_rule rule;
    uint32_t rsa_usage, ec_usage; /* all of these bits */
    enum end_rule end;
    int digest, signature; /* of the signature on it */
    enum pubkey_type key;  /* in it; PUBKEY_NONE: any */
} purposes[CERT_PURPOSE_COUNT] = {
    [CERT_EK] = { .eku = "2.23.133.8.1",
                  .rule = USAGE_REQUIRED,
                  .rsa_usage = KU_KEY_ENCIPHERMENT,
                  .ec_usage = KU_KEY_AGREEMENT },
    [CERT_AK] = { .rule = USAGE_REQUIRED,
                  .rsa_usage = KU_DIGITAL_SIGNATURE,
                  .ec_usage = KU_DIGITAL_SIGNATURE },
    [CERT_EVIDENCE] = { .rule = USAGE_IF_PRESENT,
                        .rsa_usage = KU_DIGITAL_SIGNATURE,
                        .ec_usage = KU_DIGITAL_SIGNATURE },
    [CERT_AMD_CA] = { .rule = USAGE_REQUIRED,
                      .rsa_usage = KU_KEY_CERT_SIGN,
                      .end = END_CA,
                      .digest = NID_sha384,
                      .signature = NID_rsassaPss,
                      .key = PUBKEY_RSA },
    [CERT_AMD_VEK] = { .rule = USAGE_IF_PRESENT,
                       .ec_usage = KU_DIGITAL_SIGNATURE,
                       .digest = NID_sha384,
                       .signature = NID_rsassaPss,
                       .key = PUBKEY_P384 },
    [CERT_INTEL_CA] = { .rule = USAGE_REQUIRED,
                        .ec_usage = KU_KEY_CERT_SIGN,
                        .end = END_CA,
                        .digest = NID_sha256,
                        .signature = NID_X9_62_id_ecPublicKey,
                        .key = PUBKEY_P256 },
    [CERT_INTEL_LEAF] = { .rule = USAGE_REQUIRED,
                          .ec_usage = KU_DIGITAL_SIGNATURE,
                          .digest = NID_sha256,
                          .signature = NID_X9_62_id_ecPublicKey,
                          .key = PUBKEY_P256 },
};

/* Signatures that may stand on a path: digest at least SHA-256, no other key than RSA and ECDSA. */
static const struct signature_row {
    int digest, key;
} signatures[] = {
    { NID_sha256, NID_rsaEncryption },
    { NID_sha384, NID_rsaEncryption },
    { NID_sha512, NID_rsaEncryption },
    { NID_sha256, NID_rsassaPss },
    { NID_sha384, NID_rsassaPss },
    { NID_sha512, NID_rsassaPss },
    { NID_sha256, NID_X9_62_id_ecPublicKey },
    { NID_sha384, NID_X9_62_id_ecPublicKey },
    { NID_sha512, NID_X9_62_id_ecPublicKey },
};

/* What OpenSSL's refusals mean to a peer; any other is R_CERT_CHAIN. */
static const struct refusal_row {
    int error;
    enum sr_reason reason;
} refusals[] = {
    { X509_V_ERR_CERT_NOT_YET_VALID, R_CERT_TIME },
    { X509_V_ERR_CERT_HAS_EXPIRED, R_CERT_TIME },
    { X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, R_CERT_TIME },
    { X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, R_CERT_TIME },
    { X509_V_ERR_CERT_SIGNATURE_FAILURE, R_CERT_SIGNATURE },
    { X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, R_CERT_SIGNATURE },
    { X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, R_CERT_WEAK },
    { X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, R_CERT_WEAK },
    { X509_V_ERR_EE_KEY_TOO_SMALL, R_CERT_WEAK },
    { X509_V_ERR_CA_KEY_TOO_SMALL, R_CERT_WEAK },
    { X509_V_ERR_CA_MD_TOO_WEAK, R_CERT_WEAK },
    { X509_V_ERR_INVALID_CA, R_CERT_CA },
    { X509_V_ERR_PATH_LENGTH_EXCEEDED, R_CERT_CA },
    { X509_V_ERR_KEYUSAGE_NO_CERTSIGN, R_CERT_CA },
    { X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, R_CERT_CRITICAL },
};

static enum sr_err openssl_says(int error, int depth, struct sr_why *why)
{
    enum sr_reason reason = R_CERT_CHAIN;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].error == error)
            reason = refusals[i].reason;
    return sr_fail(why, SR_EPROOF, reason, "certificate %d of the path: %s", depth,
                   X509_verify_cert_error_string(error));
}

static enum sr_err pin_of(X509 *x, const struct sha256 anchors[], size_t n, struct sha256 *ret)
{
    struct sha256 hash;
    struct cert c = { x };
    SR_TRY(cert_spki_hash(&c, &hash));
    for (size_t i = 0; i < n; i++)
        if (sha256_eq(&hash, &anchors[i])) {
            *ret = hash;
            return SR_OK;
        }
    return SR_ENOENT;
}

struct path_in {
    const struct cert *leaf, *chain;
    size_t n_chain;
    const struct sha256 *anchors;
    size_t n_anchors;
    const time_t *at;
    enum cert_purpose purpose;
};

/* Pinned certificates into the store, all others to the untrusted ones. */
static enum sr_err sort_chain(const struct path_in *in, X509_STORE *store, x509_stack *others,
                              struct sr_why *why)
{
    size_t pinned = 0;
    for (size_t i = 0; i < in->n_chain; i++) {
        struct sha256 hash;
        X509 *x = in->chain[i].x509;
        if (!x)
            return sr_fail(why, SR_EBUG, R_INTERNAL, "certificate chain: element %zu is empty", i);
        bool is_pinned = pin_of(x, in->anchors, in->n_anchors, &hash) == SR_OK;
        if (!(is_pinned ? X509_STORE_add_cert(store, x) : sk_X509_push(others, x)))
            return SR_ENOMEM;
        pinned += is_pinned;
    }
    return pinned ? SR_OK
                  : sr_fail(why, SR_EPROOF, R_CERT_ANCHOR,
                            "certificate chain: no certificate is of a pinned key");
}

static enum sr_err check_signature(X509 *x, int depth, struct sr_why *why)
{
    int digest, key, bits;
    uint32_t flags;
    if (X509_get_signature_info(x, &digest, &key, &bits, &flags) == 1)
        for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
            if (signatures[i].digest == digest && signatures[i].key == key)
                return SR_OK;
    return sr_fail(why, SR_EPROOF, R_CERT_WEAK, "certificate %d of the path: its signature algorithm", depth);
}

static enum sr_err check_path(const x509_stack *path, enum end_rule end, struct sr_why *why)
{
    for (int i = 0; i < sk_X509_num(path); i++) {
        struct cert c = { sk_X509_value(path, i) };
        SR_OWN(pubkey) key = { 0 };
        SR_TRY(cert_pubkey(&c, &key, why));
        SR_TRY(check_signature(c.x509, i, why));
        int ca = X509_check_ca(c.x509);
        if (ca != (i > 0 || end == END_CA ? 1 : 0))
            return sr_fail(why, SR_EPROOF, R_CERT_CA, "certificate %d of the path %s a CA", i,
                           ca ? "is" : "is not");
    }
    return SR_OK;
}

static bool has_eku(X509 *x, const char *oid)
{
    SR_OWN_PTR(ASN1_OBJECT) want = OBJ_txt2obj(oid, 1);
    SR_OWN_PTR(EXTENDED_KEY_USAGE) all = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; want && all && i < sk_ASN1_OBJECT_num(all); i++)
        if (OBJ_cmp(sk_ASN1_OBJECT_value(all, i), want) == 0)
            return true;
    return false;
}

static enum sr_err check_purpose(const struct cert *leaf, const struct purpose_row *p, struct sr_why *why)
{
    SR_OWN(pubkey) key = { 0 };
    int digest, signature, bits;
    uint32_t flags;
    SR_TRY(cert_pubkey(leaf, &key, why));
    if (p->key != PUBKEY_NONE && pubkey_type(&key) != p->key)
        return sr_fail(why, SR_EPROOF, R_CERT_PURPOSE, "leaf certificate: another kind of key");
    if (X509_get_signature_info(leaf->x509, &digest, &signature, &bits, &flags) != 1 ||
        (p->digest != ANY_DIGEST && digest != p->digest) ||
        (p->signature != ANY_SIGNATURE && signature != p->signature))
        return sr_fail(why, SR_EPROOF, R_CERT_WEAK, "leaf certificate: another signature algorithm");
    uint32_t want = pubkey_type(&key) == PUBKEY_RSA ? p->rsa_usage : p->ec_usage;
    uint32_t usage = X509_get_key_usage(leaf->x509);
    bool present = (X509_get_extension_flags(leaf->x509) & EXFLAG_KUSAGE) != 0;
    if (present ? (usage & want) != want : p->rule == USAGE_REQUIRED)
        return sr_fail(why, SR_EPROOF, R_CERT_PURPOSE, "leaf certificate: key usage");
    if (p->eku && !has_eku(leaf->x509, p->eku))
        return sr_fail(why, SR_EPROOF, R_CERT_PURPOSE, "leaf certificate: no extended key usage %s", p->eku);
    return SR_OK;
}

/* at NULL: the caller looks at the times. */
static X509_STORE_CTX *path_ctx(X509_STORE *store, X509 *leaf, x509_stack *others, const time_t *at)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (!ctx || X509_STORE_CTX_init(ctx, store, leaf, others) != 1) {
        X509_STORE_CTX_free(ctx);
        return NULL;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    if (at)
        X509_VERIFY_PARAM_set_time(param, *at);
    else
        (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_depth(param, CERTS_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits: RSA 2048, and no SHA-1 */
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CHECK_SS_SIGNATURE);
    return ctx;
}

/* The time for which the whole path is good. */
static enum sr_err path_validity(const x509_stack *path, struct validity *ret, struct sr_why *why)
{
    struct validity all = { 0 };
    for (int i = 0; i < sk_X509_num(path); i++) {
        struct cert c = { sk_X509_value(path, i) };
        struct validity one;
        if (cert_times(&c, &one.from, &one.until) != SR_OK)
            return sr_fail(why, SR_EPROOF, R_CERT_TIME, "certificate %d of the path: its times", i);
        all = i ? validity_both(all, one) : one;
    }
    *ret = all;
    return SR_OK;
}

static enum sr_err verify_path(const struct path_in *in, struct sr_why *why, struct sha256 *ret_anchor,
                               struct validity *ret_valid)
{
    KEEP_ERROR_QUEUE;
    struct sha256 anchor;
    if (in->n_chain > CERTS_MAX - 1)
        return sr_fail(why, SR_ETOOBIG, R_CERT_CHAIN, "certificate chain: %zu above the leaf", in->n_chain);
    if (!in->leaf->x509 || (unsigned)in->purpose >= CERT_PURPOSE_COUNT)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "certificate chain: nothing to verify");
    SR_OWN_PTR(X509_STORE) store = X509_STORE_new();
    SR_OWN_PTR(x509_stack) others = sk_X509_new_null();
    if (!store || !others)
        return SR_ENOMEM;
    SR_TRY(sort_chain(in, store, others, why));
    SR_OWN_PTR(X509_STORE_CTX) ctx = path_ctx(store, in->leaf->x509, others, in->at);
    if (!ctx)
        return SR_ENOMEM;
    if (X509_verify_cert(ctx) != 1)
        return openssl_says(X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx), why);
    const x509_stack *path = X509_STORE_CTX_get0_chain(ctx);
    int n = sk_X509_num(path);
    if (n < 2 || pin_of(sk_X509_value(path, n - 1), in->anchors, in->n_anchors, &anchor) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_CERT_ANCHOR, "certificate path: does not end in a pinned key");
    SR_TRY(check_path(path, purposes[in->purpose].end, why));
    SR_TRY(check_purpose(in->leaf, &purposes[in->purpose], why));
    SR_TRY(path_validity(path, ret_valid, why));
    *ret_anchor = anchor;
    return SR_OK;
}

enum sr_err cert_chain_verify(const struct cert *leaf, const struct cert chain[], size_t n_chain,
                              const struct sha256 anchors[], size_t n_anchors, time_t at,
                              enum cert_purpose purpose, struct sr_why *why, struct sha256 *ret_anchor)
{
    struct path_in in = { leaf, chain, n_chain, anchors, n_anchors, &at, purpose };
    struct sha256 anchor;
    struct validity valid;
    SR_TRY(verify_path(&in, why, &anchor, &valid));
    if (ret_anchor)
        *ret_anchor = anchor;
    return SR_OK;
}

enum sr_err cert_chain_validity(const struct cert *leaf, const struct cert chain[], size_t n_chain,
                                const struct sha256 anchors[], size_t n_anchors, enum cert_purpose purpose,
                                struct sr_why *why, struct sha256 *ret_anchor, struct validity *ret)
{
    struct path_in in = { leaf, chain, n_chain, anchors, n_anchors, NULL, purpose };
    return verify_path(&in, why, ret_anchor, ret);
}

enum sr_err cert_root_check(const struct cert *c, enum cert_purpose purpose, struct sr_why *why,
                            struct validity *ret)
{
    KEEP_ERROR_QUEUE;
    struct validity valid;
    if (!c->x509 || (unsigned)purpose >= CERT_PURPOSE_COUNT)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "root certificate: nothing to check");
    if (X509_self_signed(c->x509, 1) != 1)
        return sr_fail(why, SR_EPROOF, R_CERT_SIGNATURE, "root certificate: not signed by itself");
    if (X509_check_ca(c->x509) != 1)
        return sr_fail(why, SR_EPROOF, R_CERT_CA, "root certificate: not a CA");
    SR_TRY(check_purpose(c, &purposes[purpose], why));
    if (cert_times(c, &valid.from, &valid.until) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_CERT_TIME, "root certificate: its times");
    *ret = valid;
    return SR_OK;
}

bool cert_names_issuer(const struct cert *c, const struct cert *issuer)
{
    KEEP_ERROR_QUEUE;
    return c->x509 && issuer->x509 && X509_check_issued(issuer->x509, c->x509) == X509_V_OK;
}

bool cert_has_serial(const struct cert *c, struct span number)
{
    const ASN1_INTEGER *serial = c->x509 ? X509_get0_serialNumber(c->x509) : NULL;
    return serial && ASN1_STRING_type(serial) == V_ASN1_INTEGER &&
           span_eq((struct span){ ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial) },
                   number);
}
