#pragma once
/* recovery_transfer.h - shares on their way from a holder to the node that recovers, and the node's
 * collection of them. A share is in the clear with its holder and in the node, nowhere between.
 * specs/recovery.md, "Ceremony". */
#include "proto/recovery_request.h"

enum { RECOVERY_TRANSFER_MAX = 1 + 32 + 32 + 1 + 32 + RECOVERY_SEALED };

/* To which session: a request whose evidence the holder has judged. */
struct recovery_session {
    struct sha256 cid, request; /* SHA-256 of the request's bytes */
    struct kem_pub key;
};
struct recovery_session recovery_transfer_session(const struct recovery_request *q, struct span request);

/* Appends the holder's message. eph: drawn for this call. */
enum sr_err recovery_transfer_make(const struct recovery_session *to, const struct share *share,
                                   const struct kem_key *eph, struct buf *ret);

/* The node's side. Secret; the owner drops it. set and of are borrowed. */
struct recovery_gather {
    const struct recovery_set *set;
    struct recovery_of of;
    struct recovery_session session;
    struct kem_key key;
    size_t n;
    struct share share[HOLDERS_MAX];
    struct sha256 message[HOLDERS_MAX]; /* of which share[i] came */
};
void recovery_gather_drop(struct recovery_gather *g);

/* One message more; ret_x: whose. A refused one leaves the collection as it was.
 *   R_RECOVERY_FORMAT    no message
 *   R_WRONG_NETWORK      of another network
 *   R_RECOVERY_SESSION   sealed to another session of this or another node: replayed, or from before a
 * restart R_SEAL_OPEN          changed on its way R_RECOVERY_SHARE     not the share that was published for
 * its holder; why names the holder R_RECOVERY_REPEATED  this holder's share is there already */
enum sr_err recovery_gather_add(struct recovery_gather *g, struct span message, uint8_t *ret_x,
                                struct sr_why *why);
/* What the masters are opened from. Borrowed; all of it checked. */
struct recovery_source {
    const uint8_t *salt; /* 32 bytes, the record's */
    const struct recovery_epochs *epochs;
    const struct recovery_file *file;
};
/* The masters of epoch 1 and of every later epoch that is in the file, once there are t shares: each against
 * its commitment, all or none. Errors as recovery_combine() and recovery_open_master() give. */
enum sr_err recovery_gather_masters(const struct recovery_gather *g, const struct recovery_source *from,
                                    struct master_bundle *ret, struct sr_why *why);
/* What the log keeps: over the request and the messages, by holder. */
struct sha512 recovery_gather_transcript(const struct recovery_gather *g);
