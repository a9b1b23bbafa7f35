#include "client/cli.h"
#include "client/commands.h"
#include "client/keyfile.h"
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/json.h"
#include "proto/package.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct secret_options {
    struct remote_options remote;
    const char *tenant, *key, *from;
};
#define SECRET_ROWS(o)                                                                                       \
    REMOTE_ROWS((o).remote), { "tenant", OPTION_TEXT, &(o).tenant, "NAME", "whose secrets", NULL, true },    \
    {                                                                                                        \
        "key", OPTION_TEXT, &(o).key, "FILE", "private key of one of the tenant's administrators", NULL,     \
            true                                                                                             \
    }

/* The network, and who speaks to it. */
struct desk {
    struct remote remote;
    struct remote_signer by;
    struct network net;
};

static void desk_drop(struct desk *d)
{
    remote_signer_drop(&d->by);
    remote_drop(&d->remote);
}

static enum sr_err desk_open(const struct secret_options *o, struct desk *d, struct sr_why *why)
{
    SR_TRY(keyfile_read(o->key, &d->by.key, &d->by.pub, why));
    SR_TRY(remote_open(&o->remote, &d->remote, why));
    return network_learn(&d->remote, &d->net, why);
}

static enum sr_err get_list(struct desk *d, const char *tenant, struct buf *ret, struct sr_why *why)
{
    char path[256];
    if (!glob_tenant_ok(span_of(tenant)))
        return sr_fail(why, SR_EFORMAT, R_WANT_LIST, "--tenant: no name of a tenant");
    snprintf(path, sizeof path, "/sealring/v1/packages?tenant=%s", tenant);
    return remote_signed(&d->remote, &d->by, &(struct http_call){ .method = "GET", .path = path }, ret, why);
}

/* What comes after the version that the node lists: its number and the hash it links to. */
static enum sr_err follow(struct span list, const char *path, struct package *p, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(json_parse(list, &doc, why));
    p->version = 1;
    for (const struct json *one = json_first(json_get(json_root(&doc), "packages")); one;
         one = json_next(one)) {
        uint64_t version = json_u64(json_get(one, "version"));
        if (!span_eq(json_str(json_get(one, "path")), span_of(path)) || version < p->version)
            continue;
        if (version >= UINT32_MAX ||
            hex_read(json_str(json_get(one, "hash")), p->prev.b, sizeof p->prev.b) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node's list can't be read");
        p->version = (uint32_t)version + 1;
    }
    return SR_OK;
}

static enum sr_err begin(struct desk *d, const struct secret_options *o, const char *path, struct package *p,
                         struct sr_why *why)
{
    SR_OWN(buf) list = { 0 };
    if (!glob_path_ok(span_of(path)))
        return sr_fail(why, SR_EFORMAT, R_WANT_LIST, "PATH: no path of a key");
    SR_TRY(get_list(d, o->tenant, &list, why));
    SR_TRY(follow(buf_span(&list), path, p, why));
    snprintf(p->tenant, sizeof p->tenant, "%s", o->tenant);
    snprintf(p->path, sizeof p->path, "%s", path);
    p->cid = d->remote.cid;
    p->epoch = d->net.n;
    p->created = (uint64_t)time(NULL);
    return SR_OK;
}

static enum sr_err send(struct desk *d, const struct package *p, struct span value, struct buf *ret,
                        struct sr_why *why)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(kem_key) eph = { 0 };
    random_fill(eph.b, sizeof eph.b);
    const struct package_keys keys = {
        .network = &d->net.epochs[d->net.n - 1].network,
        .eph = &eph,
        .signer = &d->by.key,
        .signer_pub = &d->by.pub,
    };
    SR_TRY(package_make(p, value, &keys, &bytes, why));
    const struct http_call call = {
        .method = "POST",
        .path = "/sealring/v1/packages",
        .type = "application/octet-stream",
        .body = buf_span(&bytes),
    };
    return remote_signed(&d->remote, &d->by, &call, ret, why);
}

