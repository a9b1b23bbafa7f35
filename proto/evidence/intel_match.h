#pragma once
/* intel_match.h - a platform, its quoting enclave and its TDX module against Intel's documents: which level
 * each has, and what follows. Pure; Intel's rules of appraisal, specs/evidence-dcap.md, "TCB status". */
#include "proto/evidence/dcap_quote.h"
#include "proto/evidence/intel_pck.h"

/* The quoting enclave is the one that the document describes. SR_EPROOF R_QE_IDENTITY. */
enum sr_err intel_qe_match(const struct qe_identity *id, const struct sgx_report *qe, struct sr_why *why);
/* The TDX module is one that Intel signed and the document knows. SR_EPROOF R_TDX_MODULE. */
enum sr_err intel_module_match(const struct tcb_info *info, const struct td_report *td, struct sr_why *why);

struct tcb_result {
    enum tcb_status status;               /* of everything together */
    enum tcb_status platform, module, qe; /* of each; module of TDX alone, else UpToDate */
    time_t date;                          /* the earliest of the levels that were matched */
    struct tcb_advisories advisories;     /* of all of them, none twice */
};
/* SR_EPROOF R_TCB_UNSUPPORTED: a part has no level; R_TCB_REVOKED: one is revoked, which nothing may accept.
 * td is NULL for SGX. */
enum sr_err intel_tcb_match(const struct tcb_info *info, const struct qe_identity *id,
                            const struct intel_pck *pck, const struct sgx_report *qe,
                            const struct td_report *td, struct tcb_result *ret, struct sr_why *why);
