#pragma once
/* policy.h - who may join and which keys go to whom: the signed rules every member holds. specs/policy.md is
 * the definition of each member, limit and order of evaluation.
 *
 * A struct policy is immutable once parsed and counted by its holders, so a handler keeps the one it began
 * with while another takes its place. Everything here is pure: no clock, no files. */
#include "proto/approvals.h"
#include "proto/json.h"
#include "proto/note.h"

struct claims; /* proto/claims.h */
struct claim;

enum {
    POLICY_MAX = 128 << 10,        /* bytes of a document */
    POLICY_SIGNED_MAX = 160 << 10, /* bytes of a signed one */
    POLICY_RULES_MAX = 128,        /* of each list */
    POLICY_TESTS_MAX = 32,         /* comparisons in a rule */
    POLICY_VALUES_MAX = 256,       /* values of an "in" */
    POLICY_KEYS_MAX = 32,          /* patterns in a release rule */
    POLICY_TENANTS_MAX = 256,
    POLICY_ADMINS_MAX = 16, /* of one tenant */
    POLICY_REFS_MAX = 16,   /* reference values of one tenant */
    POLICY_ROOTS_MAX = 32,
    POLICY_FROZEN_MAX = 8,
    POLICY_EXPELLED_MAX = 256,
    POLICY_HARDWARE_MAX = 512, /* machines listed */
    POLICY_NAME_MAX = 64,      /* bytes of a rule's name */
    POLICY_TYPE_MAX = 32,      /* and of its type of evidence */
    POLICY_TEXT_MAX = 159,     /* bytes of a compared text: the longest a claim can be */
    POLICY_HEADS_MAX = 64,     /* members whose log had two histories */
    POLICY_WITNESSES_MAX = 15, /* a note takes no more beside its own signature */
};

enum policy_binding { POLICY_BINDING_OPTIONAL, POLICY_BINDING_REQUIRED };

/* What a key may be used as: bits, so that a rule holds a set. */
enum policy_usage {
    POLICY_SECRET = 1 << 0, /* a stored secret */
    POLICY_RAW = 1 << 1,    /* derived bytes */
    POLICY_ED25519 = 1 << 2,
    POLICY_X25519 = 1 << 3,
    POLICY_P256 = 1 << 4,
    POLICY_SECP256K1 = 1 << 5,
};
unsigned policy_usage_find(struct span name); /* 0 for a name that is none */
const char *policy_usage_name(enum policy_usage one);

struct policy_tenant {
    struct span name;
    const struct sign_pub *admins; /* who signs its packages and requests */
    size_t admins_n;
    uint64_t max_secrets, max_bytes;
    uint64_t lease;          /* seconds that its keys may be held; 0: for ever */
    const struct span *refs; /* names of reference values that its administrators may set */
    size_t refs_n;
};

struct policy;

/* Takes a canonical document. SR_EFORMAT or SR_ETOOBIG with R_POLICY_FORMAT, or a json reason. The caller
 * holds one reference to *ret. */
enum sr_err policy_parse(struct span document, struct policy **ret, struct sr_why *why);
struct policy *policy_ref(struct policy *p); /* one more holder; returns p. Any thread */
void policy_unref(struct policy *p);         /* takes NULL */

/* For SR_OWN(policy_hold). */
struct policy_hold {
    struct policy *p;
};
void policy_hold_drop(struct policy_hold *h);

