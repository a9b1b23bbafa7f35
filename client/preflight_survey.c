/* The other members, asked before one of them is upgraded. */
#include "client/preflight.h"

#include <stdio.h>

static enum sr_err status_of(const struct remote_options *how, struct span address, struct buf *ret,
                             struct json_doc *doc)
{
    SR_OWN(remote) r = { 0 };
    struct sr_why why = { 0 };
    char url[256];
    struct remote_options o = *how;
    if (address.n >= sizeof url)
        return SR_ETOOBIG;
    snprintf(url, sizeof url, "%.*s", (int)address.n, (const char *)address.p);
    o.node = url;
    SR_TRY(remote_open(&o, &r, &why));
    SR_TRY(remote_get(&r, "/sealring/v1/status", ret, &why));
    return json_parse(buf_span(ret), doc, &why);
}

static bool same_text(const struct json *a, const struct json *b, const char *name)
{
    return span_eq(json_str(json_get(a, name)), json_str(json_get(b, name)));
}

static bool member_of(const struct json *here, const struct json *status)
{
    return span_eq(json_str(json_get(status, "state")), SPAN_STR("member")) && same_text(here, status, "cid");
}

static void ask(struct preflight *p, const struct remote_options *how, const struct json *member)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    struct preflight_others *o = &p->others;
    o->n++;
    if (status_of(how, json_str(json_get(member, "address")), &bytes, &doc) != SR_OK)
        return;
    const struct json *status = json_root(&doc);
    if (!member_of(p->here, status))
        return;
    o->answer++;
    o->other_policy |= !same_text(json_get(status, "policy"), json_get(p->here, "policy"), "hash");
    o->other_epoch |= json_u64(json_get(status, "epoch")) != json_u64(json_get(p->here, "epoch"));
}

void preflight_survey(struct preflight *p, const struct remote_options *how)
{
    const struct json *all = json_get(p->here, "members");
    p->others = (struct preflight_others){ 0 };
    for (const struct json *m = json_first(all); m; m = json_next(m))
        if (!same_text(m, p->here, "id"))
            ask(p, how, m);
}
