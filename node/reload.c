#include "node/reload.h"

enum sr_err reload_all(struct node *n, struct sr_why *why)
{
    const struct config *c = n->config;
    struct sr_why second = { 0 };
    if (!c->tls_cert[0] && !c->collateral_dir[0])
        return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "neither tls-cert nor collateral-dir is configured");
    enum sr_err tls = c->tls_cert[0] ? http_reload(n->http, c->tls_cert, c->tls_key, why) : SR_OK;
    enum sr_err folder =
        c->collateral_dir[0] ? collateral_holder_reload(n->collateral, tls == SR_OK ? why : &second) : SR_OK;
    return tls != SR_OK ? tls : folder;
}
