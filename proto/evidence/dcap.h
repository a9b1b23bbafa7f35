#pragma once
/* dcap.h - a DCAP quote on its way through the checks: what each check leaves for the next. */
#include "proto/evidence/cc_log.h"
#include "proto/evidence/collateral.h"
#include "proto/evidence/dcap_quote.h"
#include "proto/evidence/intel_match.h"

/* The three certificates of a quote. Those that the collateral has too are used from there, where their
 * standing is known; others are read and judged here. */
struct dcap_path {
    struct coll_cert own_leaf, own_ca, own_root;
    const struct coll_cert *leaf, *ca, *root;
};
void dcap_path_drop(struct dcap_path *p);
/* SR_EFORMAT R_CERT_DATA: not three PEM certificates, leaf first, and nothing else. */
enum sr_err dcap_path_read(const struct dcap_quote *q, const struct collateral *c, struct dcap_path *ret,
                           struct sr_why *why);
/* SR_EPROOF with the reasons of certificates. Leaves revocation lists' dates to the next. */
enum sr_err dcap_path_verify(struct dcap_path *p, const struct verify_in *in, struct sr_why *why);
/* There are lists by root and CA that are good now. That nobody on the path is on one is known by then. */
enum sr_err dcap_path_lists(const struct dcap_path *p, const struct verify_in *in, struct sr_why *why);

struct dcap {
    const struct verify_in *in;
    struct dcap_quote quote;
    struct dcap_path path;
    struct intel_pck pck;
    struct pubkey own_key; /* of a PCK that the set does not have */
    const struct pubkey *pck_key;
    const struct tcb_info *info;
    const struct qe_identity *identity;
    struct tcb_result tcb;
    struct cc_log log; /* when one was given */
    struct cc_registers replayed;
};
/* What the report in a quote says by itself, whoever signed it. */
void dcap_quote_claims(const struct dcap_quote *q, struct claims *ret);
/* All that a verified quote says: specs/evidence-dcap.md, "Claims". */
void dcap_claims(const struct dcap *d, struct claims *ret);
