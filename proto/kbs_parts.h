#pragma once
/* kbs_parts.h - what the versions differ in. For proto/kbs*.c alone. */
#include "proto/json_foreign.h"
#include "proto/kbs.h"

/* What a version's clients hash: bits. */
enum kbs_hashed {
    HASHED_OLD = 1,       /* nonce and key, sorted, or in the order of declaration */
    HASHED_ADDITIONAL = 2 /* additional-evidence, nonce and key, by RFC 8785 */
};

struct kbs_version_row {
    const char *text;
    bool flat;             /* {"tee-pubkey","tee-evidence"} */
    bool nested;           /* {"init-data","runtime-data","tee-evidence"} */
    bool evidence_is_text; /* JSON in a JSON string */
    bool composite;        /* {"primary_evidence","additional_evidence"} */
    bool rsa1_5;           /* keys may ask for RSAES-PKCS1-v1_5 */
    enum jwe_form form;
    unsigned hashed;
};
/* Never NULL for a version of the enum. */
const struct kbs_version_row *kbs_version_row(enum kbs_version v);
enum sr_err kbs_bad(struct sr_why *why, const char *what); /* SR_EFORMAT, R_KBS_FORMAT */
