#include "proto/leaf_table.h"

#include <stddef.h>

#define FIELDS(X)                                                                                            \
    X(cid, RAW)                                                                                              \
    X(policy_hash, RAW)                                                                                      \
    X(commit, RAW)                                                                                           \
    X(link, RAW)                                                                                             \
    X(member_key, RAW)                                                                                       \
    X(id, RAW)                                                                                               \
    X(granter, RAW)                                                                                          \
    X(transcript, RAW)                                                                                       \
    X(ct_hash, RAW)                                                                                          \
    X(ak, RAW)                                                                                               \
    X(hardware, RAW)                                                                                         \
    X(root, RAW)                                                                                             \
    X(measurement, RAW)                                                                                      \
    X(rollback, WORD)                                                                                        \
    X(policy_number, U64)                                                                                    \
    X(epoch, U64)                                                                                            \
    X(epoch_lo, U64)                                                                                         \
    X(epoch_hi, U64)                                                                                         \
    X(not_after, U64)                                                                                        \
    X(address, TEXT)                                                                                         \
    X(tenant, RAW)                                                                                           \
    X(key, RAW)                                                                                              \
    X(version, U64)                                                                                          \
    X(package, RAW)                                                                                          \
    X(keys, KEYS)                                                                                            \
    X(outcome, WORD)                                                                                         \
    X(step, WORD)                                                                                            \
    X(reason, WORD)                                                                                          \
    X(since, U64)                                                                                            \
    X(counts, COUNTS)                                                                                        \
    X(boot, RAW)                                                                                             \
    X(member, RAW)                                                                                           \
    X(size, U64)                                                                                             \
    X(head, RAW)                                                                                             \
    X(other_size, U64)                                                                                       \
    X(other_head, RAW)                                                                                       \
    X(statement, RAW)                                                                                        \
    X(file, RAW)

#define X(name, kind) f_##name,
enum field_id { f_none, FIELDS(X) };
#undef X
#define X(name, kind)                                                                                        \
    [f_##name] = { #name, kind, offsetof(struct leaf, name), sizeof((struct leaf *)0)->name },
static const struct leaf_field fields[] = { FIELDS(X) };
#undef X

/* The format: what each type says, in this order. */
static const struct type {
    enum leaf_type type;
    enum field_id fields[LEAF_FIELDS_MAX]; /* up to the first f_none */
} types[] = {
    { LEAF_GENESIS,
      { f_cid, f_epoch, f_commit, f_policy_number, f_policy_hash, f_member_key, f_hardware, f_measurement } },
    { LEAF_ENROLMENT, { f_ak, f_hardware, f_root, f_epoch, f_not_after } },
    { LEAF_MEMBER_SELF,
      { f_cid, f_member_key, f_granter, f_hardware, f_measurement, f_policy_number, f_epoch_lo, f_epoch_hi,
        f_transcript, f_address } },
    { LEAF_JOIN_GRANTED,
      { f_transcript, f_ct_hash, f_ak, f_hardware, f_measurement, f_rollback, f_policy_number } },
    { LEAF_MEMBER,
      { f_id, f_member_key, f_hardware, f_measurement, f_policy_number, f_epoch_lo, f_epoch_hi, f_transcript,
        f_address } },
    { LEAF_POLICY, { f_policy_number, f_policy_hash } },
    { LEAF_PUT, { f_tenant, f_key, f_version, f_package, f_epoch } },
    { LEAF_DELETE, { f_tenant, f_key, f_version, f_package, f_epoch } },
    { LEAF_RELEASE,
      { f_transcript, f_keys, f_hardware, f_measurement, f_policy_number, f_outcome, f_ct_hash } },
    { LEAF_REFUSAL, { f_step, f_reason, f_transcript, f_hardware, f_measurement, f_policy_number } },
    { LEAF_REFUSALS_COUNTED, { f_since, f_counts } },
    { LEAF_START, { f_boot, f_measurement, f_policy_number, f_epoch } },
    { LEAF_STOP, { f_boot } },
    { LEAF_EPOCH, { f_epoch, f_commit } },
    { LEAF_RECOVERY,
      { f_cid, f_epoch, f_commit, f_policy_number, f_policy_hash, f_member_key, f_hardware, f_measurement,
        f_keys, f_transcript } },
    { LEAF_EPOCH_DRAWN, { f_epoch, f_commit, f_hardware, f_measurement } },
    { LEAF_EPOCH_HELD, { f_epoch, f_commit, f_link } },
    { LEAF_EPOCH_ACTIVE, { f_epoch, f_commit, f_link } },
    { LEAF_EPOCH_DESTROYED, { f_epoch, f_commit } },
    { LEAF_FORK, { f_member, f_size, f_head, f_other_size, f_other_head } },
    { LEAF_EXPELLED, { f_policy_number, f_policy_hash } },
    { LEAF_FREEZE, { f_step } },
    { LEAF_RESTORED,
      { f_cid, f_member_key, f_member, f_size, f_head, f_statement, f_keys, f_policy_number,
        f_policy_hash } },
    { LEAF_BACKUP, { f_size, f_head, f_epoch, f_policy_number, f_file } },
    { LEAF_SEALED_AHEAD, { f_hardware, f_measurement, f_policy_number } },
};

const char *leaf_type_text(enum leaf_type t)
{
    switch (t) {
#define X(name, code, text)                                                                                  \
    case name: return text;
        LEAF_TYPES(X)
#undef X
    }
    return NULL;
}

size_t leaf_fields(enum leaf_type t, const struct leaf_field *ret[LEAF_FIELDS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == t)
            for (; n < LEAF_FIELDS_MAX && types[i].fields[n] != f_none; n++)
                ret[n] = &fields[types[i].fields[n]];
    return n;
}
