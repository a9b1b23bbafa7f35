#pragma once
/* muster.h - who has the next epoch's master: its link, and each member that says so, with the certificate
 * that shows it pulled it. It proves itself, so members pass it on; with a quorum in it the epoch is active.
 * specs/epochs.md, "Messages". */
#include "proto/member.h"
#include "proto/rotation.h"

enum {
    MUSTER_ENTRIES_MAX = 1024,
    MUSTER_ENTRY_MAX = MEMBER_CERT_MAX + 4 + 64,
    MUSTER_MAX = EPOCH_LINK_MAX + 256 + MUSTER_ENTRIES_MAX * MUSTER_ENTRY_MAX, /* bytes */
};

struct muster_entry {
    struct member_cert cert;
    uint8_t bytes[MEMBER_CERT_MAX]; /* cert as it came */
    size_t n;
    struct sig sig;
};

struct muster {
    struct sha256 cid;
    struct epoch_pubs next;
    struct buf link, recovery;
    struct sha256 id; /* of link and recovery: what members sign */
    size_t n;
    struct muster_entry *entry; /* ascending by member key, no two alike */
};
void muster_drop(struct muster *m);

/* What a muster must follow on. Borrowed. */
struct muster_of {
    const struct sha256 *cid;
    const struct epoch_pubs *before; /* the epoch that its link follows */
    const struct approvers *approvers;
    const struct muster
        *known; /* checked before: entries of the same bytes are not checked again. NULL: none */
};

/* A link that checks out, with nobody in it yet. SR_EPROOF, R_EPOCH_CHAIN. */
enum sr_err muster_begin(const struct muster_of *of, struct span link, struct span recovery,
                         struct muster *ret, struct sr_why *why);
/* This member's word. cert: its certificate of that epoch. SR_EPROOF, R_MEMBER_CERT: it is for another key,
 * network or epoch. SR_OK and nothing changes when it is in there. */
enum sr_err muster_say(struct muster *m, struct span cert, const struct sign_key *key,
                       const struct sign_pub *pub, struct sr_why *why);
enum sr_err muster_encode(const struct muster *m, struct buf *ret);
/* Checks all of it. SR_EPROOF: R_EPOCH_CHAIN the link, R_EPOCH_MUSTER anything else; SR_EFORMAT,
 * R_EPOCH_MUSTER. */
enum sr_err muster_read(struct span s, const struct muster_of *of, struct muster *ret, struct sr_why *why);
/* The number of the epoch that it is about, unchecked: to choose what it must follow on. SR_EFORMAT. */
enum sr_err muster_epoch(struct span s, uint64_t *ret, struct sr_why *why);
/* Takes what `from` has and m has not, of the same link; both were checked. How many that is. SR_EPROOF,
 * R_EPOCH_FORK: it is about another master. */
enum sr_err muster_join(struct muster *m, const struct muster *from, size_t *ret_new, struct sr_why *why);
bool muster_has(const struct muster *m, const struct sign_pub *key);
/* u16 n, n x LP(certificate): as members list each other. */
void muster_certs(const struct muster *m, struct buf *ret);
