#pragma once
/* counter.h - rollback level "tpm": a counter in the TPM, and in the keystore the count that it must have.
 * The row is written first, then the TPM counts: so a state is good when the counter says what the row says,
 * or one less, and every state from before the last count is refused. specs/keystore.md, "Level tpm". */
#include "node/home.h"
#include "node/logline.h"

struct counter;

struct counter_options {
    struct keystore *ks; /* borrowed, as all here; outlives the counter */
    struct tpm_actor *tpm;
    struct home *home;
    bool begin;       /* there may be none yet: one is begun */
    uint32_t first;   /* of the range of indices */
    unsigned seconds; /* what is new is counted within this */
    const struct logger *log;
};
/* Text of the option nv-index; false: not the first of a range that owners may use. */
bool counter_range(const char *text, uint32_t *ret);

/* Reads the row and the TPM; writes nothing. ret is NULL when this member has no counter and begins none.
 * SR_ENOENT, R_CONFIG: it has one, and this machine's platform counts nothing. SR_EBUSY, R_TPM. */
enum sr_err counter_open(const struct counter_options *o, struct counter **ret, struct sr_why *why);
/* SR_EPROOF, R_ROLLED_BACK: the TPM counted on after this state, or what it has is not ours. NULL is fine,
 * here and below. */
enum sr_err counter_judge(const struct counter *c, struct sr_why *why);
uint64_t counter_value(const struct counter *c); /* what the TPM said last; 0: nothing */
uint32_t counter_index(const struct counter *c);

/* Judged good, or operators accepted the loss: makes the counter where there is none of ours, counts once,
 * and from then on in a thread of its own while there is something new. */
enum sr_err counter_start(struct counter *c, struct sr_why *why);
/* Counts what is new, now. From any thread. SR_EBUSY, R_TPM: the TPM did not. SR_EPROOF, R_ROLLED_BACK. */
enum sr_err counter_cover(struct counter *c, struct sr_why *why);
/* SR_EBUSY, R_TPM: what is new has not been counted for three times as long as it should. */
enum sr_err counter_holds(struct counter *c, struct sr_why *why);
void counter_close(struct counter *c); /* counts nothing any more */
