#pragma once
/* verified.h - evidence that a verifier accepted: the object that the handshakes ask for, so that what was
 * checked is what is used. */
#include "proto/evidence.h"

enum { EVIDENCE_TYPE_MAX = 32, HANDSHAKE_EVIDENCE_MAX = 64 << 10 }; /* bytes */

/* Made by verified_evidence() alone (and by tests). The claims stay with the caller, who puts them to the
 * policy before it goes on. */
struct verified {
    struct sha512 rd; /* the report data that the evidence was compared with */
    char type[EVIDENCE_TYPE_MAX + 1];
};

/* evidence_verify(), and what it was about. Both results are untouched unless SR_OK. */
enum sr_err verified_evidence(struct span type, const struct verify_in *in, struct verified *ret,
                              struct claims *ret_claims, struct sr_why *why);

/* 1..32 characters of [a-z0-9-], the first a letter. */
bool evidence_type_ok(struct span type);

/* The connection that carries M3 or W2. {0} is none: hashed as the single byte 00. */
struct binding {
    bool bound;
    uint8_t exporter[32]; /* RFC 9266 tls-exporter */
};
struct span binding_span(const struct binding *b); /* what is hashed; borrows */
/* What the verifying side hashes, given the kind that the peer says it used. SR_EAUTH, R_CHANNEL_BINDING:
 * the peer bound a connection that is not ours to see, or none where one is required. */
enum sr_err binding_pick(const struct binding *have, uint8_t kind, bool required, struct binding *ret,
                         struct sr_why *why);
