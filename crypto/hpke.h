#pragma once
/* hpke.h - HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; modes base and auth.
 * One message a context (sequence number 0 alone): no counter to lose, no key kept for later. */
#include "crypto/hash.h"

struct kem_key {
    uint8_t b[32]; /* secret: X25519 private key, RFC 7748 */
};
struct kem_pub {
    uint8_t b[32];
};
enum { HPKE_TAG = 16 }; /* bytes that a sealed text is longer than its plain text */

/* Wipes; the public half. */
void kem_key_drop(struct kem_key *k);
void kem_pub_of(const struct kem_key *k, struct kem_pub *ret);

enum hpke_role { HPKE_EMPTY, HPKE_SEND, HPKE_RECV, HPKE_SPENT };

/* Secret. {0} is empty and refuses everything. */
struct hpke {
    struct key key, exporter;
    uint8_t nonce[12];
    enum hpke_role role;
};
void hpke_drop(struct hpke *h);

/* from: the sender's key for mode auth, NULL for mode base. eph is used for this one call and comes from the
 * caller, so that a caller with recorded randomness is a pure function; never use one twice. SR_EPROOF: a DH
 * value is all zero, so the other side's key is one of the small-order points. */
enum sr_err hpke_setup_send(const struct kem_pub *to, struct span info, const struct kem_key *from,
                            const struct kem_key *eph, struct kem_pub *ret_enc, struct hpke *ret);
/* from: who must have sent it (mode auth), NULL for mode base. */
enum sr_err hpke_setup_recv(const struct kem_pub *enc, const struct kem_key *me, struct span info,
                            const struct kem_pub *from, struct hpke *ret);
/* The same for who has the key's public half at hand: to make it again costs as much as to open. With another
 * key's, nothing opens. */
enum sr_err hpke_setup_recv_by(const struct kem_pub *enc, const struct kem_key *me,
                               const struct kem_pub *me_pub, struct span info, const struct kem_pub *from,
                               struct hpke *ret);

/* Appends the cipher text and its tag. Once a context, and only on the sender's side: SR_EBUG else. */
enum sr_err hpke_seal(struct hpke *h, struct span aad, struct span plain, struct buf *ret);
/* Tried once a context, and only on the receiver's side: SR_EBUG else. SR_EPROOF: it does not open. */
enum sr_err hpke_open(struct hpke *h, struct span aad, struct span sealed, struct secret *ret);
/* A secret both sides share and nobody else has. n <= 8160 bytes. Works before and after the message. */
enum sr_err hpke_export(const struct hpke *h, struct span context, void *out, size_t n);
