#include "client/genesis_input.h"

#include "client/evidence_input.h"

enum sr_err genesis_input_get(const char *path, const struct remote_options *from, struct buf *ret,
                              struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    if (path)
        return cli_read_file(path, GENESIS_BUNDLE_MAX, ret, why);
    SR_TRY(remote_open(from, &r, why));
    return remote_get(&r, "/sealring/v1/genesis", ret, why);
}

/* For SR_OWN. */
struct collateral_own {
    struct collateral *c;
};

static void collateral_own_drop(struct collateral_own *o)
{
    collateral_free(o->c);
    o->c = NULL;
}

enum sr_err genesis_input_verify(struct span bundle, const struct sha256 *cid, struct span opnonce,
                                 const char *collateral, struct genesis_checked *ret,
                                 struct claims *ret_claims, struct sr_why *why)
{
    SR_OWN(collateral_own) set = { 0 };
    struct genesis_checked checked;
    SR_TRY(genesis_check(bundle, cid, opnonce, &checked, why));
    const struct pins roots = genesis_report_pins(&checked.genesis, checked.bundle.type);
    if (collateral)
        SR_TRY(collateral_read_dir(collateral, &roots, &set.c, why));
    SR_TRY(genesis_verify(&checked, set.c, ret_claims, why));
    *ret = checked;
    return SR_OK;
}
