#pragma once
/* sev_guest.h - a sealing key from SEV-SNP firmware: MSG_KEY_REQ (AMD 56860, "Key Derivation") through
 * /dev/sev-guest (Linux Documentation/virt/coco/sev-guest.rst). What the device answers is believed, unlike a
 * report, which proves itself: its path is fixed and in no configuration. Calls block: late.h. */
#include "crypto/secret.h"

struct snp_guest_request_ioctl;

/* The device, so that tests can be one. ask() sends one SNP_GET_DERIVED_KEY: 0, or an errno. */
struct sev_guest {
    int (*ask)(void *ctx, struct snp_guest_request_ioctl *r);
    void *ctx;
};
extern const struct sev_guest sev_guest_device;

/* What the key depends on besides what is fixed (sev_guest.c): numbers that the firmware holds against its
 * own, so that the key is gone once a guest or a machine went back behind them. */
struct sev_key_of {
    uint32_t vmpl, guest_svn;
    uint64_t tcb; /* COMMITTED_TCB as it stands in a report, little-endian */
};
/* SR_EPROOF R_UNSEAL: the firmware refuses these numbers. SR_EIO R_TSM: no device, or it fails. */
enum sr_err sev_derive(const struct sev_guest *g, const struct sev_key_of *of, struct key *ret,
                       struct sr_why *why);

/* Sealed under the key of those numbers; they travel with the blob, which is format 1:
 *   u8 1 | u32 vmpl | u32 guest_svn | u64 tcb | box of crypto/aead.h, those 17 bytes its AAD
 * sev_unseal(): SR_EPROOF R_UNSEAL, another machine or measurement, or no blob of ours. */
enum sr_err sev_seal(const struct sev_guest *g, const struct sev_key_of *of, const struct key *k,
                     struct buf *ret, struct sr_why *why);
enum sr_err sev_unseal(const struct sev_guest *g, struct span blob, struct key *ret, struct sr_why *why);
