#pragma once
/* intel_tcb.h - what Intel says about the state of platforms and quoting enclaves: TCB info version 3 and QE
 * identity version 2 of the PCS API version 4, read from the signed bytes. Names are Intel's. Parsing says
 * nothing about signatures: proto/evidence/collateral.h does. specs/evidence-dcap.md, "Collateral". */
#include "crypto/cert.h"

enum {
    TCB_LEVELS_MAX = 64,
    TCB_MODULES_MAX = 16,
    TCB_ADVISORIES_MAX = 512, /* in one document */
    TCB_ADVISORY_SIZE = 20,   /* bytes of one, with its NUL */
    TCB_COMPONENTS = 16
};

/* Best first. What is merged from several is the worse one, as tcb_status_merge() says. */
enum tcb_status {
    TCB_UP_TO_DATE,
    TCB_SW_HARDENING_NEEDED,
    TCB_CONFIGURATION_NEEDED,
    TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
    TCB_TD_RELAUNCH_ADVISED,
    TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
    TCB_OUT_OF_DATE,
    TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
    TCB_REVOKED,
    TCB_STATUS_COUNT
};
const char *tcb_status_text(enum tcb_status s); /* Intel's word */
/* A platform's status with that of a module or enclave on it, Intel's rule. */
enum tcb_status tcb_status_merge(enum tcb_status platform, enum tcb_status part);

struct tcb_verdict { /* what stands in a level */
    enum tcb_status status;
    time_t date;                   /* all advisories published until then are mitigated */
    uint16_t advisory, advisory_n; /* into the document's list */
};
struct tcb_level {
    uint8_t sgx[TCB_COMPONENTS], tdx[TCB_COMPONENTS];
    uint16_t pcesvn;
    struct tcb_verdict verdict;
};
struct isv_level {
    uint16_t isvsvn;
    struct tcb_verdict verdict;
};
struct isv_levels {
    struct isv_level l[TCB_LEVELS_MAX];
    size_t n;
};
/* The first level at or below isvsvn. NULL: none. */
const struct isv_level *isv_level_find(const struct isv_levels *l, uint16_t isvsvn);

struct tcb_advisories {
    char id[TCB_ADVISORIES_MAX][TCB_ADVISORY_SIZE];
    size_t n;
};

enum intel_tee { INTEL_SGX, INTEL_TDX };

struct tdx_module {
    uint8_t version; /* TEE_TCB_SVN[1] */
    uint8_t mrsigner[48], attributes[8], mask[8];
    struct isv_levels levels;
};

struct tcb_info {
    enum intel_tee tee;
    uint8_t fmspc[6], pceid[2];
    uint32_t eval;         /* tcbEvaluationDataNumber */
    struct validity valid; /* issueDate to nextUpdate */
    struct tcb_level level[TCB_LEVELS_MAX];
    size_t nlevel;
    struct tdx_module module, modules[TCB_MODULES_MAX]; /* tdxModule; tdxModuleIdentities. TDX alone */
    size_t nmodules;
    struct tcb_advisories advisories;
};
/* From the bytes of the inner object. SR_EFORMAT R_COLLATERAL_FORMAT: another version or kind, a field that
 * is missing, of another type, out of range or of another length, an unknown status, levels that are not
 * listed best first. Members that we do not know are passed over: Intel adds some without a new version. */
enum sr_err tcb_info_read(struct span object, struct tcb_info *ret, struct sr_why *why);
const struct tdx_module *tcb_info_module(const struct tcb_info *t, uint8_t version); /* NULL: none */

enum qe_id { QE_SGX, QE_TD };

struct qe_identity {
    enum qe_id id;
    uint32_t eval;
    struct validity valid;
    uint8_t miscselect[4], miscselect_mask[4]; /* as they stand in a report: little-endian */
    uint8_t attributes[16], attributes_mask[16];
    uint8_t mrsigner[32];
    uint16_t isvprodid;
    struct isv_levels levels;
    struct tcb_advisories advisories;
};
/* The signed object of an enclave identity. SR_EFORMAT, R_COLLATERAL_FORMAT. */
enum sr_err qe_identity_read(struct span object, struct qe_identity *ret, struct sr_why *why);
