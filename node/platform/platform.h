#pragma once
/* platform.h - the machine under the program: makes evidence, seals to what was measured, enrols its
 * attestation key. One row a kind; which rows exist is decided when the program is linked
 * (mode_production.c, mode_insecure.c). Calls block (a TPM needs milliseconds to seconds, never longer than
 * the deadline) and are not thread safe: the node gives them to one actor. */
#include "proto/announcement.h"
#include "proto/claims.h"
#include "proto/enrol.h"

struct platform_options {
    const char *tcti;      /* tpm: "unix:PATH", "device:PATH", "swtpm:host=..,port=.." */
    const char *event_log; /* tpm: the launcher's event log */
    const char *dir;       /* rows of the insecure mode: where their key file is kept */
    struct span ek_chain;  /* tpm: PEM certificates above the EK's own, for enrolment; copied. May be empty */
    const char *tsm_dir;   /* snp, tdx: the kernel's report folder; NULL: the usual one */
    const char *seal;      /* who seals: "auto" or NULL, "none", or a row that seals for others ("tpm") */
    unsigned deadline_ms;  /* for one answer of the device; 0: PLATFORM_DEADLINE_MS */
};
enum { PLATFORM_DEADLINE_MS = 30000, PLATFORM_SEALED_MAX = 1024 /* bytes of a sealed blob */ };

struct platform_row;
struct platform_state; /* the row's own */

/* A counter that only goes up, kept by the hardware for whoever knows auth. */
struct platform_counter {
    uint32_t index;
    struct key auth;
};
enum platform_count { COUNT_DEFINE = 1, COUNT_READ, COUNT_STEP };

/* An open platform. {0} is closed. What makes evidence and what seals are mostly one and the same. */
struct platform {
    const struct platform_row *row;
    struct platform_state *state;
    const struct platform_row *sealer; /* NULL: nothing seals */
    struct platform_state *sealer_state;
    struct buf ek_chain; /* as in the options */
};

struct platform_row {
    const char *name; /* the kind of evidence it makes: names a verifier */
    bool enrols;      /* its evidence needs an AK certificate */
    bool seals_for_others;
    enum sr_reason trouble; /* of a device that does not answer */
    /* Is this machine one of these? SR_ENOENT: no. NULL: never taken unless named. */
    enum sr_err (*found)(const struct platform_options *o, struct sr_why *why);
    enum sr_err (*open)(const struct platform_options *o, struct platform_state **ret, struct sr_why *why);
    void (*close)(struct platform_state *s);
    enum sr_err (*quote)(struct platform_state *s, const struct sha512 *rd, struct span ak_cert,
                         struct buf *ret, struct sr_why *why);
    /* These three: NULL, the hardware has nothing to seal with. */
    enum sr_err (*seal)(struct platform_state *s, const struct key *k, struct buf *ret, struct sr_why *why);
    enum sr_err (*unseal)(struct platform_state *s, struct span blob, struct key *ret, struct sr_why *why);
    enum sr_err (*policy_digest)(struct platform_state *s, struct sha256 *ret, struct sr_why *why);
    /* These two, of the machine started as announced; NULL: nothing is known ahead. */
    enum sr_err (*foresee)(struct platform_state *s, const struct announcement *a, struct claims *ret,
                           struct sr_why *why);
    enum sr_err (*seal_ahead)(struct platform_state *s, const struct announcement *a, const struct key *k,
                              struct buf *ret, struct sha256 *ret_digest, struct sr_why *why);
    /* NULL: it has none. ret: of COUNT_READ and COUNT_STEP. */
    enum sr_err (*count)(struct platform_state *s, const struct platform_counter *c, enum platform_count act,
                         uint64_t *ret, struct sr_why *why);
    enum sr_err (*probe)(struct platform_state *s, struct sr_why *why); /* does the device answer? */
    /* These two: where it enrols. */
    enum sr_err (*enrol_request)(struct platform_state *s, const struct sha256 *network,
                                 const struct enrol_nonce *nonce, struct buf *ret, struct sr_why *why);
    enum sr_err (*activate)(struct platform_state *s, struct span blob, struct span seed, struct key *ret,
                            struct sr_why *why);
    enum sr_err (*self_claims)(struct platform_state *s, struct claims *ret, struct sr_why *why);
};

