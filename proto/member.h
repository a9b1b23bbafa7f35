#pragma once
/* member.h - member certificates: who is a member, under which key and address, said by the network itself.
 * Passed on between members, checked by anyone who knows the epoch's keys. specs/join.md, "Member
 * certificates". */
#include "proto/epoch.h"
#include "proto/join_wire.h"

struct member_id {
    uint8_t b[16]; /* the first bytes of SHA-256(member key) */
};
struct member_cert {
    struct sha256 cid;
    uint64_t epoch;
    struct sign_pub key;
    char address[ADDRESS_MAX + 1];
    uint64_t issued_at;       /* unix seconds */
    struct member_id granter; /* the first member's own, at genesis */
};

/* The id under which logs and members name that key. */
struct member_id member_id_of(const struct sign_pub *key);
/* Appends the certificate. SR_EFORMAT: an address that would not be read back. */
enum sr_err member_cert_make(const struct member_cert *c, const struct sign_key *member_ca, struct buf *ret);
/* SR_EPROOF, R_MEMBER_CERT: another network or epoch, or not member_ca's signature. SR_EFORMAT, R_MALFORMED.
 * The epoch says which member_ca: member_cert_epoch() reads it first. */
enum sr_err member_cert_check(struct span cert, const struct sha256 *cid, uint64_t epoch,
                              const struct sign_pub *member_ca, struct member_cert *ret, struct sr_why *why);
/* The epoch that a certificate claims, unchecked: to choose the key. */
enum sr_err member_cert_epoch(struct span cert, uint64_t *ret, struct sr_why *why);
