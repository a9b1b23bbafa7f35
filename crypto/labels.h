#pragma once
/* labels.h - every domain-separation label, once. The text on the wire is sr_mode.label_prefix, then the text
 * here. Each label has one use; tests/unit/test_labels.c holds that all differ and freezes the outputs. */
#include "crypto/bytes.h"

#define SR_LABELS(X)                                                                                         \
    /* genesis */                                                                                            \
    X(L_GENESIS, "genesis")                   /* cid = SHA-256(LP(label)||LP(mode)||LP(record)) */           \
    X(L_GENESIS_EVIDENCE, "genesis/evidence") /* rd of the genesis evidence */                               \
    X(L_MASTER_COMMIT, "master/commit")       /* commitment to one epoch's master */                         \
    X(L_EPOCH_LINK, "epoch/link")             /* the old epoch's release key vouches for the next epoch */   \
    X(L_EPOCH_APPROVAL, "epoch/approval")     /* and so do k operators */                                    \
    X(L_EPOCH_DRAW, "epoch/draw")             /* rd of the member that drew a master */                      \
    X(L_EPOCH_HELD, "epoch/held")             /* a member has the next master on its disk */                 \
    /* derivations from the master: HKDF info */                                                             \
    X(L_KEK, "key/kek")                     /* keystore rows */                                              \
    X(L_INDEX, "key/index")                 /* blind index of the keystore */                                \
    X(L_RELEASE_KEY, "key/release-sign")    /* Ed25519 seed: signs W3 */                                     \
    X(L_NETWORK_KEY, "key/network-hpke")    /* X25519: tenants encrypt packages to it */                     \
    X(L_AKCA_KEY, "key/ak-ca")              /* Ed25519 seed: signs AK certificates */                        \
    X(L_MEMBER_KEY, "key/member-ca")        /* Ed25519 seed: signs member certificates */                    \
    X(L_LOG_SALT, "key/log-salt")           /* salts identifiers in log leaves */                            \
    X(L_ENROL_KEY, "key/enrol")             /* stateless enrolment secrets */                                \
    X(L_TENANT_ROOT, "key/tenant")          /* one root a tenant for derived keys */                         \
    X(L_DERIVED, "key/derived")             /* tenant root + path + version + type */                        \
    X(L_DERIVED_SIGN, "key/derived/attest") /* Ed25519 signature over a derived public key */                \
    X(L_KBS_SESSION_KEY, "key/kbs-session") /* seals the cookies of KBS sessions */                          \
    X(L_KBS_TOKEN_KEY, "key/kbs-token")     /* P-256 scalar: signs KBS tokens */                             \
    X(L_KBS_WRITER_KEY, "key/kbs-writer")   /* Ed25519 seed: signs packages put over KBS */                  \
    /* evidence and enrolment */                                                                             \
    X(L_RD32, "rd32")   /* report data for evidence with 32-byte nonces */                                   \
    X(L_EVENT, "event") /* one measured component, as extended into the PCR */                               \
    X(L_CONFIG_EVENT, "config-event")                                                                        \
    X(L_AK_CERT, "ak-certificate")                   /* network's AK-CA */                                   \
    X(L_AK_CERT_GENESIS, "ak-certificate/genesis")   /* operators' AK-CA: genesis evidence only */           \
    X(L_AK_CERT_RECOVERY, "ak-certificate/recovery") /* operators' AK-CA: one recovery only */               \
    X(L_ENROL_REQUEST, "enrol/request")                                                                      \
    X(L_ENROL_STATE, "enrol/state")                                                                          \
    X(L_ENROL_SECRET, "enrol/secret")                                                                        \
    X(L_ENROL_PROOF, "enrol/proof")                                                                          \
    X(L_SNP_SEAL, "platform/snp/seal")        /* AEAD key from the firmware's derived key */                 \
    X(L_SNP_SEALED_TO, "platform/snp/policy") /* what that key depends on */                                 \
    /* recovery */                                                                                           \
    X(L_RECOVERY_SHARE, "recovery/share")           /* a holder's share, sealed to the holder */             \
    X(L_RECOVERY_SEED, "recovery/seed")             /* the key of a share for an RSA holder, of its seed */  \
    X(L_RECOVERY_SHARE_HASH, "recovery/share-hash") /* commitment to one share */                            \
    X(L_RECOVERY_MASTER, "recovery/master")         /* an epoch's master, sealed to the recovery key */      \
    X(L_RECOVERY_CEREMONY, "recovery/ceremony")     /* what its AK certificates name as network */           \
    X(L_RECOVERY_EVIDENCE, "recovery/evidence")     /* rd of the node that asks */                           \
    X(L_RECOVERY_TRANSFER, "recovery/transfer")     /* a share, sealed to that node's session */             \
    X(L_RECOVERY_TRANSCRIPT, "recovery/transcript") /* of a ceremony, in the log */                          \
    X(L_RECOVERY_FILE, "recovery/file")             /* a member signs what recovers its network */           \
    /* join */                                                                                               \
    X(L_NONCE, "nonce") /* MAC of M2 and W1 */                                                               \
    X(L_JOIN_TH1, "join/th1")                                                                                \
    X(L_JOIN_TH2, "join/th2")                                                                                \
    X(L_JOIN_TH3, "join/th3")                                                                                \
    X(L_JOIN_EV_JOINER, "join/evidence/joiner")                                                              \
    X(L_JOIN_EV_GRANTER, "join/evidence/granter")                                                            \
    X(L_JOIN_SIG_JOINER, "join/sig/joiner")                                                                  \
    X(L_JOIN_SIG_GRANTER, "join/sig/granter")                                                                \
    X(L_JOIN_SIG_MEMBER, "join/sig/member")                                                                  \
    X(L_JOIN_SEAL, "join/seal")                                                                              \
    X(L_JOIN_CONFIRM, "join/confirm")                                                                        \
    X(L_JOIN_CONFIRM_JOINER, "join/confirm/joiner")                                                          \
    X(L_JOIN_CONFIRM_GRANTER, "join/confirm/granter")                                                        \
    X(L_MEMBER_CERT, "member-certificate")                                                                   \
    /* release */                                                                                            \
    X(L_RELEASE_EV, "release/evidence/workload")                                                             \
    X(L_RELEASE_WANT, "release/want")                                                                        \
    X(L_RELEASE_W1, "release/w1")                                                                            \
    X(L_RELEASE_TH, "release/th")                                                                            \
    X(L_RELEASE_SEAL, "release/seal")                                                                        \
    X(L_RELEASE_SIG, "release/sig")                                                                          \
    /* policy, requests, packages */                                                                         \
    X(L_POLICY, "policy")                                                                                    \
    X(L_POLICY_SIG, "policy/sig")                                                                            \
    X(L_VOUCH, "vouch")                                                                                      \
    X(L_REQUEST, "request")                                                                                  \
    X(L_PACKAGE, "package")                                                                                  \
    X(L_PACKAGE_SIG, "package/sig")                                                                          \
    X(L_PACKAGE_SEAL, "package/seal")                                                                        \
    /* Confidential Containers */                                                                            \
    X(L_KBS_COOKIE, "kbs/cookie")   /* AAD of a cookie */                                                    \
    X(L_KBS_RELEASE, "kbs/release") /* transcript hash of a resource in the log */                           \
    /* keystore and log */                                                                                   \
    X(L_ROW, "row")                                                                                          \
    X(L_ROW_KEY, "row/key")   /* one data key a row version, from the KEK and its salt */                    \
    X(L_ROW_NAME, "row/name") /* blind index: MAC of table, tenant and name */                               \
    X(L_ROW_SET, "row/set")   /* the head's sum over all row versions */                                     \
    X(L_ROW_COMMIT, "row/commit")                                                                            \
    X(L_HEAD, "keystore/head")                                                                               \
    X(L_CHAIN, "keystore/chain")                                                                             \
    X(L_MASTER_BUNDLE, "master/bundle") /* AAD of the sealed master bundle */                                \
    X(L_LOG_ID, "log/id")               /* salted hash of an identifier in a leaf */                         \
    X(L_WITNESS_SEEN, "witness/seen")   /* what a member has witnessed of another's log */                   \
    X(L_WITNESS_BOOT, "witness/boot")   /* which boot of a member submits to a witness */                    \
    X(L_BACKUP, "backup")               /* the first bytes of a backup, and of what its hash covers */       \
    X(L_BACKUP_SIG, "backup/sig")       /* a member's word on a backup of its keystore */                    \
    X(L_NV_AUTH, "nv/auth")             /* authorization value of the TPM's counter, from the index key */   \
    X(L_NV_INDEX, "nv/index")           /* where in a range of NV indices a member's counter is */           \
    X(L_LOSS_SIG, "loss/sig")           /* operators accept that a member's log goes back */

#define X(name, text) name,
enum label { SR_LABELS(X) LABEL_COUNT };
#undef X

/* The whole label, with the mode's prefix. At most LABEL_MAX bytes with its NUL. */
enum { LABEL_MAX = 64 };
struct label_text {
    char b[LABEL_MAX];
    size_t n;
};
struct label_text label_text(enum label l);
