/* people_tenant.c - a tenant's administrator who stores and deletes, and workloads that fetch. */
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/package.h"
#include "tests/sim/oracle_members.h"
#include "tests/sim/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct errand {
    struct host *m;
    unsigned path;
    bool other; /* a tombstone; a derived key */
    bool holds; /* what it gets, until it may no more */
};

/* Packages as they were made, to be sent again. */
static struct buf made[MADE_MAX];
static size_t n_made;

const char *tenant_path(unsigned i)
{
    static const char *const paths[PATHS] = { "app/a", "app/b", "app/c" };
    return paths[i % PATHS];
}

static struct errand *errand(struct host *m, unsigned path, bool other)
{
    struct errand *e = malloc(sizeof *e);
    if (!e)
        abort();
    *e = (struct errand){ .m = m, .path = path, .other = other };
    return e;
}

static enum sr_err open_to(const struct host *m, struct remote *ret, struct sr_why *why)
{
    const struct remote_options o = { .node = m->address, .cid = world()->cid, .timeout_s = 10 };
    return remote_open(&o, ret, why);
}

/* ---- putting ---- */

static struct remote_signer admin(void)
{
    return (struct remote_signer){ world()->admin, world()->admin_pub };
}

/* The version after the newest that this member lists. */
static enum sr_err follow(struct remote *r, struct package *p, struct sr_why *why)
{
    SR_OWN(buf) list = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    const struct remote_signer by = admin();
    const struct http_call call = { .method = "GET", .path = "/sealring/v1/packages?tenant=demo" };
    SR_TRY(remote_signed(r, &by, &call, &list, why));
    SR_TRY(json_parse(buf_span(&list), &doc, why));
    p->version = 1;
    const struct json *one = json_first(json_get(json_root(&doc), "packages"));
    for (; one; one = json_next(one)) {
        if (!span_eq(json_str(json_get(one, "path")), span_of(p->path)))
            continue;
        p->version = (uint32_t)json_u64(json_get(one, "version")) + 1;
        SR_TRY(hex_read(json_str(json_get(one, "hash")), p->prev.b, sizeof p->prev.b));
    }
    return SR_OK;
}

static enum sr_err make(struct remote *r, struct package *p, struct buf *ret, struct sr_why *why)
{
    struct world *w = world();
    SR_OWN(buf) value = { 0 };
    struct network net;
    struct kem_key eph;
    for (size_t i = 0; i < sizeof eph.b; i++)
        eph.b[i] = (uint8_t)rng_next(&w->people);
    SR_TRY(network_learn(r, &net, why));
    SR_TRY(follow(r, p, why));
    p->cid = r->cid;
    p->epoch = net.n;
    p->created = fiber_now() / 1000000;
    if (p->kind == PACKAGE_VALUE)
        wr_fmt(&value, "%s@%u#%llu", p->path, p->version, (unsigned long long)rng_next(&w->people));
    const struct package_keys keys = { &net.epochs[net.n - 1].network, &eph, &w->admin, &w->admin_pub };
    return package_make(p, buf_span(&value), &keys, ret, why);
}

static enum sr_err send(struct remote *r, struct span package, struct sr_why *why)
{
    SR_OWN(buf) reply = { 0 };
    struct package p;
    static const char stored[] = "\"stored\":true";
    const struct remote_signer by = admin();
    const struct http_call call = {
        .method = "POST", .path = "/sealring/v1/packages", .type = "application/octet-stream", .body = package
    };
    SR_TRY(package_read(package, &p, why));
    SR_TRY(remote_signed(r, &by, &call, &reply, why));
    if (memmem(reply.p, reply.n, stored, sizeof stored - 1))
        oracle_acked(&p.hash);
    return SR_OK;
}

static void keep(struct span package)
{
    struct package p;
    if (n_made == MADE_MAX || package_read(package, &p, NULL) != SR_OK)
        abort();
    wr_span(&made[n_made++], package);
    oracle_made(p.path, p.version, &p.hash);
}

static enum sr_err put(const struct errand *e, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) package = { 0 };
    struct package p = { .kind = e->other ? PACKAGE_TOMBSTONE : PACKAGE_VALUE };
    snprintf(p.tenant, sizeof p.tenant, "demo");
    snprintf(p.path, sizeof p.path, "%s", tenant_path(e->path));
    SR_TRY(open_to(e->m, &r, why));
    SR_TRY(make(&r, &p, &package, why));
    keep(buf_span(&package));
    trace(TENANT, "made version %u of %s", p.version, p.path);
    return send(&r, buf_span(&package), why);
}

static void *puts_it(void *arg)
{
    struct sr_why why = { 0 };
    enum sr_err e = put(arg, &why);
    trace(TENANT, "put: %s %s", e == SR_OK ? "good" : sr_strerror(e), why.text);
    free(arg);
    return NULL;
}