/* The program's rows, NULL last. */
extern const struct platform_row *const platform_rows[];

/* name: a row's, or "auto": the first row that finds itself on a machine that is one. SR_ENOENT R_CONFIG:
 * this program has no row of that name, or it does not seal. SR_EIO R_TPM: no device, or it fails its
 * self-test. SR_EIO, SR_ENOENT R_TSM: the kernel makes no such reports. SR_EFORMAT R_EVENT_LOG: the log is
 * missing, malformed, or does not lead to the PCR. */
enum sr_err platform_open(struct span name, const struct platform_options *o, struct platform *ret,
                          struct sr_why *why);
void platform_drop(struct platform *p);
const char *platform_name(const struct platform *p); /* the tee_type */
bool platform_enrols(const struct platform *p);
bool platform_seals(const struct platform *p);
const char *platform_sealer(const struct platform *p); /* the row that seals, or "none" */
enum sr_reason platform_trouble(const struct platform *p);

/* All of these: SR_EIO R_TPM or R_TSM when the device fails or the deadline passes.
 * Appends evidence over rd. ak_cert: our AK certificate; empty where platform_enrols() is false. */
enum sr_err platform_quote(struct platform *p, const struct sha512 *rd, struct span ak_cert, struct buf *ret,
                           struct sr_why *why);
/* Sealing, where platform_seals(); else SR_ENOENT R_CONFIG.
 * Appends a blob that only this machine opens again, and only while what was measured is the same. */
enum sr_err platform_seal(struct platform *p, const struct key *k, struct buf *ret_blob, struct sr_why *why);
/* SR_EPROOF R_UNSEAL: measured something else, another machine, or no blob of ours. */
enum sr_err platform_unseal(struct platform *p, struct span blob, struct key *ret, struct sr_why *why);
/* Identifies what platform_seal() seals to now. */
enum sr_err platform_policy_digest(struct platform *p, struct sha256 *ret, struct sr_why *why);
/* The same three for this machine once it is started as announced: what platform_self_claims() will say, a
 * blob that opens only then, and what platform_policy_digest() will be. SR_ENOENT R_CONFIG where evidence and
 * seal do not both follow from what a launcher measures. */
enum sr_err platform_foresee(struct platform *p, const struct announcement *a, struct claims *ret,
                             struct sr_why *why);
enum sr_err platform_seal_ahead(struct platform *p, const struct announcement *a, const struct key *k,
                                struct buf *ret_blob, struct sha256 *ret_digest, struct sr_why *why);
/* Counters of what seals, where platform_counts(); else SR_ENOENT R_CONFIG. COUNT_DEFINE makes one
 * (SR_ESTALE, R_STATE_EXISTS: the index is taken); COUNT_READ gives its count, 0 before the first step;
 * COUNT_STEP adds one and gives what it is then. SR_ENOENT R_ROLLED_BACK: there is no such counter; SR_EPROOF
 * R_ROLLED_BACK: what is there is not the one that auth belongs to. */
bool platform_counts(const struct platform *p);
enum sr_err platform_count(struct platform *p, const struct platform_counter *c, enum platform_count act,
                           uint64_t *ret, struct sr_why *why);
/* Does what makes evidence, and what seals, answer? */
enum sr_err platform_probe(struct platform *p, struct sr_why *why);
/* Appends E1, with the certificates of ek_chain behind the EK's own. SR_ENOENT where platform_enrols() is
 * false; SR_ETOOBIG, R_EK_CHAIN: too many certificates. */
enum sr_err platform_enrol_request(struct platform *p, const struct sha256 *network,
                                   const struct enrol_nonce *nonce, struct buf *ret_e1, struct sr_why *why);
/* E1 and E2 to E3. SR_EPROOF R_ACTIVATION: the challenge is not for this machine's keys. */
enum sr_err platform_enrol_answer(struct platform *p, struct span e1, struct span e2, struct buf *ret_e3,
                                  struct sr_why *why);
/* What evidence made now would claim, but for what needs others' word (ek, root, firmware, reset_count). */
enum sr_err platform_self_claims(struct platform *p, struct claims *ret, struct sr_why *why);
