#pragma once
/* package.h - stored secrets as self-certifying packages: sealed by the client to the network's key, signed
 * by a tenant's administrator, versioned with a link to the version before, deleted by tombstones.
 * specs/packages.md. */
#include "proto/epoch.h"
#include "proto/package_known.h"
#include "proto/release_wire.h"

enum package_kind { PACKAGE_VALUE = 1, PACKAGE_TOMBSTONE = 2 };
enum { PACKAGE_VALUE_MAX = VALUE_MAX, PACKAGE_MAX = PACKAGE_VALUE_MAX + 1024 };

struct package {
    struct sha256 cid;
    char tenant[GLOB_TENANT_MAX + 1];
    char path[GLOB_PATH_MAX + 1];
    uint32_t version;   /* 1.. */
    struct sha256 prev; /* hash of the version before; zeros for version 1 alone */
    enum package_kind kind;
    uint64_t epoch;   /* whose network key it is sealed to */
    uint64_t created; /* unix seconds, the client's word */
    struct sign_pub signer;
    struct kem_pub enc; /* zeros in a tombstone */
    struct span ct;     /* borrows; empty in a tombstone */
    struct sha256 hash; /* of the whole package: filled by package_read */
};

/* Who makes a package, and to whom. eph: for this one call. */
struct package_keys {
    const struct kem_pub *network; /* of the epoch named */
    const struct kem_key *eph;
    const struct sign_key *signer;
    const struct sign_pub *signer_pub;
};
/* Appends a package. From p: cid, tenant, path, version, prev, kind, epoch, created; the rest is made. value
 * is empty for a tombstone. SR_EFORMAT, SR_ETOOBIG with R_PACKAGE_FORMAT. */
enum sr_err package_make(const struct package *p, struct span value, const struct package_keys *keys,
                         struct buf *ret, struct sr_why *why);
/* Form, and the signature of the signer it names. R_PACKAGE_FORMAT, R_PACKAGE_SIGNATURE. */
enum sr_err package_read(struct span s, struct package *ret, struct sr_why *why);
/* The same; the signature of a package that was good before under `known` is not computed again. */
enum sr_err package_read_known(struct package_known *known, struct span s, struct package *ret,
                               struct sr_why *why);
/* Form alone, without the hash: of a package that was read before it was stored, for a look at its fields.
 * R_PACKAGE_FORMAT. */
enum sr_err package_glance(struct span s, struct package *ret, struct sr_why *why);
/* May it be stored: this network's (R_PACKAGE_NETWORK), an epoch up to the newest (R_EPOCH), signed by one of
 * the tenant's administrators (R_PACKAGE_SIGNER). */
enum sr_err package_check(const struct package *p, const struct sha256 *cid, uint64_t newest_epoch,
                          const struct sign_pub *admins, size_t n, struct sr_why *why);
/* network: of p->epoch. R_PACKAGE_SEAL; R_PACKAGE_DELETED (SR_ENOENT) for a tombstone. */
enum sr_err package_open(const struct package *p, const struct kem_key *network, struct secret *ret,
                         struct sr_why *why);
/* The same with that key's public half, which would be made again otherwise. */
enum sr_err package_open_by(const struct package *p, const struct kem_key *network,
                            const struct kem_pub *network_pub, struct secret *ret, struct sr_why *why);

enum package_verdict {
    PACKAGE_REFUSED,  /* R_PACKAGE_VERSION: older, a gap, a wrong link, or another name */
    PACKAGE_NEXT,     /* store it */
    PACKAGE_SAME,     /* it is stored: nothing to do */
    PACKAGE_REPLACES, /* equal version, lower hash: store it and report the conflict */
    PACKAGE_LOSES,    /* equal version, higher hash: keep ours and report the conflict */
};
/* now: the version stored under this tenant and path, NULL when there is none (then only version 1 is next).
 */
enum package_verdict package_follows(const struct package *now, const struct package *next,
                                     struct sr_why *why);
/* The same for a package that another member passes on: the newest version counts even when those between
 * were never seen here, because the tenant's signature stands for the order. Older ones are refused. */
enum package_verdict package_sync(const struct package *now, const struct package *next, struct sr_why *why);
