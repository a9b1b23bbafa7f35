#pragma once
/* effect_input.h - for whom the effect of a proposal is worked out: claims in files, and what members say of
 * themselves and of the machines in their logs. The latter is their word alone: it decides nothing. */
#include "client/ground.h"
#include "proto/claims.h"
#include "proto/epoch.h"

enum { EFFECT_SUBJECTS_MAX = 96, EFFECT_LABEL_MAX = 160, EFFECT_MEASUREMENTS_MAX = 64 };

struct effect_subject {
    char label[EFFECT_LABEL_MAX]; /* a file, or a member's address */
    struct claims *claims;
};
struct effect_measurement {
    struct sha256 hash; /* as leaves have it */
    uint64_t leaves;    /* that name it */
};
struct effect_input {
    struct effect_subject v[EFFECT_SUBJECTS_MAX];
    size_t n;
    struct claims *self;            /* the judge's own, for "same"; NULL: none */
    struct sha256 self_measurement; /* of a member, as its log has it: for rules that say "same" */
    struct effect_measurement measurements[EFFECT_MEASUREMENTS_MAX];
    size_t measurements_n;
    uint64_t sealed[EPOCHS_MAX]; /* secrets under epoch i + 1's network key, as a member counts them */
    size_t away;                 /* members and logs that could not be read */
};
void effect_input_drop(struct effect_input *in);

struct effect_options {
    const struct ground_options *from;
    struct option_list claims; /* files */
    const char *self;          /* file; NULL: what the node says of itself, if one is named */
    bool network;              /* ask all members, and read their logs */
};
/* SR_EFORMAT with R_CONFIG: --network without a node. Files that can't be read are errors; members that don't
 * answer are counted. */
enum sr_err effect_input_get(const struct effect_options *o, struct effect_input *ret, struct sr_why *why);
