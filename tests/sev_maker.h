#pragma once
/* sev_maker.h - a /dev/sev-guest for tests: answers MSG_KEY_REQ as firmware does, for one guest. */
#include "node/platform/sev_guest.h"

#include "crypto/hash.h"

#include <errno.h>
#include <linux/sev-guest.h>
#include <string.h>

struct made_guest {
    uint8_t chip, measurement;
    uint32_t svn;
    uint64_t tcb;
    int fails;        /* an errno */
    uint32_t error;   /* firmware's, beside it */
    uint8_t status;   /* of the answer */
    bool zero, dirty; /* a key of zeros; reserved bytes that are not */
    struct snp_derived_key_req seen;
    unsigned version;
};

/* Only what is selected goes in: bits 3, 4 and 5 of GUEST_FIELD_SELECT. */
static inline struct sha256 made_guest_key(const struct made_guest *g, const struct snp_derived_key_req *req)
{
    struct snp_derived_key_req in = *req;
    uint8_t bytes[2 + sizeof in] = { g->chip, req->guest_field_select & 8 ? g->measurement : 0 };
    if (!(req->guest_field_select & 16))
        in.guest_svn = 0;
    if (!(req->guest_field_select & 32))
        in.tcb_version = 0;
    memcpy(bytes + 2, &in, sizeof in);
    return sha256(SPAN(bytes));
}

static inline int made_guest_ask(void *ctx, struct snp_guest_request_ioctl *r)
{
    struct made_guest *g = ctx;
    const struct snp_derived_key_req *req = (const void *)(uintptr_t)r->req_data;
    struct snp_derived_key_resp *resp = (void *)(uintptr_t)r->resp_data;
    g->seen = *req;
    g->version = r->msg_version;
    r->fw_error = g->error;
    if (g->fails)
        return g->fails;
    resp->data[0] = req->guest_svn > g->svn || req->tcb_version > g->tcb ? 0x16 : g->status;
    struct sha256 key = made_guest_key(g, req);
    if (resp->data[0] == 0 && !g->zero)
        memcpy(resp->data + 32, key.b, sizeof key.b);
    if (g->dirty)
        resp->data[31] = 1;
    return 0;
}

static inline struct sev_guest made_guest(struct made_guest *g)
{
    return (struct sev_guest){ .ask = made_guest_ask, .ctx = g };
}
