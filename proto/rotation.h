#pragma once
/* rotation.h - what is passed round before an epoch has its link: the draw of a member, and the operators'
 * file that gathers approvals of it. specs/epochs.md. */
#include "proto/genesis.h"
#include "proto/policy.h"
#include "proto/rollback.h"

enum {
    EPOCH_DRAW_MAX = HANDSHAKE_EVIDENCE_MAX + 1024,
    EPOCH_RECOVERY_SIZE = 32 + RECOVERY_SEALED,
    EPOCHS_BYTES_MAX = GENESIS_RECORD_MAX + EPOCH_CHAIN_MAX + 8,
    ROTATION_LINK_MAX = (EPOCH_DRAW_MAX + 2) / 3 * 4 + (8 << 10), /* an epoch file without the epochs */
    ROTATION_FILE_MAX = ROTATION_LINK_MAX + (EPOCHS_BYTES_MAX + 2) / 3 * 4,
    EPOCH_DRAW_AGE_MAX = 7 * 24 * 60 * 60, /* seconds from the draw to an approval */
    EPOCH_DRAW_AHEAD_MAX = 300,            /* seconds: clocks differ */
};

/* A master that a member drew, as the others may see it. Spans borrow. */
struct epoch_draw {
    struct sha256 cid;
    struct epoch_pubs pubs;
    uint64_t created;     /* unix seconds */
    struct span recovery; /* the master, sealed to the recovery key; empty where the record has no holders */
    struct rollback rollback;
    struct span type, evidence;
};
/* SR_EBUG: a part that would not be read back. */
enum sr_err epoch_draw_encode(const struct epoch_draw *d, struct buf *ret);
/* SR_EFORMAT, R_EPOCH_DRAW. */
enum sr_err epoch_draw_decode(struct span s, struct epoch_draw *ret, struct sr_why *why);
/* What the evidence must be made over; type and evidence are not read. */
enum sr_err epoch_draw_rd(const struct epoch_draw *d, struct sha512 *ret);

/* {"approvals":[{"key","sig"}],"draw":"base64","epochs":"base64"}, canonical. */
struct rotation_file {
    struct buf draw_bytes;
    struct epoch_draw draw; /* borrows from draw_bytes */
    struct approvals approvals;
    struct buf
        epochs; /* LP(record) || LP(chain) as the drawing member serves it, for operators; may be empty */
};
void rotation_file_drop(struct rotation_file *f);
/* SR_EFORMAT, R_EPOCH_DRAW. The signatures are not looked at. */
enum sr_err rotation_file_parse(struct span text, struct rotation_file *ret, struct sr_why *why);
void rotation_file_write(const struct rotation_file *f, struct buf *ret);
/* An operator's approval, put in its place. SR_EFORMAT: that key approved already; SR_ETOOBIG: full. */
enum sr_err rotation_approve(struct rotation_file *f, const struct sign_key *key, const struct sign_pub *pub,
                             struct sr_why *why);
/* How many of these operators approve. SR_EPROOF, R_EPOCH_CHAIN: an approval is not an operator's, or wrong.
 */
enum sr_err rotation_approvals(const struct rotation_file *f, const struct approvers *by, size_t *ret,
                               struct sr_why *why);

/* Whoever approves. Borrowed. */
struct rotation_judge {
    const struct genesis *genesis;
    const struct sha256 *cid;
    const struct epoch_pubs *before;     /* the newest epoch of the chain: the draw's is the next */
    const struct policy *policy;         /* the newest that the judge has */
    const struct claims *first;          /* of the genesis evidence: what a rule's "same" compares with */
    const struct collateral *collateral; /* NULL: none */
    time_t now;
};
/* Did measured code that policy lets be a member draw this master? In this order: R_WRONG_NETWORK; R_EPOCH
 * not the next one; R_REQUEST_TIME; R_EPOCH_DRAW the record has recovery holders and nothing is sealed for
 * them, or the other way round; as evidence_verify() under the AK-CA of `before`, R_EK_CHAIN; as
 * policy_join(). */
enum sr_err rotation_judge(const struct rotation_judge *by, const struct epoch_draw *d, struct claims *ret,
                           struct sr_why *why);
