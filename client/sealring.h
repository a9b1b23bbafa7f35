#ifndef SEALRING_H
#define SEALRING_H
/* sealring.h - the library for workloads: attest to a Sealring network and fetch keys.
 *
 * The network is pinned by its id (cid). There is no trust on first use: without a cid nothing opens, and a
 * node that cannot show what the cid vouches for is refused, whatever certificate it has. Link with
 * -lsealring.
 *
 *     struct sealring_options o = { .size = sizeof o, .node = "https://node:8443", .cid = "sr1..." };
 *     struct sealring_error why;
 *     struct sealring *s;
 *     struct sealring_keys *keys;
 *     const char *wants[] = { "acme:app/db" };
 *     if (sealring_open(&o, &s, &why) == SEALRING_OK && sealring_fetch(s, wants, 1, &keys, &why) ==
 * SEALRING_OK) ...
 *
 * A handle is used by one thread at a time. Strings are NUL-ended UTF-8 and borrowed for the call. */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEALRING_API __attribute__((visibility("default")))

enum sealring_status {
    SEALRING_OK = 0,
    SEALRING_REFUSED = 1,  /* the node or a check said no: reason says which */
    SEALRING_USAGE = 2,    /* an argument is wrong */
    SEALRING_NO_PEER = 3,  /* no answer, or busy: trying again, or another node, may help */
    SEALRING_INTERNAL = 4, /* TPM, memory or files of this machine failed */
    SEALRING_EXPIRED = 5,  /* the key's lease is over, and it was wiped: fetch again */
};

/* Filled by calls that fail, when given. Holds no secret. */
struct sealring_error {
    char reason[64]; /* a stable code: specs/reasons.md */
    char text[160];  /* for a log */
};

struct sealring_options {
    size_t size;                /* sizeof (struct sealring_options): later versions append members */
    const char *node;           /* "https://HOST:PORT", or "http://127.0.0.1:PORT" */
    const char *cid;            /* required */
    const char *ca_file;        /* PEM, to check the node's TLS certificate as well; NULL: not needed */
    const char *tcti;           /* NULL: "device:/dev/tpmrm0" */
    const char *event_log;      /* of sealring-launch; NULL: "/run/sealring/event-log" */
    const char *ek_chain;       /* PEM certificates above the TPM's endorsement certificate; NULL: none */
    const char *ak_cert;        /* file to keep the attestation key's certificate in; NULL: not kept */
    unsigned timeout_s;         /* for each call to the node; 0: 30 */
    const char *platform;       /* "snp", "tdx", "tpm"; NULL: what the kernel reports, else "tpm" */
    const char *tsm_report_dir; /* NULL: "/sys/kernel/config/tsm/report" */
    /* Witnesses that must have cosigned the node's log, as C2SP verifier keys of type 04, and how many of
     * them; 0: all. */
    const char *const *witnesses;
    size_t witnesses_n;
    size_t witness_need;
};

struct sealring;
struct sealring_keys;

/* One key, valid until sealring_keys_free(). pub is NULL for stored secrets and raw bytes. */
struct sealring_key {
    const uint8_t *value;
    size_t value_size; /* bytes */
    const uint8_t *pub;
    size_t pub_size; /* bytes: 32, or 65 for a point */
    uint32_t version;
};

/* Opens the TPM, connects, and holds the node's genesis record against the cid. */
SEALRING_API enum sealring_status sealring_open(const struct sealring_options *o, struct sealring **ret,
                                                struct sealring_error *why);
SEALRING_API void sealring_close(struct sealring *s); /* NULL is fine */

/* The network's newest epoch, as the handle learnt it last: at the open, or by a fetch that met a later one.
 * A derived key's version is an epoch: fetch @VERSION of this one for a key that nobody can make who learnt
 * the masters before it. */
SEALRING_API uint64_t sealring_epoch(const struct sealring *s);

/* Attests and fetches all n wants (at most 64), or none. A want is TENANT:PATH[@VERSION][#KIND[:SIZE]]; two
 * that are alike are SEALRING_USAGE. Without a version: of a secret the newest, of a derived key 1. Enrols
 * the machine first where its certificate has run out. */
SEALRING_API enum sealring_status sealring_fetch(struct sealring *s, const char *const wants[], size_t n,
                                                 struct sealring_keys **ret, struct sealring_error *why);

/* The key of that want, spelt as it was asked for. SEALRING_USAGE: it was not. SEALRING_EXPIRED: policy gave
 * it for a time that is over (CLOCK_BOOTTIME, from before the request); it is wiped. Ask before each use:
 * what an earlier call pointed to goes with it. */
SEALRING_API enum sealring_status sealring_keys_find(const struct sealring_keys *keys, const char *want,
                                                     struct sealring_key *ret);
/* How long the key of that want may still be used: seconds, rounded down; UINT32_MAX: policy sets no end.
 * Errors as above. */
SEALRING_API enum sealring_status sealring_keys_lease(const struct sealring_keys *keys, const char *want,
                                                      uint32_t *ret_left_s);
/* The log leaf that the node wrote before it released, and its index in that node's log. */
SEALRING_API uint64_t sealring_keys_leaf(const struct sealring_keys *keys, const uint8_t **ret_leaf,
                                         size_t *ret_size);
SEALRING_API void sealring_keys_free(struct sealring_keys *keys); /* wipes; NULL is fine */

/* Keys with leases, kept up to date by a thread of the library: it attests and fetches again at two thirds of
 * the shortest lease, give or take a tenth, so that not all workloads come at once; more often after a
 * failure. When policy denies, or no node answers, the keys go at the end of their leases. */
struct sealring_kept;
/* Told after each renewal, from that thread: SEALRING_OK, or why it failed. Holds no lock. NULL: nobody. */
typedef void sealring_renewed(void *ctx, enum sealring_status status, const struct sealring_error *why);

/* The first fetch is made here, with its errors. The handle belongs to the thread until sealring_kept_free(),
 * which leaves it open. */
SEALRING_API enum sealring_status sealring_keep(struct sealring *s, const char *const wants[], size_t n,
                                                sealring_renewed *on_renewed, void *ctx,
                                                struct sealring_kept **ret, struct sealring_error *why);
/* Copies the key as it is now; any thread. SEALRING_USAGE: not one of the wants, or more than size bytes.
 * SEALRING_EXPIRED: its lease is over, and it is wiped. */
SEALRING_API enum sealring_status sealring_kept_get(struct sealring_kept *k, const char *want, uint8_t *ret,
                                                    size_t size, size_t *ret_size);
SEALRING_API void sealring_kept_free(struct sealring_kept *k); /* ends the thread, wipes; NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
