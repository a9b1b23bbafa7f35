#pragma once
/* policy_body.h - what a policy is inside: for the proto/policy*.c files alone. Everything lives as long as
 * the policy; texts borrow from its parsed document. */
#include "proto/policy.h"
#include "proto/policy_refs.h"

#include <stdatomic.h>

enum policy_op {
    POLICY_EQ,
    POLICY_IN,
    POLICY_MIN,
    POLICY_MAX_OP,
    POLICY_PREFIX,
    POLICY_SAME,
    POLICY_SUBSET,
    POLICY_NONE_OF,
    POLICY_REF
};
enum policy_effect { POLICY_ALLOW, POLICY_DENY };

struct policy_value {
    enum json_type kind; /* JSON_STR, JSON_U64 or JSON_BOOL */
    struct span text;
    uint64_t num; /* a bool is 0 or 1 */
};

/* One comparison: claim, operator, wanted values. */
struct policy_test {
    struct span claim;
    enum policy_op op;
    const struct policy_value
        *values; /* one; of an operator that takes a list as many as there are; "same": none */
    size_t n;    /* "ref": one, the name */
};

struct policy_rule {
    struct span name, type;
    enum policy_effect effect;
    struct policy_test *tests;
    size_t tests_n;
    /* release only */
    struct span tenant;
    struct span *keys;
    size_t keys_n;
    unsigned usages;
    uint64_t lease; /* seconds; 0: none */
};

struct policy_list {
    struct policy_rule *rules;
    size_t n;
};

struct policy_expelled {
    struct span name;
    bool by_key;
    struct sign_pub key;
    struct span hardware; /* empty: by the key alone */
};

struct policy_machine {
    struct span name, id;
};

struct policy_block;  /* of memory */
struct policy_issuer; /* proto/policy_issuers.h */

struct policy {
    atomic_uint holders;
    struct policy_block *blocks;
    struct buf document;
    struct json_doc json;
    struct sha256 hash, previous, *roots;
    size_t roots_n;
    uint64_t number, min_epoch, destroy_before, ak_cert_max_age, epoch_quorum;
    enum policy_binding binding;
    bool witnessed; /* witnesses says something */
    struct policy_witnesses witnesses;
    bool join_frozen;
    uint64_t member_lease, lease_quorum; /* 0: not there */
    struct policy_expelled *expelled;
    size_t expelled_n;
    struct policy_machine *hardware; /* NULL: no list, any machine */
    size_t hardware_n;
    uint64_t join_delay; /* seconds; 0: none */
    struct policy_list join, release;
    struct policy_tenant *tenants;
    size_t tenants_n;
    struct policy_issuer *issuers;
    size_t issuers_n;
};

/* As the document spells it; static text. */
const char *policy_op_name(enum policy_op op);
bool policy_op_lists(enum policy_op op); /* its value is an array */

/* n zeroed things that go with the policy; NULL without memory. */
void *policy_alloc(struct policy *p, size_t n, size_t size);

/* Fills one list of rules from its array. */
enum sr_err policy_rules_read(struct policy *p, const struct json *array, const char *list,
                              struct policy_list *ret, struct sr_why *why);
/* Do claims meet its type and all its comparisons? Of a release rule that says nothing of the key; reference
 * values are not known, and nothing equals them. */
bool policy_rule_met(const struct policy_rule *r, const struct claims *peer, const struct claims *self);
bool policy_has_root(const struct policy *p, const struct sha256 *root); /* among vendor_ak_roots */
/* Whoever may join under next may under before: same words, no more roots, no older certificates, no shorter
 * delay. */
bool policy_admits_alike(const struct policy *before, const struct policy *next);
/* A value of any kind that a comparison takes. */
enum sr_err policy_value_read(const struct json *v, struct policy_value *ret, struct sr_why *why);

/* ---- reference values: policy_refs.c ---- */
enum sr_err policy_tenant_refs_read(struct policy *p, const struct json *array, struct policy_tenant *t,
                                    struct sr_why *why);
enum sr_err policy_refs_check(const struct policy *p, struct sr_why *why); /* with all rules read */
const struct policy_ref *policy_refs_find(const struct policy_refs *r, struct span name); /* NULL: none */
const struct policy_value *policy_ref_values(const struct policy_ref *r, size_t *ret_n);  /* NULL: none */

/* Fills the issuers; NULL: none. Then, with all rules read: no rule of join is for one of their types. */
enum sr_err policy_issuers_read(struct policy *p, const struct json *array, struct sr_why *why);
enum sr_err policy_issuers_check(const struct policy *p, struct sr_why *why);
enum sr_err policy_witnesses_read(struct policy *p, const struct json *object, struct sr_why *why);
/* What a policy may say of members: policy_govern.c. NULL: not there. */
struct policy_govern {
    const struct json *frozen, *expelled, *hardware, *member_lease, *lease_quorum, *join_delay;
};
/* Of a release rule or a tenant; NULL: none, 0. */
enum sr_err policy_key_lease_read(const struct json *v, uint64_t *ret, struct sr_why *why);
enum sr_err policy_govern_read(struct policy *p, const struct policy_govern *g, struct sr_why *why);
bool policy_word_ok(struct span s, size_t max); /* [a-z0-9._-], 1 to max bytes */
