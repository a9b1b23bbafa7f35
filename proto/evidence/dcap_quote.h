#pragma once
/* dcap_quote.h - DCAP quotes of SGX (version 3) and TDX (versions 4 and 5), and the reports in them, parsed
 * by our own reader. Little-endian, except the ECDSA numbers. Intel SGX ECDSA QuoteGenReference, appendix A
 * (version 3); Intel TDX DCAP Quoting Library API, A.3 (versions 4, 5). Parsing says nothing about
 * signatures. Everything borrows. specs/evidence-dcap.md, "Quote". */
#include "proto/evidence/intel_tcb.h"

enum {
    DCAP_EVIDENCE_MAX = 32 << 10, /* bytes, padding included */
    SGX_REPORT_SIZE = 384,
    TD_REPORT_10_SIZE = 584,
    TD_REPORT_15_SIZE = 648,
    DCAP_QE_AUTH_MAX = 1024
};

enum { /* ATTRIBUTES.FLAGS of an enclave */
       SGX_INIT = 1 << 0,
       SGX_DEBUG = 1 << 1,
       SGX_MODE64BIT = 1 << 2,
       SGX_PROVISION_KEY = 1 << 4,
       SGX_EINITTOKEN_KEY = 1 << 5,
       SGX_KSS = 1 << 7
};
struct sgx_report {
    struct span bytes; /* all 384 */
    struct span cpusvn, miscselect, isvextprodid, attributes, mrenclave, mrsigner, configid, isvfamilyid;
    struct span report_data;
    uint64_t flags, xfrm; /* of attributes */
    uint16_t isvprodid, isvsvn, configsvn;
};

enum { /* bits of TDATTRIBUTES */
       TD_LASS = 27,
       TD_SEPT_VE_DISABLE = 28,
       TD_MIGRATABLE = 29,
       TD_PKS = 30,
       TD_KL = 31,
       TD_PERFMON = 63
};
enum { TD_DEBUG_BITS = 0xff }; /* DEBUG and seven that are reserved for the same purpose */
struct td_report {
    struct span tee_tcb_svn, mrseam, mrsignerseam, seam_attributes, xfam, mrtd, mrconfigid, mrowner,
        mrownerconfig, rtmr[4], report_data;
    struct span tee_tcb_svn2, mrservicetd; /* empty in a TD report 1.0 */
    uint64_t attributes;
};

struct dcap_quote {
    uint16_t version;
    enum intel_tee tee;
    struct span signed_part;    /* header, descriptor and body: what the quote's signature covers */
    struct sgx_report sgx;      /* of tee INTEL_SGX */
    struct td_report td;        /* of tee INTEL_TDX */
    struct span signature, key; /* 64 bytes each: r s; x y */
    struct sgx_report qe;
    struct span qe_signature, qe_auth;
    uint16_t cert_type;
    struct span cert_data;
    size_t size; /* bytes without the padding */
};
/* SR_EFORMAT R_QUOTE_FORMAT: another version, TEE, key type or vendor, a size that does not fit, reserved
 * bytes of the header or of a report that are not zero, certification data within certification data; or what
 * follows the quote is not all zero. Quote generators pad with zeros: this is the one place that takes them
 * off. */
enum sr_err dcap_quote_read(struct span evidence, struct dcap_quote *ret, struct sr_why *why);
static inline struct span dcap_report_data(const struct dcap_quote *q)
{
    return q->tee == INTEL_TDX ? q->td.report_data : q->sgx.report_data;
}
