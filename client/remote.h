#pragma once
/* remote.h - the node a command talks to: its address and the network it must belong to. The cid is never
 * learnt from a node: without it a command that believes a node does not run. */
#include "client/cli.h"
#include "crypto/sign.h"
#include "node/wire/http_client.h"

struct remote {
    struct http_client *http;
    struct sha256 cid;
};
void remote_drop(struct remote *r);

/* The three options of every command that asks a node; filled by cli_read through REMOTE_ROWS. */
struct remote_options {
    const char *node, *cid, *ca;
    uint64_t timeout_s;
};
#define REMOTE_ROWS(o)                                                                                        \
    { "node", OPTION_TEXT, &(o).node, "URL", "a member of the network", "SEALRING_NODE", true },              \
        { "cid", OPTION_TEXT, &(o).cid, "CID", "the network, pinned", "SEALRING_CID", true },                 \
        { "ca", OPTION_TEXT, &(o).ca, "FILE", "check the node's TLS certificate too", "SEALRING_CA", false }, \
    {                                                                                                         \
        "timeout", OPTION_UINT, &(o).timeout_s, "SECONDS", "for each call (30)", NULL, false                  \
    }

/* SR_EFORMAT: a cid that is mistyped or of the other mode, an address that is none. */
enum sr_err remote_open(const struct remote_options *o, struct remote *ret, struct sr_why *why);

/* GET path; POST body. The reply's body is moved to ret. Refusals keep the node's own reason code in why. */
enum sr_err remote_get(struct remote *r, const char *path, struct buf *ret, struct sr_why *why);
enum sr_err remote_post(struct remote *r, const char *path, const char *type, struct span body,
                        struct buf *ret, struct sr_why *why);

/* A call signed with an administrator's or operator's key (specs/requests.md). body may be empty. */
struct remote_signer {
    struct sign_key key;
    struct sign_pub pub;
};
void remote_signer_drop(struct remote_signer *s);
enum sr_err remote_signed(struct remote *r, const struct remote_signer *by, const struct http_call *call,
                          struct buf *ret, struct sr_why *why);
