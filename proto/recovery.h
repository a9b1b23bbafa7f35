#pragma once
/* recovery.h - how the masters can come back when every member is gone: a recovery key, whose private half
 * exists only as shares of the genesis record's holders, and to which every epoch's master is sealed. All of
 * it is public and travels with the genesis bundle. specs/recovery.md. */
#include "crypto/share.h"
#include "proto/epoch.h"
#include "proto/holder_secret.h"

enum {
    RECOVERY_SEALED = 32 + HPKE_TAG, /* a share or a master, sealed */
    RECOVERY_SET_MAX = 35 + HOLDERS_MAX * (32 + HOLDER_KEY_MAX + RECOVERY_SEALED) + 32 + RECOVERY_SEALED,
};

/* 32 bytes for one reader. */
struct recovery_sealed {
    struct kem_pub enc;
    uint8_t ct[RECOVERY_SEALED];
};

/* enc || ct, in files, sets and messages alike. Appends. */
void recovery_sealed_write(const struct recovery_sealed *s, struct buf *ret);
void recovery_sealed_read(struct reader *r, struct recovery_sealed *ret); /* what is short shows in r */

/* 32 bytes for a holder. To RSA enc is the cipher text of a seed, which is all that a holder's token has to
 * decrypt. */
struct holder_sealed {
    uint8_t enc[HOLDER_KEY_MAX]; /* the first enc_n bytes: as long as the holder's key */
    size_t enc_n;
    uint8_t ct[RECOVERY_SEALED];
};

/* One holder's package. */
struct recovery_package {
    struct sha256 hash; /* of the share: a wrong one is named before shares are combined */
    struct holder_sealed share;
};

struct recovery_set {
    struct kem_pub pub;                           /* the recovery key */
    size_t t, n;                                  /* as in the genesis record */
    struct recovery_package package[HOLDERS_MAX]; /* [i] is for the record's holder i, x = i + 1 */
    struct recovery_sealed master;                /* epoch 1's, to the recovery key */
};

/* Whose recovery: what every seal and hash names. Borrowed. */
struct recovery_of {
    const struct sha256 *cid;
    const struct holder_set *holders;
};

/* Everything that is drawn, but for what OpenSSL pads RSA with. Secret; one use; the owner drops it. */
struct recovery_rand {
    struct kem_key key;
    struct share_rand rows;
    struct kem_key eph[HOLDERS_MAX], master_eph; /* for an RSA holder: the seed */
};
void recovery_rand_drop(struct recovery_rand *r);

/* What genesis does, once. master is epoch 1's, first its public half. SR_EDENIED, R_RECOVERY_NONE: the
 * record has no holders. SR_EPROOF, R_RECOVERY_HOLDER: nothing can be sealed to a holder's key. */
enum sr_err recovery_make(const struct recovery_of *of, const struct key *master,
                          const struct epoch_pubs *first, const struct recovery_rand *rand,
                          struct recovery_set *ret, struct sr_why *why);
enum sr_err recovery_encode(const struct recovery_set *s, struct buf *ret);
/* SR_EFORMAT, R_RECOVERY_FORMAT: anything that recovery_encode() does not write for these holders. */
enum sr_err recovery_decode(struct span s, const struct holder_set *holders, struct recovery_set *ret,
                            struct sr_why *why);

/* A master for the recovery key: at genesis epoch 1's, at a rotation the next one's. */
enum sr_err recovery_seal_master(const struct kem_pub *to, const struct sha256 *cid, const struct key *master,
                                 const struct epoch_pubs *epoch, const struct kem_key *eph,
                                 struct recovery_sealed *ret);
/* SR_EPROOF: R_SEAL_OPEN; R_MASTER_COMMIT_MISMATCH when it is not the one that epoch->commit names. */
enum sr_err recovery_open_master(const struct kem_key *key, const struct sha256 *cid, const uint8_t salt[32],
                                 const struct epoch_pubs *epoch, const struct recovery_sealed *sealed,
                                 struct key *ret, struct sr_why *why);

/* A holder's share out of their package. SR_EDENIED, R_RECOVERY_HOLDER: the record does not list this key.
 * SR_EPROOF: R_SEAL_OPEN; R_RECOVERY_SHARE when what it opens to is not the share that the set names. */
enum sr_err recovery_open_share(const struct recovery_set *s, const struct recovery_of *of,
                                const struct holder_secret *holder, struct share *ret, struct sr_why *why);
/* Where that holder stands in the record; n: nowhere. */
size_t recovery_place(const struct recovery_of *of, const struct holder *holder);
/* Is it the share of its place? SR_EPROOF, R_RECOVERY_SHARE; why names the holder. */
enum sr_err recovery_check_share(const struct recovery_set *s, const struct recovery_of *of,
                                 const struct share *share, struct sr_why *why);
/* From any n >= t shares, each looked at. SR_EDENIED: R_RECOVERY_SHARES with fewer than t,
 * R_RECOVERY_REPEATED when one holder's counts twice. SR_EPROOF, R_RECOVERY_SHARE. */
enum sr_err recovery_combine(const struct recovery_set *s, const struct recovery_of *of,
                             const struct share *shares, size_t n, struct kem_key *ret, struct sr_why *why);
