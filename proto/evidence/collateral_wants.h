#pragma once
/* collateral_wants.h - which of the vendors' documents are needed and not held: for one piece of evidence, or
 * to keep what is held fresh. Pure. Evidence is not verified when this reads it: all that comes out of it are
 * numbers, each of a fixed size, and members of fixed lists. */
#include "proto/evidence/collateral.h"

enum coll_document {
    DOC_AMD_CHAIN,   /* product: ASK and ARK */
    DOC_VLEK_CHAIN,  /* product: ASVK and ARK */
    DOC_AMD_LIST,    /* product: the ARK's revocation list */
    DOC_VCEK,        /* product, chip_id, tcb */
    DOC_TCB_INFO,    /* tee, fmspc */
    DOC_QE_IDENTITY, /* tee */
    DOC_PCK_LIST,    /* ca */
    DOC_ROOT_LIST,   /* of Intel's root */
    DOC_COUNT
};
enum pck_ca { PCK_PLATFORM, PCK_PROCESSOR };

/* Members that the kind has no use for are zero. */
struct coll_want {
    enum coll_document kind;
    enum amd_product product;
    uint8_t chip_id[AMD_CHIP_ID_SIZE];
    struct amd_tcb tcb;
    enum intel_tee tee;
    uint8_t fmspc[6];
    enum pck_ca ca;
};
bool coll_want_eq(const struct coll_want *a, const struct coll_want *b);

enum { COLL_WANTS_MAX = 512 };
struct coll_wants {
    struct coll_want v[COLL_WANTS_MAX];
    size_t n;
};
/* Each once; over the limit, not at all. */
void coll_wants_add(struct coll_wants *l, const struct coll_want *one);

/* What is needed to verify this evidence and is not held, or not good now. type: as of verifiers. Adds
 * nothing for evidence that can't be read, of other types, or of a product that can't be told from it. */
void collateral_wants(const struct collateral *c, const struct pins *roots, struct span type,
                      struct span evidence, time_t now, struct coll_wants *ret);
/* What is held and may have been replaced by now: every list, TCB info and QE identity; VCEKs that are good
 * for less than `margin` seconds. */
void collateral_refresh(const struct collateral *c, time_t now, time_t margin, struct coll_wants *ret);