/* What a policy says of itself. All borrow from it. */
struct span policy_document(const struct policy *p);
const struct sha256 *policy_hash(const struct policy *p);     /* SHA-256(LP(label) || LP(document)) */
const struct sha256 *policy_previous(const struct policy *p); /* zeros in number 1 */
uint64_t policy_number(const struct policy *p);
uint64_t policy_min_epoch(const struct policy *p);
uint64_t policy_destroy_before(const struct policy *p); /* masters of earlier epochs go; 1: none does */
/* Members that must hold a new master before it is active; 0: the policy does not say, more than half. */
uint64_t policy_epoch_quorum(const struct policy *p);
enum policy_binding policy_channel_binding(const struct policy *p);
uint64_t policy_ak_cert_max_age(const struct policy *p); /* seconds */
bool policy_join_frozen(const struct policy *p);         /* nobody joins while it is in force */
uint64_t policy_join_delay(const struct policy *p); /* seconds that its successor's additions wait; 0: none */
/* Of a member's log that had two histories: the checkpoint that operators say counts. */
struct policy_head {
    uint8_t member[16];
    uint64_t size;
    struct sha256 root;
};
/* Who must have cosigned a checkpoint before anything under it leaves. */
struct policy_witnesses {
    uint64_t need;                  /* cosignatures */
    uint64_t restart;               /* members that must say, after a start, what they have seen */
    uint64_t wait_ms;               /* then it is refused */
    const struct note_key *outside; /* witnesses that are no members */
    size_t outside_n;
    const struct policy_head *heads;
    size_t heads_n;
};
const struct policy_witnesses *policy_witnesses(const struct policy *p); /* NULL: nobody need have */
/* NULL: operators have said nothing of that member's log. */
const struct policy_head *policy_head(const struct policy *p, const uint8_t member[16]);
/* How long a member serves without the others' word, in seconds, and how many of them it takes; 0: the policy
 * does not say. */
uint64_t policy_member_lease(const struct policy *p);
uint64_t policy_lease_quorum(const struct policy *p);
/* Who is a member no more, by the key of the certificate or by the machine that evidence speaks of. */
size_t policy_expelled(const struct policy *p); /* how many rows */
bool policy_expels_key(const struct policy *p, const struct sign_pub *key);
bool policy_expels_hardware(const struct policy *p, const struct claims *c);
/* Where the policy lists machines: evidence names at least one id, and each that it names is listed. */
bool policy_lists_hardware(const struct policy *p, const struct claims *c);
const struct sha256 *policy_vendor_ak_roots(const struct policy *p, size_t *ret_n);
const struct policy_tenant *policy_tenant(const struct policy *p, struct span name); /* NULL: none */
bool policy_tenant_admin(const struct policy_tenant *t, const struct sign_pub *key); /* false for NULL */
bool policy_admin(const struct policy *p, const struct sign_pub *key);               /* of any tenant */
/* The administrators of all tenants, each once, at most max of them: how many there are. */
size_t policy_admins(const struct policy *p, struct sign_pub *ret, size_t max);

/* Does an allow rule for joins name this measurement, in the form that leaves have it (32 bytes; longer ones
 * by their SHA-256)? own: the judge's, for "same". Silent: none compares `measurement` at all, so nothing can
 * be said. For auditors: evaluation is policy_join(). */
enum policy_lists { POLICY_LISTED, POLICY_UNLISTED, POLICY_SILENT };
enum policy_lists policy_lists_measurement(const struct policy *p, const struct sha256 *measurement,
                                           const struct sha256 *own);

/* ---- signatures ---- */

/* A policy with its signatures, sorted by key: {"policy":...,"signatures":[{"key","sig"}]}, canonical. */
struct policy_signed {
    struct policy *policy;
    struct approvals sigs; /* each over LP(label) || cid || u64 number || hash */
};
void policy_signed_drop(struct policy_signed *s);
enum sr_err policy_signed_parse(struct span text, struct policy_signed *ret, struct sr_why *why);
void policy_signed_write(const struct policy_signed *s, struct buf *ret);

/* An operator's signature, to be added to the signed policy. */
struct approval policy_sign(const struct policy *p, const struct sha256 *cid, const struct sign_key *key,
                            const struct sign_pub *pub);
/* Appends what an operator signs, label and all: for a key that is not in this process. */
void policy_sign_text(const struct policy *p, const struct sha256 *cid, struct buf *ret);
/* Puts one more signature in its place. SR_EFORMAT when that key has signed already; SR_ETOOBIG when full. */
enum sr_err policy_signed_add(struct policy_signed *s, const struct approval *sig, struct sr_why *why);

/* At least k signatures, every one of them by another of the n operators and right for this network, number
 * and document. SR_EPROOF with R_POLICY_SIGNATURES otherwise: one bad signature spoils the rest. k is at
 * least 1 and at most n, or no policy passes. Number 1 never does: the genesis record pins that one. */