void tenant_puts(struct host *m, unsigned path, bool tombstone)
{
    trace(TENANT, "%s %s through m%d", tombstone ? "deletes" : "puts", tenant_path(path), m->id);
    (void)fiber_start(TENANT, puts_it, errand(m, path, tombstone));
}

static void *repeats(void *arg)
{
    const struct errand *e = arg;
    SR_OWN(remote) r = { 0 };
    struct sr_why why = { 0 };
    enum sr_err result = open_to(e->m, &r, &why);
    if (result == SR_OK)
        result = send(&r, buf_span(&made[e->path]), &why);
    trace(TENANT, "put again: %s %s", result == SR_OK ? "good" : sr_strerror(result), why.text);
    free(arg);
    return NULL;
}

void tenant_repeats(struct host *m, unsigned which)
{
    if (!n_made)
        return;
    unsigned i = (unsigned)(n_made - 1 - which % (n_made < 4 ? n_made : 4));
    trace(TENANT, "sends package %u again, to m%d", i, m->id);
    (void)fiber_start(TENANT, repeats, errand(m, i, false));
}

/* ---- fetching ---- */

static void hold(struct fetched *got)
{
    const struct release_value *v = &got->released.values.v[0];
    fiber_sleep((uint64_t)v->lease * 1000000 + 1000);
    fetched_expire(got);
    if (v->lease && v->value.n > 0)
        violated("key_lease", "a workload has a key still, %u s after it got it", v->lease);
}

static enum sr_err fetch(const struct errand *e, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(machine) workload = { 0 };
    SR_OWN(fetched) got = { 0 };
    struct network net;
    const char *path = tenant_path(e->path);
    struct want_list wants = { .n = 1, .want = { { "demo", "", WANT_SECRET, 0, 0 } } };
    const struct machine_options o = { .platform = "insecure", .event_log = "workload" };
    snprintf(wants.want[0].path, sizeof wants.want[0].path, "%s", path);
    if (e->other)
        wants.want[0] = (struct want){ "demo", "app/disk", WANT_RAW, 1, 32 };
    SR_TRY(open_to(e->m, &r, why));
    SR_TRY(machine_open(&o, &workload, why));
    SR_TRY(network_learn(&r, &net, why));
    uint64_t least = oracle_newest(e->m, path);
    SR_TRY(workload_fetch(&r, &workload, &net, &wants, &got, why));
    const struct release_value *v = &got.released.values.v[0];
    oracle_held(e->m, got.released.leaf, v->lease);
    if (e->other)
        oracle_derived(e->m, v->version, secret_span(&v->value));
    else
        oracle_released(e->m, &(struct released_value){ path, least, v->version, secret_span(&v->value) });
    if (e->holds)
        hold(&got);
    return SR_OK;
}

static void *fetches(void *arg)
{
    struct sr_why why = { 0 };
    enum sr_err e = fetch(arg, &why);
    trace(WORKLOAD, "fetch: %s %s", e == SR_OK ? "good" : sr_strerror(e), why.text);
    free(arg);
    return NULL;
}

void workload_fetches(struct host *m, unsigned path, bool derived)
{
    struct errand *e = errand(m, path, derived);
    e->holds = true;
    trace(WORKLOAD, "fetches %s from m%d", derived ? "a derived key" : tenant_path(path), m->id);
    (void)fiber_start(WORKLOAD, fetches, e);
}

static void *gets(void *arg)
{
    struct sr_why why = { 0 };
    enum sr_err e = fetch(arg, &why);
    trace(WORKLOAD, "fetch: %s %s", e == SR_OK ? "good" : sr_strerror(e), why.text);
    return e == SR_OK ? arg : NULL;
}

bool workload_gets(struct host *m)
{
    struct errand e = { .m = m, .other = true };
    return fiber_join(fiber_start(WORKLOAD, gets, &e)) != NULL;
}

/* ---- reading logs ---- */

static void *reads(void *arg)
{
    const struct errand *e = arg;
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) note = { 0 };
    struct sr_why why = { 0 };
    char path[96], id[33];
    struct member_id member = member_id_of(&world()->oracle.log[e->m->id].member);
    hex_text(SPAN(member.b), id);
    snprintf(path, sizeof path, "/sealring/v1/log/%s/checkpoint", id);
    enum sr_err result = open_to(e->m, &r, &why);
    if (result == SR_OK)
        result = remote_get(&r, path, &note, &why);
    trace(AUDITOR, "read: %s %s", result == SR_OK ? "good" : sr_strerror(result), why.text);
    free(arg);
    return NULL;
}

void auditor_reads(struct host *m)
{
    trace(AUDITOR, "reads the log of m%d", m->id);
    (void)fiber_start(AUDITOR, reads, errand(m, 0, false));
}
