#pragma once
/* cc_log.h - the event log of a confidential guest (the CCEL table): what its firmware and boot loader
 * measured into the RTMRs of a TD. TCG PC Client Platform Firmware Profile 1.06, 10.4 (crypto agile log);
 * UEFI 2.10, 38.4 (measurement registers: index 1 to 4 is RTMR0 to RTMR3). The log itself is nobody's word:
 * what counts is that it replays to registers that a quote vouches for, and of its events their digests.
 * Event data says nothing unless it is what was hashed. Pure; everything borrows. specs/evidence-dcap.md,
 * "Event log". */
#include "crypto/sha384.h"

enum {
    CC_LOG_MAX = 256 << 10 /* bytes, filling included */,
    CC_EVENTS_MAX = 4096,
    CC_ALGORITHMS_MAX = 4,
    CC_REGISTERS = 4
};

enum { /* event types, PFP 10.4.1 */
       CC_NO_ACTION = 3,
       CC_VARIABLE_DRIVER_CONFIG = 0x80000001
};
struct cc_event {
    uint32_t index, type;
    struct span digest; /* SHA-384, 48 bytes */
    struct span data;
};
struct cc_log {
    struct span events; /* without the head and what fills the table up */
    struct cc_algorithm {
        uint16_t id, size;
    } algorithm[CC_ALGORITHMS_MAX];
    size_t nalgorithm, nevent;
};
/* All of it. SR_EFORMAT R_EVENT_LOG: no head of version 2.0 with SHA-384; a digest that the head does not
 * announce, one missing or twice; an index that is no RTMR; sizes that do not fit; behind the last event
 * something else than bytes that are all ff or all zero. */
enum sr_err cc_log_read(struct span bytes, struct cc_log *ret, struct sr_why *why);

/* For walking: *at begins as l->events. False: none left. */
bool cc_log_next(const struct cc_log *l, struct span *at, struct cc_event *ret);

/* What the registers are after all events, and how many events each had. */
struct cc_registers {
    struct sha384 rtmr[CC_REGISTERS];
    uint32_t events[CC_REGISTERS];
};
enum sr_err cc_log_replay(const struct cc_log *l, struct cc_registers *ret);

/* Was UEFI secure boot on? By the one SecureBoot variable in RTMR0 whose data is what was hashed. SR_ENOENT:
 * none, or several. */
enum sr_err cc_log_secure_boot(const struct cc_log *l, bool *ret_on);