enum sr_err policy_signed_check(const struct policy_signed *s, const struct sha256 *cid,
                                const struct sign_pub *operators, size_t n, size_t k, struct sr_why *why);

/* The first policy: number 1, of the hash that the genesis record pins. It needs no signature.
 * SR_EPROOF, R_POLICY_CHAIN. */
enum sr_err policy_first_check(const struct policy *p, const struct sha256 *pinned, struct sr_why *why);

/* May `next` take the place of `now`? Only number + 1 with now's hash as its previous, and no lower
 * min_epoch or destroy_before. SR_ESTALE R_POLICY_OLD    the same policy, or an older number: nothing to do
 * SR_EPROOF R_POLICY_FORK   the same number with another hash: report it, two policies may be signed
 * SR_ENOENT R_POLICY_GAP    a later number: fetch those between and take them in order SR_EPROOF
 * R_POLICY_CHAIN  it does not lead on from `now`, or lowers one of the two Says nothing about signatures:
 * check those first. */
enum sr_err policy_follows(const struct policy *now, const struct policy *next, struct sr_why *why);

/* ---- evaluation ---- */

/* What became of one rule: the first check that failed, in the order they are made. */
enum policy_outcome {
    POLICY_NOT_SEEN,     /* the verdict was clear before the rules */
    POLICY_OTHER_TENANT, /* release: rule is for another tenant */
    POLICY_OTHER_KEY,    /* release: no pattern of the rule matches the path */
    POLICY_OTHER_USAGE,  /* release: not one of the rule's usages */
    POLICY_OTHER_TYPE,   /* rule is for another type of evidence */
    POLICY_TEST_FAILED,  /* see test, found, own */
    POLICY_MATCHED,
};

struct policy_test; /* a comparison: proto/policy_body.h */
struct policy_refs; /* proto/policy_refs.h */
struct policy_ref;

/* The pointers borrow from the policy and the claims that were asked about. */
struct policy_step {
    enum policy_outcome outcome;
    const struct policy_test *test; /* the first that failed */
    const struct claim *found;      /* the peer's claim of that name, NULL when it has none */
    const struct claim *own;        /* "same": the appraiser's claim, NULL when it has none */
    const struct policy_ref *ref;   /* "ref": the values of that name, NULL when there are none */
};

struct policy_verdict {
    enum sr_err err;                     /* SR_OK or SR_EDENIED, as returned */
    enum sr_reason reason;               /* R_NONE when allowed */
    const char *list;                    /* "join" or "release" */
    size_t rule;                         /* the rule that decided; steps_n when none did */
    char rule_name[POLICY_NAME_MAX + 1]; /* its name, or empty */
    uint64_t lease;                      /* release, allowed: seconds that the key may be held; 0: for ever */
    size_t steps_n;                      /* rules in the list */
    struct policy_step steps[POLICY_RULES_MAX];
};

/* What a workload asks for, one key at a time. */
struct policy_want {
    struct span tenant, path;
    enum policy_usage usage;
    const struct policy_refs *refs; /* the tenant's own reference values; NULL: every "ref" fails */
};

/* Deny by default: SR_OK only when an allow rule matches and no deny rule does. Else SR_EDENIED with
 *   R_EXPELLED         join: the policy expels that machine, whatever the rules say
 *   R_HARDWARE         join: the policy lists machines, and that one is not on the list
 *   R_POLICY_DENY      a deny rule matches
 *   R_NO_RULE          no allow rule matches the claims
 *   R_TENANT_UNKNOWN   release: no such tenant
 *   R_KEY_DENIED       release: no allow rule of the tenant names this key and usage at all
 * `self` are the appraiser's own claims, for "same"; NULL: every "same" fails. ret (may be NULL) is filled in
 * every case; it and its pointers live no longer than the policy and the claims. */
enum sr_err policy_join(const struct policy *p, const struct claims *peer, const struct claims *self,
                        struct policy_verdict *ret, struct sr_why *why);
enum sr_err policy_release(const struct policy *p, const struct claims *peer, const struct claims *self,
                           const struct policy_want *want, struct policy_verdict *ret, struct sr_why *why);
