#pragma once
/* secrets.h - tenants' packages: stored as they came, opened only for a release. Self-certifying, so any
 * member may pass them on; of two packages with one version the lower hash stays and the conflict is
 * reported. Any thread may call. Rows in KT_PACKAGE: the newest under the path, every version under
 * path@version, and a pointer from each package's hash. specs/node.md, "Secrets". */
#include "proto/package.h"
#include "proto/policy.h"

struct core;
struct node;
struct secrets;

/* Counts what every tenant stores: reads each package once. n and c are borrowed. SR_EPROOF,
 * R_STORE_TAMPERED. */
enum sr_err secrets_open(struct node *n, struct core *c, struct secrets **ret, struct sr_why *why);
void secrets_close(struct secrets *s); /* NULL is fine */

/* Where a package comes from: a tenant may only put the next version, a member passes on what is newest. */
enum package_source { FROM_TENANT, FROM_MEMBER };
struct package_stored {
    enum package_verdict verdict; /* NEXT and REPLACES: stored now, with its leaf */
    struct sha256 hash;
    uint32_t version;
};
/* p: the policy in force, for the tenant's administrators and quota. Refusals as package_check() and
 * package_follows(); SR_ESTALE, R_EPOCH_DESTROYED what a tenant sealed to an epoch that p destroys;
 * SR_ETOOBIG, R_TOO_LARGE over the quota. */
enum sr_err secrets_take(struct secrets *s, const struct policy *p, struct span package,
                         enum package_source from, struct package_stored *ret, struct sr_why *why);

/* The value of a stored secret. version 0: the newest. SR_ENOENT, R_NOT_FOUND or R_PACKAGE_DELETED. */
enum sr_err secrets_open_value(struct secrets *s, struct span tenant, struct span path, uint32_t version,
                               struct secret *ret, uint32_t *ret_version, struct sr_why *why);
/* The newest package under a path, without its cipher text. there is false when there is none. */
struct secrets_newest {
    bool there;
    uint32_t version;
    struct sha256 hash;
    enum package_kind kind;
};
enum sr_err secrets_newest(struct secrets *s, struct span tenant, struct span path,
                           struct secrets_newest *ret, struct sr_why *why);
/* A package by its hash, as stored. SR_ENOENT. */
enum sr_err secrets_by_hash(struct secrets *s, const struct sha256 *hash, struct buf *ret,
                            struct sr_why *why);
/* The newest package of each path of a tenant, for its administrators: visited once each. */
enum sr_err secrets_list(struct secrets *s, struct span tenant,
                         enum sr_err (*visit)(void *ctx, const struct package *p), void *ctx,
                         struct sr_why *why);
/* How many secrets of the policy's tenants are sealed to each epoch: [i] to epoch i + 1. The newest version
 * of a path counts, if it is no tombstone. */
enum sr_err secrets_by_epoch(struct secrets *s, const struct policy *p, uint32_t ret[static EPOCHS_MAX],
                             struct sr_why *why);
/* The hash of the newest package of every path: what members compare. u32 n, n x hash[32], sorted. */
enum sr_err secrets_digest(struct secrets *s, struct buf *ret, struct sr_why *why);
