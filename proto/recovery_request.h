#pragma once
/* recovery_request.h - what a fresh node shows the recovery holders: its one-session key, and evidence that
 * measured code has it, for one ceremony of one network. specs/recovery.md, "Ceremony". */
#include "proto/policy.h"
#include "proto/recovery_file.h"
#include "proto/rollback.h"

enum {
    RECOVERY_REQUEST_MAX = HANDSHAKE_EVIDENCE_MAX + 256, /* bytes */
    RECOVERY_AGE_MAX = 24 * 60 * 60,                     /* seconds from the request to a holder's command */
    RECOVERY_AHEAD_MAX = 300,                            /* seconds: clocks differ */
};

/* What operators and holders drew for this one ceremony; 32 bytes that nobody knew before. */
struct recovery_ceremony {
    uint8_t b[32];
};
/* What AK certificates of the ceremony name as their network. */
struct sha256 recovery_request_network(const struct sha256 *cid, const struct recovery_ceremony *c);

struct recovery_request {
    struct sha256 cid;
    struct recovery_ceremony ceremony;
    uint64_t created;       /* unix seconds, by the node's clock */
    struct kem_pub session; /* shares are sealed to it; its other half is gone with the process */
    uint64_t policy_number; /* what the node will serve under */
    struct sha256 policy_hash;
    uint64_t epoch;             /* what it will bring back: the newest epoch that it knows of, */
    struct sha256 chain;        /* and SHA-256 of the chain that leads there */
    struct rollback rollback;   /* what it will run at */
    struct span type, evidence; /* borrowed */
};
/* Appends the request; refuses what the decoder would. */
enum sr_err recovery_request_encode(const struct recovery_request *q, struct buf *ret);
/* SR_EFORMAT, R_RECOVERY_FORMAT. */
enum sr_err recovery_request_decode(struct span s, struct recovery_request *ret, struct sr_why *why);
/* What the evidence must be bound to. */
struct sha512 recovery_request_rd(const struct recovery_request *q);

/* A policy of this network: signed by its operators; number 1 by its hash, signed or as a bare document.
 * SR_EPROOF as policy_signed_check() and policy_first_check() give. */
enum sr_err recovery_request_policy(struct span text, const struct genesis *g, const struct sha256 *cid,
                                    struct policy_signed *ret, struct sr_why *why);

/* Whoever judges: a holder, and the node itself before it asks. Borrowed. */
struct recovery_judge {
    const struct genesis *genesis;
    const struct sha256 *cid;
    const struct recovery_ceremony *ceremony;
    const struct policy *policy;          /* the newest that the judge has, by recovery_request_policy() */
    const struct recovery_epochs *epochs; /* of the newest recovery file that the judge has */
    const struct claims *first;           /* of the genesis evidence: what a rule's "same" compares with */
    const struct collateral *collateral;  /* NULL: none */
    time_t now;
};
/* Is this a node to give a share to? In this order:
 *   R_WRONG_NETWORK       of another network
 *   R_RECOVERY_SESSION    of another ceremony
 *   R_REQUEST_TIME        made too long ago, or in the future
 *   R_POLICY_OLD          the node has an older policy than the judge, or the judge an older one
 *   R_POLICY_FORK         another policy of the same number
 *   R_EPOCH               the node would bring back an older network than the judge knows, or a newer one
 *   R_EPOCH_FORK          another chain to the same epoch
 *   as evidence_verify()  under k of the record's AK-CAs, for this ceremony; R_EK_CHAIN: under another root
 *   as policy_join()      the policy does not let this code be a member */
enum sr_err recovery_request_judge(const struct recovery_judge *by, const struct recovery_request *q,
                                   struct claims *ret, struct sr_why *why);
