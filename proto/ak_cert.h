#pragma once
/* ak_cert.h - the AK certificate: an AK-CA's word that an attestation key lives in a TPM whose endorsement
 * key is genuine. Format: specs/enrolment.md, "AK certificate". Short-lived; names its network and epoch and
 * dies with them. */
#include "crypto/sign.h"
#include "proto/evidence.h"

enum {
    AK_CERT_NETWORK = 1, /* signed once, by the network's AK-CA of that epoch */
    AK_CERT_GENESIS = 2, /* signed by k operators' AK-CAs: for the genesis evidence alone */
    AK_CERT_RECOVERY = 3 /* by the same, for one recovery ceremony alone */
};
enum {
    AK_CERT_MAX = 4096,              /* bytes */
    AK_CERT_SIGS_MAX = 16,           /* signatures */
    AK_PUBLIC_MAX = 1024,            /* bytes of a TPMT_PUBLIC */
    AK_CERT_LIFETIME = 24 * 60 * 60, /* seconds, of network certificates, where policy says nothing */
    AK_CERT_BACKDATE = 300           /* seconds: it begins that much before it is issued, clocks differ */
};

struct ak_cert {
    uint8_t kind;
    struct sha256
        network;      /* cid; kind genesis: hash of the genesis parameters; kind recovery: of the ceremony */
    uint64_t epoch;   /* kinds genesis and recovery: 1 */
    struct span ak;   /* TPMT_PUBLIC; borrowed */
    struct sha256 ek; /* SHA-256 of the EK's SubjectPublicKeyInfo */
    struct sha256 root;  /* SHA-256 of the SubjectPublicKeyInfo of the endorsement root */
    uint64_t not_before; /* unix seconds, both inclusive */
    uint64_t not_after;
    size_t nsig;
    struct {
        struct sign_pub pub;
        struct sig sig;
    } sigs[AK_CERT_SIGS_MAX]; /* ascending by pub */
    struct span body;         /* what the signatures cover; borrowed; set by ak_cert_read() */
};

/* Borrows from der. SR_EFORMAT R_AK_CERT: anything that ak_cert_write() would not have written. */
enum sr_err ak_cert_read(struct span bytes, struct ak_cert *ret, struct sr_why *why);
/* Appends body and signatures as they are in c; c->body is not looked at. */
enum sr_err ak_cert_write(const struct ak_cert *c, struct buf *ret);
/* Appends the certificate with one more signature, in its place. A genesis certificate goes from operator to
 * operator like this, starting with no signature. SR_EFORMAT: k has signed already, or no room is left. */
enum sr_err ak_cert_sign(const struct ak_cert *c, const struct sign_key *k, const struct sign_pub *pub,
                         struct buf *ret);
/* Is it trusted, here and now? SR_EPROOF with
 *   R_AK_CERT          a kind that does not count here, signatures missing or wrong, a key that is no AK-CA
 *   R_AK_CERT_NETWORK  of another network
 *   R_AK_CERT_EPOCH    of another epoch
 *   R_AK_CERT_EXPIRED  not valid yet or any more, or issued more than trust->max_age ago */
enum sr_err ak_cert_verify(const struct ak_cert *c, const struct ak_trust *trust, time_t now,
                           struct sr_why *why);
