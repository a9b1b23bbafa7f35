#pragma once
/* kbs.h - the messages of the Key Broker Service protocol of Confidential Containers
 * (kbs_attestation_protocol.md of confidential-containers/trustee), versions 0.1.0 to 0.4.0 at once: what
 * each version's clients send, hash and read. Pure: no clock, no randomness, no state. specs/kbs.md. */
#include "proto/jose.h"
#include "proto/kbs_tee.h"

enum kbs_version { KBS_0_1_0, KBS_0_1_1, KBS_0_2_0, KBS_0_3_0, KBS_0_4_0, KBS_VERSIONS };
/* "0.1.0" and so on; and which form of reply clients of that version read. */
const char *kbs_version_text(enum kbs_version v);
enum jwe_form kbs_reply_form(enum kbs_version v);

enum {
    KBS_REQUEST_MAX = 16 << 10,    /* bytes of a body of auth */
    KBS_ATTESTATION_MAX = 2 << 20, /* and of attest */
    KBS_NONCE_SIZE = 32,           /* bytes, 44 characters as text */
    KBS_INIT_DATA_MAX = 256 << 10,
    KBS_ADDITIONAL_MAX = 1 << 20,
    KBS_ADMIN_MAX = 256 << 10 /* of policies and reference values */
};

/* ---- auth ---- */

struct kbs_request {
    enum kbs_version version;
    const struct kbs_tee *tee; /* may be one that is refused */
};
/* SR_EFORMAT R_KBS_VERSION: a version that is not spoken; R_KBS_FORMAT or a json reason: not a Request.
 * SR_EPROOF R_TEE_REFUSED. */
enum sr_err kbs_request_read(struct span body, struct kbs_request *ret, struct sr_why *why);
/* The nonce as clients get and hash it: padded base64. */
void kbs_nonce_text(const uint8_t nonce[static KBS_NONCE_SIZE], struct buf *ret);
void kbs_challenge_write(const uint8_t nonce[static KBS_NONCE_SIZE], struct buf *ret);

/* ---- attest ---- */

/* The owner drops it; spans borrow from the body, or from text. */
struct kbs_attestation {
    bool nonce_sent; /* the flat bodies of old clients have none */
    struct buf nonce;
    struct jwk key;
    struct buf text;       /* 0.1.0: the evidence, which came in a string */
    struct span evidence;  /* the TEE's, JSON */
    struct buf additional; /* the text of devices' evidence, exactly as it is hashed; mostly empty */
    bool init_data_sent;
    struct buf init_data; /* plain text, TOML */
};
void kbs_attestation_drop(struct kbs_attestation *a);
/* SR_EFORMAT R_KBS_FORMAT, R_JWK, or a json reason; SR_EPROOF R_JWK. */
enum sr_err kbs_attestation_read(enum kbs_version v, struct span body, struct kbs_attestation *ret,
                                 struct sr_why *why);
/* SR_EPROOF R_COMPOSITE: there is evidence of a device, and no verifier for it: then all of it is refused. */
enum sr_err kbs_devices_check(const struct kbs_attestation *a, struct sr_why *why);

/* What the evidence may be about: SHA-384 over the runtime data as this version's clients serialise it, then
 * 16 zeros. Old clients had one of two orders of members, by how they were built: each is a candidate. */
enum { KBS_DIGESTS_MAX = 4 };
struct kbs_digests {
    size_t n;
    struct sha512 rd[KBS_DIGESTS_MAX];
};
/* nonce: the text of the session's. SR_ENOMEM. */
enum sr_err kbs_digests(enum kbs_version v, struct span nonce, const struct kbs_attestation *a,
                        struct kbs_digests *ret);

/* Init-data: SHA-256, 384 or 512 of the whole text, by the "algorithm" that it names itself. SR_EFORMAT,
 * R_INIT_DATA. */
struct kbs_init_digest {
    uint8_t b[64];
    size_t n;
};
enum sr_err kbs_init_digest(struct span text, struct kbs_init_digest *ret, struct sr_why *why);
/* Does a claim of the evidence vouch for it? field: its hex. A longer digest is cut to the field, a shorter
 * one has zeros behind it. */
bool kbs_init_matches(const struct kbs_init_digest *d, struct span field);

/* ---- administration ---- */

/* The text of a policy in {"policy": base64url} of resource-policy, and of attestation-policy, which has more
 * members. SR_EFORMAT, R_KBS_FORMAT or a json reason. */
enum sr_err kbs_policy_read(struct span body, struct buf *ret_text, struct sr_why *why);
/* What a text of kbs-client's own says, by its SHA-256. */
enum kbs_builtin { KBS_NOT_BUILTIN, KBS_ALLOW_ALL, KBS_DENY_ALL, KBS_DEFAULT, KBS_AFFIRMING };
enum kbs_builtin kbs_builtin_find(struct span text);
const char *kbs_builtin_name(enum kbs_builtin b);

/* One segment of repo, type or tag: first [A-Za-z0-9_-], then also '.'. */
bool kbs_segment_ok(struct span s);
