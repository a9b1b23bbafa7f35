#pragma once
/* workload.h - the workload's side: learn the network's keys from its pinned id, attest, fetch. The node that
 * is asked is believed in nothing that the id does not vouch for. specs/release.md. */
#include "client/machine.h"
#include "proto/genesis.h"
#include "proto/release.h"
#include "proto/witness.h"

/* What follows from the cid alone. Large. */
struct network {
    struct genesis genesis;
    struct epoch_pubs epochs[EPOCHS_MAX]; /* [i] is epoch i + 1 */
    size_t n;
    struct witness_pin witnesses; /* who must have cosigned the log; at first those of the genesis record */
};

/* Asks the node for its genesis record and holds it against the pinned cid. On failure nothing in ret counts.
 */
enum sr_err network_learn(struct remote *r, struct network *ret, struct sr_why *why);
/* The same for what is known already: a longer chain adds to it, and only what it adds is verified. */
enum sr_err network_follow(struct remote *r, struct network *known, struct sr_why *why);

/* From here on these witnesses, verifier keys of type 04, are asked for; need 0: all of them. SR_EFORMAT,
 * R_CONFIG. The genesis record's, if it names any, have to have cosigned as well. */
enum sr_err network_witnesses(struct network *n, const char *const vkeys[], size_t n_vkeys, uint64_t need,
                              struct sr_why *why);

/* What came back, and the bytes of W3 that its leaf and checkpoint borrow from. Secret; the owner drops it.
 */
struct fetched {
    struct released released;
    struct buf w3;
    uint64_t asked_ms; /* CLOCK_BOOTTIME, just before W2 was made: leases count from here */
};
void fetched_drop(struct fetched *f);
/* Wipes the values whose lease is over. Call it before any is used. */
void fetched_expire(struct fetched *f);
/* Milliseconds that the i-th may still be held; 0: its lease is over; UINT64_MAX: it has none. */
uint64_t fetched_left_ms(const struct fetched *f, size_t i);

/* Attests and fetches all of wants (in canonical order), or nothing. The machine's AK certificate must be
 * there (machine_enrol). */
enum sr_err workload_fetch(struct remote *r, struct machine *m, const struct network *n,
                           const struct want_list *wants, struct fetched *ret, struct sr_why *why);

/* The same, through rotations: enrols where that is due, and when the node is at another epoch, or calls what
 * we have stale, learns the chain again and asks again, for some seconds. What the network is known by never
 * becomes shorter. */
enum sr_err workload_keys(struct remote *r, struct machine *m, const struct machine_options *o,
                          struct network *n, const struct want_list *wants, struct fetched *ret,
                          struct sr_why *why);

/* A wanted key as people write it: TENANT:PATH[@VERSION][#KIND[:SIZE]]. SR_EFORMAT, R_WANT_LIST. */
enum sr_err want_parse_text(const char *text, struct want *ret, struct sr_why *why);