static enum sr_err store(const struct secret_options *o, const char *path, enum package_kind kind,
                         struct buf *ret, struct sr_why *why)
{
    SR_OWN(desk) d = { 0 };
    SR_OWN(buf) value = { 0 };
    struct package p = { .kind = kind };
    if (kind == PACKAGE_VALUE)
        SR_TRY(cli_read_file(o->from ? o->from : "-", PACKAGE_VALUE_MAX, &value, why));
    SR_TRY(desk_open(o, &d, why));
    SR_TRY(begin(&d, o, path, &p, why));
    return send(&d, &p, buf_span(&value), ret, why);
}

static enum cli_exit print_stored(struct cli *c, const struct buf *reply)
{
    SR_OWN(buf) out = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    struct sr_why why = { 0 };
    if (cli_json(c))
        return cli_print(c, reply);
    enum sr_err e = json_parse(buf_span(reply), &doc, &why);
    if (e != SR_OK)
        return cli_fail(c, e, &why);
    wr_fmt(&out, "version %llu", (unsigned long long)json_u64(json_get(json_root(&doc), "version")));
    return cli_print(c, &out);
}

static enum cli_exit put(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct secret_options o = { 0 };
    SR_OWN(buf) reply = { 0 };
    const struct option_row rows[] = {
        SECRET_ROWS(o),
        { "from", OPTION_TEXT, &o.from, "FILE", "the value (standard input); at most 64 KiB", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = store(&o, args.v[0], PACKAGE_VALUE, &reply, &why);
    return done == SR_OK ? print_stored(c, &reply) : cli_fail(c, done, &why);
}

static enum cli_exit delete (struct cli *c) {
    struct cli_args args = { 0 }; struct sr_why why = { 0 }; enum cli_exit e; struct secret_options o = { 0 };
    SR_OWN(buf) reply = { 0 };
    const struct option_row rows[] = { SECRET_ROWS(o), { 0 } };
    if (!cli_read(c, rows, 1, 1, &args, &e)) return e;
    enum sr_err done = store(&o, args.v[0], PACKAGE_TOMBSTONE, &reply, &why);
    return done == SR_OK ? print_stored(c, &reply) : cli_fail(c, done, &why);
}

static enum sr_err print_list(const struct buf *reply, struct buf *out, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(json_parse(buf_span(reply), &doc, why));
    for (const struct json *one = json_first(json_get(json_root(&doc), "packages")); one;
         one = json_next(one)) {
        struct span path = json_str(json_get(one, "path")), kind = json_str(json_get(one, "kind"));
        wr_fmt(out, "%s%.*s version %llu%s", out->n ? "\n" : "", (int)path.n, (const char *)path.p,
               (unsigned long long)json_u64(json_get(one, "version")),
               span_eq(kind, SPAN_STR("tombstone")) ? " deleted" : "");
    }
    return SR_OK;
}

static enum sr_err fetch_list(const struct secret_options *o, struct buf *ret, struct sr_why *why)
{
    SR_OWN(desk) d = { 0 };
    SR_TRY(desk_open(o, &d, why));
    return get_list(&d, o->tenant, ret, why);
}

static enum cli_exit list(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct secret_options o = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(buf) out = { 0 };
    const struct option_row rows[] = { SECRET_ROWS(o), { 0 } };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = fetch_list(&o, &reply, &why);
    if (done == SR_OK && !cli_json(c))
        done = print_list(&reply, &out, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    return cli_print(c, cli_json(c) ? &reply : &out);
}

const struct command commands_secrets[] = {
    { "put", "PATH", "store a secret, read from standard input: a new version of PATH",
      "Encrypts the value to the network's key and signs it with the administrator's before it leaves this\n"
      "machine. Every member gets a copy; only workloads that policy allows get the value.",
      put },
    { "list", NULL, "the paths, versions and tombstones of a tenant", NULL, list },
    { "delete", "PATH", "store a signed tombstone: no version of PATH is released any more", NULL, delete },
    { 0 },
};
