#pragma once
/* policy_refs.h - reference values that a tenant sets without the operators, as far as policy lets it: named
 * lists, kept as packages of the tenant's and handed to policy_release(), which stays pure. What is not
 * there, or can not be read, equals nothing. specs/policy.md, "Reference values". */
#include "proto/policy.h"

#define POLICY_REF_FOLDER "reference-values/" /* in front of a name: the path of its package */

/* Owns what was added. {0} is empty. */
struct policy_ref;
struct policy_refs {
    struct policy_ref *v[POLICY_REFS_MAX];
    size_t n;
};
void policy_refs_drop(struct policy_refs *r);
/* value: {"values":[...]}, 1 to 256 texts, numbers or truth values, all of one kind. SR_EFORMAT,
 * R_POLICY_FORMAT or a json reason: it is none, and nothing is added; SR_ETOOBIG when full. */
enum sr_err policy_refs_add(struct policy_refs *r, struct span name, struct span value, struct sr_why *why);
/* The members of one object, each as above: for explanations. Errors as policy_refs_add(). */
enum sr_err policy_refs_read_json(struct span text, struct policy_refs *ret, struct sr_why *why);
bool policy_ref_name_ok(struct span name); /* 1 to 64 of a-z 0-9 . _ -, not of dots alone */

/* The names that a tenant may set, in the order of the document; 0 for NULL. */
size_t policy_tenant_refs(const struct policy_tenant *t, const struct span **ret);
/* The one tenant of which this key is an administrator and which may set that name. NULL: none, or several.
 */
const struct policy_tenant *policy_ref_tenant(const struct policy *p, const struct sign_pub *admin,
                                              struct span name);
bool policy_tenant_may_set(const struct policy_tenant *t, struct span name); /* false for NULL */
