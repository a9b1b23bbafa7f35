#pragma once
/* collateral_items.h - a set's contents one by one, whatever their kind: what they are called, whether they
 * count, and which of two that speak of the same thing is the newer one. Pure. */
#include "proto/evidence/collateral.h"

enum item_kind { ITEM_CERTIFICATE, ITEM_LIST, ITEM_TCB_INFO, ITEM_QE_IDENTITY };
const char *item_kind_text(
    enum item_kind k); /* "certificate", "revocation-list", "tcb-info", "qe-identity" */

/* Borrows from the set. One of the pointers is there, by kind. */
struct coll_item {
    enum item_kind kind;
    struct sha256 id; /* of its bytes: DER, or the document as it came */
    const struct standing *standing;
    const struct coll_cert *cert;
    const struct coll_crl *crl;
    const struct tcb_info *tcb;
    const struct qe_identity *qe;
    bool numbered; /* number is there: tcbEvaluationDataNumber, or the list's number */
    uint64_t number;
};
/* The i-th item: certificates, lists, TCB infos, QE identities. false: there are no more. */
bool collateral_item(const struct collateral *c, size_t i, struct coll_item *ret);

enum { ITEM_TEXT_MAX = 120, ITEM_FILE_MAX = 80 };
/* For people: "TDX TCB info b0c06f000000". */
void coll_item_text(const struct coll_item *item, char ret[static ITEM_TEXT_MAX]);
/* The name of the file that holds it in a store: the same for all that speak of the same thing, except for
 * lists, of which an older one may have to be kept. */
void coll_item_file(const struct coll_item *item, char ret[static ITEM_FILE_MAX]);

enum item_order {
    ITEM_UNRELATED, /* about something else */
    ITEM_SAME,      /* the same, or nothing that the other one does not say as well */
    ITEM_NEWER,
    ITEM_OLDER
};
/* How one compares with another of the same root. TCB infos of one platform and identities of one enclave:
 * older when tcbEvaluationDataNumber is lower or issueDate earlier. Lists of one issuer: cert_crl_order().
 * VEK certificates of one key: newer when good for longer, never older. */
enum item_order coll_item_order(const struct coll_item *item, const struct coll_item *than);
