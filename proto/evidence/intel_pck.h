#pragma once
/* intel_pck.h - what a PCK certificate says of its platform: the extension 1.2.840.113741.1.13.1 of the Intel
 * SGX PCK Certificate and CRL specification, 1.3.5. */
#include "crypto/cert.h"
#include "proto/evidence/intel_tcb.h"

enum pck_sgx_type { PCK_STANDARD, PCK_SCALABLE, PCK_SCALABLE_INTEGRITY };
/* As Intel's PCK profile names it; static text. */
const char *pck_sgx_type_text(enum pck_sgx_type t);

struct intel_pck {
    uint8_t ppid[16], fmspc[6], pceid[2];
    uint8_t svn[TCB_COMPONENTS]; /* SGX TCB components; the same bytes as CPUSVN */
    uint16_t pcesvn;
    enum pck_sgx_type type;
    uint8_t instance[16]; /* platform instance id; zeros under the Processor CA, which gives none */
    bool has_instance;
    bool has_configuration, dynamic_platform, cached_keys, smt;
};
/* SR_EFORMAT R_PCK_EXTENSION: the extension or one of its fields is missing, twice there, malformed or out of
 * range; or the components are not the bytes of CPUSVN. Fields that we do not know are passed over. */
enum sr_err intel_pck_read(const struct cert *c, struct intel_pck *ret, struct sr_why *why);
