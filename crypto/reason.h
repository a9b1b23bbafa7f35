#pragma once
/* reason.h - the stable reason codes of every refusal: what peers see, logs name and tests assert.
 * A code is never renamed or reused. specs/reasons.md explains each. Add rows to your own section. */

#define SR_REASONS(X)                                                                                        \
    X(R_NONE, "none")                                                                                        \
    X(R_INTERNAL, "internal")                                                                                \
    /* requests */                                                                                           \
    X(R_MALFORMED, "malformed")                                                                              \
    X(R_TOO_LARGE, "too-large")                                                                              \
    X(R_NOT_FOUND, "not-found")                                                                              \
    X(R_METHOD, "method-not-allowed")                                                                        \
    X(R_UNKNOWN, "unknown") /* a peer's code that this build does not know */                                \
    X(R_NO_ANSWER, "no-answer")                                                                              \
    X(R_BUSY, "busy")                                                                                        \
    X(R_NOT_READY, "not-ready")                                                                              \
    X(R_UNAUTHENTICATED, "unauthenticated")                                                                  \
    X(R_FORBIDDEN, "forbidden")                                                                              \
    X(R_REQUEST_REPLAYED, "request-replayed")                                                                \
    X(R_REQUEST_TIME, "request-time")                                                                        \
    X(R_REQUEST_SIGNATURE, "request-signature")                                                              \
    X(R_JSON_SYNTAX, "json-syntax")                                                                          \
    X(R_JSON_MEMBER, "json-member")                                                                          \
    X(R_JSON_CANONICAL, "json-not-canonical")                                                                \
    /* HTTP */                                                                                               \
    X(R_HTTP_LINE, "http-line")                                                                              \
    X(R_HTTP_PATH, "http-path")                                                                              \
    X(R_HTTP_FIELD, "http-field")                                                                            \
    X(R_HTTP_HOST, "http-host")                                                                              \
    X(R_HTTP_FRAMING, "http-framing")                                                                        \
    X(R_HTTP_CHUNK, "http-chunk")                                                                            \
    X(R_HTTP_METHOD, "http-method")                                                                          \
    X(R_HTTP_VERSION, "http-version")                                                                        \
    X(R_HTTP_UPGRADE, "http-upgrade")                                                                        \
    X(R_HTTP_EXPECT, "http-expect")                                                                          \
    X(R_HTTP_ENCODING, "http-encoding")                                                                      \
    X(R_URI_LONG, "uri-too-long")                                                                            \
    X(R_HEAD_LARGE, "head-too-large")                                                                        \
    X(R_MEDIA_TYPE, "media-type")                                                                            \
    X(R_TIMEOUT, "timeout")                                                                                  \
    X(R_OUTCOME_UNKNOWN, "outcome-unknown")                                                                  \
    /* handshakes */                                                                                         \
    X(R_VERSION, "version")                                                                                  \
    X(R_SUITE, "suite")                                                                                      \
    X(R_ROLE, "role")                                                                                        \
    X(R_WRONG_NETWORK, "wrong-network")                                                                      \
    X(R_NONCE_FORGED, "nonce-forged")                                                                        \
    X(R_NONCE_EXPIRED, "nonce-expired")                                                                      \
    X(R_NONCE_USED, "nonce-used")                                                                            \
    X(R_NONCES_FULL, "nonces-full")                                                                          \
    X(R_STALE_CHALLENGE, "stale-challenge")                                                                  \
    X(R_SIGNATURE, "signature")                                                                              \
    X(R_CHANNEL_BINDING, "channel-binding")                                                                  \
    X(R_REPORT_DATA, "report-data")                                                                          \
    X(R_CONFIRM_MAC, "confirm-mac")                                                                          \
    X(R_SESSION_UNKNOWN, "session-unknown")                                                                  \
    X(R_SEAL_OPEN, "seal-open")                                                                              \
    X(R_MASTER_COMMIT_MISMATCH, "master-commit-mismatch")                                                    \
    X(R_GENESIS_MISMATCH, "genesis-mismatch")                                                                \
    X(R_EPOCH, "epoch")                                                                                      \
    X(R_POLICY_OLD, "policy-old")                                                                            \
    X(R_CODE_DIFFERS, "code-differs")                                                                        \
    X(R_CONFIG_DIFFERS, "config-differs")                                                                    \
    X(R_RELEASE_SIGNATURE, "release-signature")                                                              \
    X(R_LOG_PROOF, "log-proof")                                                                              \
    X(R_PROVISIONAL, "provisional")                                                                          \
    X(R_FROZEN, "frozen")                                                                                    \
    X(R_EXPELLED, "expelled")                                                                                \
    X(R_HARDWARE, "hardware-unlisted")                                                                       \
    X(R_LEASE, "lease")                                                                                      \
    X(R_VOUCH, "vouch")                                                                                      \
    X(R_EVIDENCE_SWAPPED, "evidence-swapped")                                                                \
    X(R_WANT_LIST, "want-list")                                                                              \
    X(R_RELEASE_VALUES, "release-values")                                                                    \
    X(R_MEMBER_CERT, "member-certificate")                                                                   \
    /* genesis */                                                                                            \
    X(R_CID_TEXT, "network-id-text")                                                                         \
    X(R_GENESIS_FORMAT, "genesis-format")                                                                    \
    X(R_EPOCH_CHAIN, "epoch-chain")                                                                          \
    X(R_EPOCH_DRAW, "epoch-draw")                                                                            \
    X(R_EPOCH_MUSTER, "epoch-muster")                                                                        \
    X(R_EPOCH_DESTROYED, "epoch-destroyed")                                                                  \
    X(R_EPOCH_FORK, "epoch-fork")                                                                            \
    /* evidence */                                                                                           \
    X(R_EVIDENCE_TYPE, "evidence-type")                                                                      \
    X(R_EVIDENCE_FORMAT, "evidence-format")                                                                  \
    X(R_AK_CERT, "ak-certificate")                                                                           \
    X(R_AK_CERT_EXPIRED, "ak-certificate-expired")                                                           \
    X(R_AK_CERT_EPOCH, "ak-certificate-epoch")                                                               \
    X(R_AK_CERT_NETWORK, "ak-certificate-network")                                                           \
    X(R_AK_ATTRIBUTES, "ak-attributes")                                                                      \
    X(R_QUOTE_SIGNATURE, "quote-signature")                                                                  \
    X(R_QUOTE_FORMAT, "quote-format")                                                                        \
    X(R_QUOTE_SELECTION, "quote-selection")                                                                  \
    X(R_QUOTE_DIGEST, "quote-digest")                                                                        \
    X(R_ANNOUNCEMENT, "announcement")                                                                        \
    X(R_EVENT_LOG, "event-log")                                                                              \
    /* evidence of AMD and Intel */                                                                          \
    X(R_REPORT_FORMAT, "report-format")                                                                      \
    X(R_REPORT_VERSION, "report-version")                                                                    \
    X(R_REPORT_SIGNATURE, "report-signature")                                                                \
    X(R_PRODUCT, "product")                                                                                  \
    X(R_SIGNING_KEY, "signing-key")                                                                          \
    X(R_VEK_EXTENSION, "vek-extension")                                                                      \
    X(R_TCB_MISMATCH, "tcb-mismatch")                                                                        \
    X(R_TCB_ORDER, "tcb-order")                                                                              \
    X(R_CHIP_ID, "chip-id")                                                                                  \
    X(R_CERT_DATA, "certification-data")                                                                     \
    X(R_PCK_EXTENSION, "pck-extension")                                                                      \
    X(R_QE_REPORT_SIGNATURE, "qe-report-signature")                                                          \
    X(R_QE_BINDING, "qe-binding")                                                                            \
    X(R_QE_IDENTITY, "qe-identity")                                                                          \
    X(R_TDX_MODULE, "tdx-module")                                                                            \
    X(R_TCB_UNSUPPORTED, "tcb-not-supported")                                                                \
    X(R_TCB_REVOKED, "tcb-revoked")                                                                          \
    X(R_TCB_STATUS, "tcb-status")                                                                            \
    X(R_DEBUG, "debug")                                                                                      \
    X(R_MIGRATABLE, "migratable")                                                                            \
    X(R_SEPT_VE, "sept-ve-disable")                                                                          \
    X(R_SERVICE_TD, "service-td")                                                                            \
    X(R_VMPL, "vmpl")                                                                                        \
    X(R_ALIAS_CHECK, "alias-check")                                                                          \
    X(R_COMPOSITE, "composite")                                                                              \
    /* collateral */                                                                                         \
    X(R_COLLATERAL_MISSING, "collateral-missing")                                                            \
    X(R_COLLATERAL_FORMAT, "collateral-format")                                                              \
    X(R_COLLATERAL_SIGNATURE, "collateral-signature")                                                        \
    X(R_COLLATERAL_TIME, "collateral-time")                                                                  \
    X(R_COLLATERAL_OLDER, "collateral-older")                                                                \
    X(R_CRL_FORMAT, "crl-format")                                                                            \
    X(R_CRL_SIGNATURE, "crl-signature")                                                                      \
    X(R_CERT_REVOKED, "certificate-revoked")                                                                 \
    /* enrolment */                                                                                          \
    X(R_EK_CHAIN, "ek-chain")                                                                                \
    X(R_EK_KEY, "ek-key")                                                                                    \
    X(R_EK_TEMPLATE, "ek-template")                                                                          \
    X(R_ACTIVATION, "activation")                                                                            \
    /* certificates */                                                                                       \
    X(R_CERT_FORMAT, "certificate-format")                                                                   \
    X(R_CERT_CHAIN, "certificate-chain")                                                                     \
    X(R_CERT_ANCHOR, "certificate-anchor")                                                                   \
    X(R_CERT_TIME, "certificate-time")                                                                       \
    X(R_CERT_SIGNATURE, "certificate-signature")                                                             \
    X(R_CERT_WEAK, "certificate-weak")                                                                       \
    X(R_CERT_CA, "certificate-ca")                                                                           \
    X(R_CERT_CRITICAL, "certificate-critical-extension")                                                     \
    X(R_CERT_PURPOSE, "certificate-purpose")                                                                 \
    X(R_CERT_NAMES, "certificate-names")                                                                     \
    /* policy */                                                                                             \
    X(R_POLICY_FORMAT, "policy-format")                                                                      \
    X(R_POLICY_CHAIN, "policy-chain")                                                                        \
    X(R_POLICY_SIGNATURES, "policy-signatures")                                                              \
    X(R_POLICY_FORK, "policy-fork")                                                                          \
    X(R_POLICY_GAP, "policy-gap")                                                                            \
    X(R_POLICY_DELAY, "policy-delay")                                                                        \
    X(R_POLICY_DENY, "denied-by-rule")                                                                       \
    X(R_NO_RULE, "no-rule")                                                                                  \
    X(R_KEY_DENIED, "key-denied")                                                                            \
    X(R_KEY_VERSION, "key-version")                                                                          \
    X(R_KEY_DESTROYED, "key-destroyed")                                                                      \
    X(R_TENANT_UNKNOWN, "tenant-unknown")                                                                    \
    X(R_SSH_AGENT, "ssh-agent")                                                                              \
    /* secrets */                                                                                            \
    X(R_PACKAGE_FORMAT, "package-format")                                                                    \
    X(R_PACKAGE_SIGNATURE, "package-signature")                                                              \
    X(R_PACKAGE_VERSION, "package-version")                                                                  \
    X(R_PACKAGE_NETWORK, "package-network")                                                                  \
    X(R_PACKAGE_SIGNER, "package-signer")                                                                    \
    X(R_PACKAGE_SEAL, "package-seal")                                                                        \
    X(R_PACKAGE_DELETED, "package-deleted")                                                                  \
    /* Confidential Containers */                                                                            \
    X(R_JWK, "jwk")                                                                                          \
    X(R_TOKEN, "token")                                                                                      \
    X(R_TOKEN_EXPIRED, "token-expired")                                                                      \
    X(R_KBS_VERSION, "kbs-version")                                                                          \
    X(R_KBS_FORMAT, "kbs-format")                                                                            \
    X(R_KBS_SESSION, "kbs-session")                                                                          \
    X(R_TEE_REFUSED, "tee-not-supported")                                                                    \
    X(R_INIT_DATA, "init-data")                                                                              \
    X(R_KBS_POLICY, "kbs-policy")                                                                            \
    X(R_KBS_WRITER, "kbs-writer")                                                                            \
    /* recovery */                                                                                           \
    X(R_RECOVERY_NONE, "recovery-none")                                                                      \
    X(R_RECOVERY_FORMAT, "recovery-format")                                                                  \
    X(R_RECOVERY_HOLDER, "recovery-holder")                                                                  \
    X(R_RECOVERY_SHARE, "recovery-share")                                                                    \
    X(R_RECOVERY_SHARES, "recovery-shares")                                                                  \
    X(R_RECOVERY_REPEATED, "recovery-repeated")                                                              \
    X(R_RECOVERY_SESSION, "recovery-session")                                                                \
    X(R_RECOVERY_FILE, "recovery-file")                                                                      \
    X(R_RECOVERY_EPOCH, "recovery-epoch")                                                                    \
    /* log */                                                                                                \
    X(R_LOG_LEAF, "log-leaf")                                                                                \
    X(R_LOG_TAMPERED, "log-tampered")                                                                        \
    X(R_LOG_FORK, "log-fork")                                                                                \
    X(R_NOTE_FORMAT, "note-format")                                                                          \
    X(R_NOTE_SIGNATURE, "note-signature")                                                                    \
    X(R_NOTE_ORIGIN, "note-origin")                                                                          \
    X(R_WITNESS_SIZE, "witness-size")                                                                        \
    X(R_WITNESS_PROOF, "witness-proof")                                                                      \
    X(R_WITNESS_ANSWER, "witness-answer")                                                                    \
    X(R_UNWITNESSED, "unwitnessed")                                                                          \
    X(R_ROLLED_BACK, "rolled-back")                                                                          \
    X(R_SUPERSEDED, "superseded")                                                                            \
    /* store and start */                                                                                    \
    X(R_STORE_HOSTILE, "store-hostile")                                                                      \
    X(R_STORE_VERSION, "store-version")                                                                      \
    X(R_STORE_TAMPERED, "store-tampered")                                                                    \
    X(R_STATE_EXISTS, "state-exists")                                                                        \
    X(R_LOSS, "loss-statement")                                                                              \
    X(R_BACKUP_FORMAT, "backup-format")                                                                      \
    X(R_BACKUP_PROOF, "backup-proof")                                                                        \
    X(R_UNSEAL, "unseal")                                                                                    \
    X(R_CONFIG, "config")                                                                                    \
    X(R_TPM, "tpm")                                                                                          \
    X(R_TSM, "tsm")

#define X(name, text) name,
enum sr_reason { SR_REASONS(X) SR_REASON_COUNT };
#undef X

/* The code that peers see and tests assert; static text. */
const char *sr_reason_text(enum sr_reason r);
/* The reason that a peer named; R_UNKNOWN for a code that is not in the table. */
enum sr_reason sr_reason_find(const char *text);
