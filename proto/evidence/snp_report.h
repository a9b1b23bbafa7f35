#pragma once
/* snp_report.h - the ATTESTATION_REPORT of AMD SEV-SNP, versions 2 to 5, parsed by our own reader: AMD 56860
 * (SEV Secure Nested Paging Firmware ABI), 7.3, table "ATTESTATION_REPORT Structure". Little-endian. Names
 * are AMD's. Everything borrows. Parsing says nothing about the signature. specs/evidence-snp.md, "Report".
 */
#include "proto/evidence/amd_vek.h"

enum { SNP_REPORT_SIZE = 1184, SNP_SIGNED_SIZE = 672, SNP_SIGNATURE_NUMBER = 48 };

enum { /* bits of POLICY */
       SNP_POLICY_SMT = 16,
       SNP_POLICY_ONE = 17, /* must be 1 */
       SNP_POLICY_MIGRATE_MA = 18,
       SNP_POLICY_DEBUG = 19,
       SNP_POLICY_SINGLE_SOCKET = 20,
       SNP_POLICY_CXL = 21,
       SNP_POLICY_AES_256_XTS = 22,
       SNP_POLICY_RAPL_DIS = 23,
       SNP_POLICY_CIPHERTEXT_HIDING = 24,
       SNP_POLICY_PAGE_SWAP_DISABLE = 25
};
enum { /* bits of PLATFORM_INFO */
       SNP_PLATFORM_SMT = 0,
       SNP_PLATFORM_TSME = 1,
       SNP_PLATFORM_ECC = 2,
       SNP_PLATFORM_RAPL_DIS = 3,
       SNP_PLATFORM_CIPHERTEXT_HIDING = 4,
       SNP_PLATFORM_ALIAS_CHECK = 5,
       SNP_PLATFORM_TIO = 7
};
enum snp_signing_key { SNP_KEY_VCEK = 0, SNP_KEY_VLEK = 1 };

struct snp_firmware {
    uint8_t build, minor, major;
};
struct snp_report {
    struct span signed_part; /* the first 672 bytes */
    uint32_t version, guest_svn, vmpl;
    uint64_t policy, platform_info;
    bool author_key, mask_chip_key;
    enum snp_signing_key signing_key;
    struct span family_id, image_id, report_data, measurement, host_data, id_key_digest, author_key_digest,
        report_id, report_id_ma, chip_id;
    uint8_t cpuid_family, cpuid_model, cpuid_stepping;                /* zero in version 2 */
    struct span current_tcb, reported_tcb, committed_tcb, launch_tcb; /* 8 bytes: snp_tcb_read() */
    struct snp_firmware current, committed;
    uint64_t launch_mit, current_mit;                         /* version 5, else 0 */
    uint8_t r[SNP_SIGNATURE_NUMBER], s[SNP_SIGNATURE_NUMBER]; /* big-endian */
};
/* Exactly 1184 bytes. SR_EFORMAT:
 *   R_REPORT_VERSION  a version that is not 2 to 5
 *   R_REPORT_FORMAT   another size or signature algorithm; a reserved field, or the upper part of a number of
 *                     the signature, that is not zero; POLICY without the bit that is always set
 *   R_SIGNING_KEY     signed by neither VCEK nor VLEK, or by a VCEK that is masked */
enum sr_err snp_report_read(struct span bytes, struct snp_report *ret, struct sr_why *why);

/* The product by CPUID; AMD_NONE: unknown. Of a version 2 report it can't be told. */
enum amd_product snp_report_product(const struct snp_report *r);
/* TCB_VERSION, whose layout depends on the product. SR_EFORMAT R_REPORT_FORMAT: a reserved byte is not zero.
 */
enum sr_err snp_tcb_read(struct span tcb, enum amd_product p, struct amd_tcb *ret, struct sr_why *why);
bool amd_tcb_eq(const struct amd_tcb *a, const struct amd_tcb *b);
/* No component of a is above that of b. */
bool amd_tcb_none_above(const struct amd_tcb *a, const struct amd_tcb *b);
