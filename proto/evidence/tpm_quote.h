#pragma once
/* tpm_quote.h - what TPM 2.0 quotes are made of, parsed by our own reader (TPM 2.0 library
 * specification 1.59, part 2: 10.12.8 TPMS_ATTEST, 11.3.4 TPMT_SIGNATURE, 12.2.4 TPMT_PUBLIC). All
 * big-endian. All parsers use up every byte, and borrow. */
#include "crypto/hash.h"
#include "proto/evidence/tpm_hash.h"

/* The PCRs of every quote and seal: 0-9, 11, 12 and 14 of the SHA-256 bank, none of which can be reset. */
enum { TPM_SELECTED = 13, TPM_PCR_SEALRING = 14, TPM_BITMAP = 3 };
extern const uint8_t tpm_selection_bitmap[TPM_BITMAP]; /* ff 5b 00 */
extern const uint8_t tpm_selected_pcrs[TPM_SELECTED];  /* ascending */

/* Their values, in that order. */
struct tpm_pcrs {
    struct sha256 v[TPM_SELECTED];
};
const struct sha256 *tpm_pcr(const struct tpm_pcrs *p, unsigned index); /* NULL: not selected */
/* "measured": PCR 4 and at least one of PCRs 8, 9, 11 are not all zero; else "none". */
const char *tpm_boot_kind(const struct tpm_pcrs *p);

enum { TPM_SELECTIONS_MAX = 16 };
struct tpm_selection {
    uint16_t hash;
    struct span bitmap; /* bit 0 of byte 0 is PCR 0 */
};

struct tpm_attest {     /* a quote */
    struct span signer; /* qualified name */
    struct span extra;
    uint64_t clock; /* ms */
    uint32_t reset_count, restart_count;
    uint8_t safe;
    uint64_t firmware;
    struct tpm_selection selection[TPM_SELECTIONS_MAX];
    size_t nselection;
    struct span pcr_digest;
};
/* SR_EFORMAT R_QUOTE_FORMAT: wrong magic, no quote, short, or something is left. */
enum sr_err tpm_attest_read(struct span bytes, struct tpm_attest *ret, struct sr_why *why);

struct tpm_signature {
    uint16_t alg;
    enum hash_alg hash;
    struct span rsa;  /* RSASSA, RSAPSS */
    struct span r, s; /* ECDSA */
};
/* SR_EFORMAT R_QUOTE_FORMAT: another scheme or hash (SHA-1), short, or something is left. */
enum sr_err tpm_signature_read(struct span bytes, struct tpm_signature *ret, struct sr_why *why);
/* SR_EPROOF R_QUOTE_SIGNATURE. */
enum sr_err tpm_signature_verify(const struct tpm_signature *s, const struct pubkey *k, struct span msg,
                                 struct sr_why *why);

enum { /* TPMA_OBJECT, part 2, 8.3 */
       TPM_FIXED_TPM = 0x2,
       TPM_FIXED_PARENT = 0x10,
       TPM_SENSITIVE_DATA_ORIGIN = 0x20,
       TPM_USER_WITH_AUTH = 0x40,
       TPM_ADMIN_WITH_POLICY = 0x80,
       TPM_RESTRICTED = 0x10000,
       TPM_DECRYPT = 0x20000,
       TPM_SIGN = 0x40000
};
struct tpm_public {
    uint16_t type; /* TPM_ALG_RSA or TPM_ALG_ECC */
    uint16_t name_alg;
    uint32_t attributes;
    struct span policy;
    uint16_t sym, sym_bits, sym_mode; /* sym TPM_ALG_NULL: the others are 0 */
    uint16_t scheme, scheme_hash;     /* scheme TPM_ALG_NULL: the other is 0 */
    uint16_t curve, kdf;              /* ECC */
    uint16_t bits;                    /* RSA */
    uint32_t exponent;                /* RSA; 0 stands for 65537 */
    struct span n;                    /* RSA */
    struct span x, y;                 /* ECC */
    struct span bytes;                /* all of it, for the name */
};
/* SR_EFORMAT: short, left over, or an algorithm that neither an AK nor an EK of ours may have. The reason is
 * the caller's: R_AK_ATTRIBUTES or R_EK_TEMPLATE. */
enum sr_err tpm_public_read(struct span bytes, enum sr_reason reason, struct tpm_public *ret,
                            struct sr_why *why);
enum sr_err tpm_public_key(const struct tpm_public *p, struct pubkey *ret);
enum { TPM_NAME_MAX = 2 + TPM_DIGEST_MAX };
struct tpm_name { /* name_alg || H(TPMT_PUBLIC) */
    uint8_t b[TPM_NAME_MAX];
    size_t n;
};
enum sr_err tpm_public_name(const struct tpm_public *p, struct tpm_name *ret);
static inline struct span tpm_name_span(const struct tpm_name *n)
{
    return (struct span){ n->b, n->n };
}
/* The qualified name of a primary key of the endorsement hierarchy (part 1, 16). */
enum sr_err tpm_endorsed_name(const struct tpm_public *p, struct tpm_name *ret);
