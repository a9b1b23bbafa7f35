#include "client/cli.h"
#include "client/commands.h"
#include "client/remote.h"
#include "proto/cid.h"
#include "proto/json.h"

#include <stdio.h>

/* What is inside a value, one line a leaf: "members.0.address https://…". */
static void flatten(struct buf *out, const char *path, const struct json *v, unsigned depth)
{
    struct span s;
    char name[512];
    size_t i = 0;
    switch (json_type(v)) {
    case JSON_STR:
        s = json_str(v);
        wr_fmt(out, "%s%s %.*s", out->n ? "\n" : "", path, (int)s.n, (const char *)s.p);
        return;
    case JSON_U64:
        wr_fmt(out, "%s%s %llu", out->n ? "\n" : "", path, (unsigned long long)json_u64(v));
        return;
    case JSON_BOOL: wr_fmt(out, "%s%s %s", out->n ? "\n" : "", path, json_bool(v) ? "true" : "false"); return;
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    default: return;
    }
    for (const struct json *one = json_first(v); one && depth < JSON_DEPTH_MAX; one = json_next(one), i++) {
        s = json_name(one);
        if (json_type(v) == JSON_ARRAY)
            snprintf(name, sizeof name, "%s%s%zu", path, *path ? "." : "", i);
        else
            snprintf(name, sizeof name, "%s%s%.*s", path, *path ? "." : "", (int)s.n, (const char *)s.p);
        flatten(out, name, one, depth + 1);
    }
}

/* A node of another network is not ours to believe, whatever it reports. */
static enum sr_err check_network(const struct json *root, const char *cid, struct sr_why *why)
{
    if (!span_eq(json_str(json_get(root, "cid")), span_of(cid)))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK,
                       "the node serves another network than the pinned one");
    return SR_OK;
}

static enum sr_err ask(const struct remote_options *o, struct buf *ret, struct json_doc *doc,
                       struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_TRY(remote_open(o, &r, why));
    SR_TRY(remote_get(&r, "/sealring/v1/status", ret, why));
    SR_TRY(json_parse(buf_span(ret), doc, why));
    return check_network(json_root(doc), o->cid, why);
}

static enum cli_exit status(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options o = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    if (!cli_read(c, (const struct option_row[]){ REMOTE_ROWS(o), { 0 } }, 0, 0, &args, &e))
        return e;
    enum sr_err done = ask(&o, &reply, &doc, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    if (cli_json(c))
        return cli_print(c, &reply);
    flatten(&text, "", json_root(&doc), 0);
    return cli_print(c, &text);
}

const struct command commands_status[] = {
    { "status", NULL, "what a node says of itself, the members it knows, and what it warns of",
      "Prints members, epoch, policy, log heads, how the node is measured and sealed, and warnings. It is "
      "the\n"
      "node's own word; only the cid is held against the pinned one.",
      status },
    { 0 },
};
