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

/* What a leaf must be. EK: TCG EK Credential Profile 2.5, 3.2.12 and 3.2.13: one decrypting key, of which
 * kind depends on the algorithm. Device certificates of AMD have no key usage at all. */
static const struct purpose_row {
    const char *eku; /* OID that must be among the extended key usages; NULL: none asked for */
    enum usage_rule rule;
    uint32_t rsa_usage, ec_usage; /* all of these bits */
} purposes[CERT_PURPOSE_COUNT] = {
    [CERT_EK] = { "2.23.133.8.1", USAGE_REQUIRED, KU_KEY_ENCIPHERMENT, KU_KEY_AGREEMENT },
    [CERT_AK] = { NULL, USAGE_REQUIRED, KU_DIGITAL_SIGNATURE, KU_DIGITAL_SIGNATURE },
    [CERT_EVIDENCE] = { NULL, USAGE_IF_PRESENT, KU_DIGITAL_SIGNATURE, KU_DIGITAL_SIGNATURE },
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

/* Pinned certificates into the store, all others to the untrusted ones. */
static enum sr_err sort_chain(const struct cert chain[], size_t n_chain, const struct sha256 anchors[],
                              size_t n_anchors, X509_STORE *store, x509_stack *others, struct sr_why *why)
{
    size_t pinned = 0;
    for (size_t i = 0; i < n_chain; i++) {
        struct sha256 hash;
        if (!chain[i].x509)
            return sr_fail(why, SR_EBUG, R_INTERNAL, "certificate chain: element %zu is empty", i);
        bool is_pinned = pin_of(chain[i].x509, anchors, n_anchors, &hash) == SR_OK;
        if (!(is_pinned ? X509_STORE_add_cert(store, chain[i].x509) : sk_X509_push(others, chain[i].x509)))
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

static enum sr_err check_path(const x509_stack *path, struct sr_why *why)
{
    for (int i = 0; i < sk_X509_num(path); i++) {
        struct cert c = { sk_X509_value(path, i) };
        SR_OWN(pubkey) key = { 0 };
        SR_TRY(cert_pubkey(&c, &key, why));
        SR_TRY(check_signature(c.x509, i, why));
        int ca = X509_check_ca(c.x509);
        if (i == 0 ? ca != 0 : ca != 1)
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
    SR_TRY(cert_pubkey(leaf, &key, why));
    uint32_t want = pubkey_type(&key) == PUBKEY_RSA ? p->rsa_usage : p->ec_usage;
    uint32_t usage = X509_get_key_usage(leaf->x509);
    bool present = (X509_get_extension_flags(leaf->x509) & EXFLAG_KUSAGE) != 0;
    if (present ? (usage & want) != want : p->rule == USAGE_REQUIRED)
        return sr_fail(why, SR_EPROOF, R_CERT_PURPOSE, "leaf certificate: key usage");
    if (p->eku && !has_eku(leaf->x509, p->eku))
        return sr_fail(why, SR_EPROOF, R_CERT_PURPOSE, "leaf certificate: no extended key usage %s", p->eku);
    return SR_OK;
}

static X509_STORE_CTX *path_ctx(X509_STORE *store, X509 *leaf, x509_stack *others, time_t at)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (!ctx || X509_STORE_CTX_init(ctx, store, leaf, others) != 1) {
        X509_STORE_CTX_free(ctx);
        return NULL;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, at);
    X509_VERIFY_PARAM_set_depth(param, CERTS_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits: RSA 2048, and no SHA-1 */
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CHECK_SS_SIGNATURE);
    return ctx;
}

enum sr_err cert_chain_verify(const struct cert *leaf, const struct cert chain[], size_t n_chain,
                              const struct sha256 anchors[], size_t n_anchors, time_t at,
                              enum cert_purpose purpose, struct sr_why *why, struct sha256 *ret_anchor)
{
    KEEP_ERROR_QUEUE;
    struct sha256 anchor;
    if (n_chain > CERTS_MAX - 1)
        return sr_fail(why, SR_ETOOBIG, R_CERT_CHAIN, "certificate chain: %zu above the leaf", n_chain);
    if (!leaf->x509 || (unsigned)purpose >= CERT_PURPOSE_COUNT)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "certificate chain: nothing to verify");
    SR_OWN_PTR(X509_STORE) store = X509_STORE_new();
    SR_OWN_PTR(x509_stack) others = sk_X509_new_null();
    if (!store || !others)
        return SR_ENOMEM;
    SR_TRY(sort_chain(chain, n_chain, anchors, n_anchors, store, others, why));
    SR_OWN_PTR(X509_STORE_CTX) ctx = path_ctx(store, leaf->x509, others, at);
    if (!ctx)
        return SR_ENOMEM;
    if (X509_verify_cert(ctx) != 1)
        return openssl_says(X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx), why);
    const x509_stack *path = X509_STORE_CTX_get0_chain(ctx);
    int n = sk_X509_num(path);
    if (n < 2 || pin_of(sk_X509_value(path, n - 1), anchors, n_anchors, &anchor) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_CERT_ANCHOR, "certificate path: does not end in a pinned key");
    SR_TRY(check_path(path, why));
    SR_TRY(check_purpose(leaf, &purposes[purpose], why));
    if (ret_anchor)
        *ret_anchor = anchor;
    return SR_OK;
}
