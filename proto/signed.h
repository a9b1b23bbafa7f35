#pragma once
/* signed.h - requests signed with an Ed25519 key: tenants' administrators, operators, members.
 *   Authorization: Sealring key="64 hex", time="unix seconds", id="32 hex", sig="88 base64"
 * The signature covers network, method, path with query, body, time and id. specs/requests.md. */
#include "crypto/sign.h"
#include "proto/nonce.h"

enum {
    SIGNED_HEADER_MAX = 320, /* bytes of the header's value */
    SIGNED_METHOD_MAX = 16,
    SIGNED_TARGET_MAX = 2048,
    SIGNED_SKEW_S = 120,
    SIGNED_MEMORY_MS = 5 * 60 * 1000, /* longer than twice the skew */
};

/* What is signed besides the header's own fields. Spans borrow. */
struct signed_request {
    struct sha256 cid;
    struct span method; /* "GET", as on the request line */
    struct span target; /* path and query as on the request line */
    struct sha256 body; /* SHA-256 of the body; of nothing when there is none */
};
/* The header, read. key is who signed, once signed_check said SR_OK. */
struct signed_header {
    struct sign_pub key;
    uint64_t time; /* unix seconds */
    uint8_t id[16];
    struct sig sig;
};
/* Appends the header's value. time: unix seconds; id: random, used once. */
enum sr_err signed_build(const struct signed_request *q, const struct sign_key *key,
                         const struct sign_pub *pub, uint64_t time, const uint8_t id[16], struct buf *ret);
/* One spelling: the fields in this order, ", " between them. SR_EAUTH, R_UNAUTHENTICATED. */
enum sr_err signed_parse(struct span value, struct signed_header *ret, struct sr_why *why);
/* The clocks of one check. */
struct signed_clock {
    uint64_t now;     /* unix seconds */
    uint64_t boot_ms; /* CLOCK_BOOTTIME: the memory's */
};
/* Time first, then signature, then memory: R_REQUEST_TIME, R_REQUEST_SIGNATURE, R_REQUEST_REPLAYED (all
 * SR_EAUTH), R_NONCES_FULL (SR_EBUSY). memory: a nonce_set for requests alone, bounded. Whether key may do
 * what it asks is the caller's question. */
enum sr_err signed_check(const struct signed_request *q, const struct signed_header *h,
                         struct nonce_set *memory, const struct signed_clock *clock, struct sr_why *why);
