#pragma once
/* holder.h - recovery holders' public keys as the genesis record has them. A kind fixes the length and all
 * parameters, so that each key has one spelling and the network id binds every bit of it. specs/genesis.md,
 * "Recovery holders". */
#include "crypto/hpke.h"
#include "crypto/pubkey.h"
#include "crypto/share.h"

enum {
    HOLDERS_MAX = SHARE_MOST,
    HOLDER_KEY_MAX = 512,                        /* bytes */
    HOLDER_TEXT_MAX = 9 + 2 * HOLDER_KEY_MAX + 1 /* "rsa-4096:", hex, NUL */
};

/* The numbers are the record's. */
enum holder_kind { HOLDER_X25519 = 1, HOLDER_RSA_2048, HOLDER_RSA_3072, HOLDER_RSA_4096, HOLDER_KIND_END };

struct holder {
    enum holder_kind kind;
    uint8_t key[HOLDER_KEY_MAX]; /* X25519 (RFC 7748), or a modulus, big-endian, its exponent 65537 */
};

struct holder_set {
    struct holder v[HOLDERS_MAX]; /* ascending, no two alike */
    size_t n, t;                  /* both 0: no recovery. Else t >= 2: nobody recovers alone */
};

/* "x25519", "rsa-3072"; NULL for none. Is it one of the RSA kinds? */
const char *holder_kind_name(enum holder_kind kind);
bool holder_is_rsa(const struct holder *h);
struct span holder_key(const struct holder *h); /* borrows: as long as the kind says */
/* By kind, then by key: the order of the record. For qsort(), too. */
int holder_cmp(const void *a, const void *b);

/* u8 kind, key. The reader is bad behind a kind that is none, and a key that is not in its one spelling:
 * X25519 below the prime, a modulus of exactly its size and odd. */
void holder_encode(const struct holder *h, struct buf *b);
void holder_decode(struct reader *r, struct holder *ret);

/* KIND:HEX. SR_EFORMAT as holder_decode() refuses. */
void holder_text(const struct holder *h, char ret[HOLDER_TEXT_MAX]);
enum sr_err holder_text_read(struct span text, struct holder *ret);

/* SubjectPublicKeyInfo in DER (RFC 8410, section 4; RFC 8017, A.1.1), in its one spelling. SR_EFORMAT:
 * another kind, size or exponent, an RSA key that is for OAEP or PSS alone, or other bytes. */
enum sr_err holder_spki_read(struct span der, struct holder *ret);
/* SHA-256 of that: the holder's name in logs and in what is printed. */
struct sha256 holder_pin(const struct holder *h);

/* As a key to seal to. SR_EFORMAT: of the other kind; SR_EPROOF: too weak. */
enum sr_err holder_x25519(const struct holder *h, struct kem_pub *ret);
enum sr_err holder_rsa(const struct holder *h, struct pubkey *ret);
/* Is there anything that nobody else opens? SR_EPROOF: a point of small order, a weak modulus. */
enum sr_err holder_check(const struct holder *h);
