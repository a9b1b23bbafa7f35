#include "proto/release_wire.h"

#include <stdlib.h>
#include <string.h>

static enum sr_err wrong(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_WANT_LIST, "wanted keys: %s", what);
}

static enum sr_err wrong_values(struct sr_why *why)
{
    return sr_fail(why, SR_EPROOF, R_RELEASE_VALUES, "the values are not exactly what was wanted");
}

const char *want_kind_text(enum want_kind k)
{
#define X(name, text) [name] = text,
    static const char *const text[WANT_KIND_COUNT] = { WANT_KINDS(X) };
#undef X
    return (unsigned)k < WANT_KIND_COUNT ? text[k] : "";
}

enum sr_err want_kind_parse(struct span text, enum want_kind *ret)
{
    for (unsigned k = 0; k < WANT_KIND_COUNT; k++)
        if (span_eq(text, span_of(want_kind_text((enum want_kind)k)))) {
            *ret = (enum want_kind)k;
            return SR_OK;
        }
    return SR_EFORMAT;
}

static void put_want(struct buf *b, const struct want *w)
{
    wr_lp(b, span_of(w->tenant));
    wr_lp(b, span_of(w->path));
    wr_lp(b, span_of(want_kind_text(w->kind)));
    wr_u32be(b, w->version);
    wr_u16be(b, w->size);
}

enum sr_err want_encode(const struct want *w, struct buf *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    struct want back;
    put_want(&b, w);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    SR_TRY(want_decode(buf_span(&b), &back, why));
    wr_span(ret, buf_span(&b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static bool numbers_ok(const struct want *w)
{
    bool size = w->kind == WANT_RAW ? w->size >= RAW_SIZE_MIN && w->size <= RAW_SIZE_MAX : w->size == 0;
    return size && (w->kind == WANT_SECRET || w->version >= 1);
}

enum sr_err want_decode(struct span s, struct want *ret, struct sr_why *why)
{
    struct want w = { 0 };
    struct reader r = rd_init(s);
    struct span tenant = rd_lp(&r, GLOB_TENANT_MAX);
    struct span path = rd_lp(&r, GLOB_PATH_MAX);
    struct span kind = rd_lp(&r, EVIDENCE_TYPE_MAX);
    w.version = rd_u32be(&r);
    w.size = rd_u16be(&r);
    if (!rd_end(&r))
        return wrong(why, "length");
    if (!glob_tenant_ok(tenant) || !glob_path_ok(path) || want_kind_parse(kind, &w.kind) != SR_OK)
        return wrong(why, "a tenant, path or kind that can't be");
    if (!numbers_ok(&w))
        return wrong(why, "a version or size that can't be");
    memcpy(w.tenant, tenant.p, tenant.n);
    memcpy(w.path, path.p, path.n);
    *ret = w;
    return SR_OK;
}

/* The order of encodings, without making them: each text is compared by length first, as its prefix says. */
static int text_cmp(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    return na != nb ? (na < nb ? -1 : 1) : memcmp(a, b, na);
}

static int want_cmp(const void *left, const void *right)
{
    const struct want *a = left, *b = right;
    int c = text_cmp(a->tenant, b->tenant);
    if (!c)
        c = text_cmp(a->path, b->path);
    if (!c)
        c = text_cmp(want_kind_text(a->kind), want_kind_text(b->kind));
    if (!c)
        c = (a->version > b->version) - (a->version < b->version);
    return c ? c : (a->size > b->size) - (a->size < b->size);
}

static enum sr_err check_list(const struct want_list *l, struct sr_why *why)
{
    if (l->n < 1 || l->n > WANTS_MAX)
        return wrong(why, "none, or too many");
    for (size_t i = 1; i < l->n; i++)
        if (want_cmp(&l->want[i - 1], &l->want[i]) >= 0)
            return wrong(why, "out of order, or twice the same");
    return SR_OK;
}

enum sr_err want_list_sort(struct want_list *l, struct sr_why *why)
{
    if (l->n < 1 || l->n > WANTS_MAX)
        return wrong(why, "none, or too many");
    for (size_t i = 0; i < l->n; i++) {
        SR_OWN(buf) b = { 0 };
        SR_TRY(want_encode(&l->want[i], &b, why));
    }
    qsort(l->want, l->n, sizeof l->want[0], want_cmp);
    return check_list(l, why);
}

enum sr_err want_list_encode(const struct want_list *l, struct buf *ret, struct sr_why *why)
{
    SR_TRY(check_list(l, why));
    wr_u16be(ret, (uint16_t)l->n);
    for (size_t i = 0; i < l->n; i++) {
        SR_OWN(buf) b = { 0 };
        SR_TRY(want_encode(&l->want[i], &b, why));
        wr_lp(ret, buf_span(&b));
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err want_list_decode(struct span s, struct want_list *ret, struct sr_why *why)
{
    struct want_list l = { 0 };
    struct reader r = rd_init(s);
    l.n = rd_u16be(&r);
    if (l.n < 1 || l.n > WANTS_MAX)
        return wrong(why, "none, or too many");
    for (size_t i = 0; i < l.n; i++) {
        struct span one = rd_lp(&r, WANT_MAX);
        SR_TRY(want_decode(one, &l.want[i], why));
    }
    if (!rd_end(&r))
        return wrong(why, "bytes are left");
    SR_TRY(check_list(&l, why));
    *ret = l;
    return SR_OK;
}

void release_values_drop(struct release_values *v)
{
    for (size_t i = 0; i < WANTS_MAX; i++)
        secret_drop(&v->v[i].value);
    *v = (struct release_values){ 0 };
}

/* Values of which one has a lease are of another form, which begins with a count that the first one never
 * has: a client that would not know of the lease refuses them. */
enum { FORM_LEASES = 0xffff, FORM_VERSION = 2 };

static bool has_lease(const struct release_values *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].lease)
            return true;
    return false;
}

static enum sr_err put_value(struct buf *b, const struct release_value *v, struct sr_why *why)
{
    SR_OWN(buf) want = { 0 };
    SR_TRY(want_encode(&v->want, &want, why));
    if (v->npub > PUBLIC_HALF_MAX || v->value.n > VALUE_MAX || v->version < 1 || v->lease > RELEASE_LEASE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "a value over its limit");
    wr_lp(b, buf_span(&want));
    wr_u32be(b, v->version);
    wr_lp(b, secret_span(&v->value));
    wr_lp(b, (struct span){ v->pub, v->npub });
    return SR_OK;
}

enum sr_err release_values_encode(const struct release_values *v, struct secret *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    if (v->n < 1 || v->n > WANTS_MAX)
        return sr_fail(why, SR_EBUG, R_RELEASE_VALUES, "no values, or too many");
    bool leases = has_lease(v);
    if (leases) {
        wr_u16be(&b, FORM_LEASES);
        wr_u8(&b, FORM_VERSION);
    }
    wr_u16be(&b, (uint16_t)v->n);
    for (size_t i = 0; i < v->n; i++) {
        SR_TRY(put_value(&b, &v->v[i], why));
        if (leases)
            wr_u32be(&b, v->v[i].lease);
    }
    if (b.n > RELEASE_PLAIN_MAX)
        return sr_fail(why, SR_ETOOBIG, R_TOO_LARGE, "more values at once than a release may carry");
    return buf_ok(&b) ? secret_copy(ret, buf_span(&b)) : SR_ENOMEM;
}

static bool same_want(const struct want *a, const struct want *b)
{
    return want_cmp(a, b) == 0;
}

static enum sr_err get_value(struct reader *r, const struct want *wanted, struct release_value *v,
                             struct sr_why *why)
{
    struct want w;
    struct span entry = rd_lp(r, WANT_MAX);
    v->version = rd_u32be(r);
    struct span value = rd_lp(r, VALUE_MAX);
    struct span pub = rd_lp(r, PUBLIC_HALF_MAX);
    if (r->bad || v->version < 1 || want_decode(entry, &w, NULL) != SR_OK || !same_want(&w, wanted))
        return wrong_values(why);
    if (wanted->version && v->version != wanted->version)
        return wrong_values(why);
    v->want = w;
    v->npub = pub.n;
    if (pub.n)
        memcpy(v->pub, pub.p, pub.n);
    return secret_copy(&v->value, value);
}

enum sr_err release_values_decode(struct span s, const struct want_list *wanted, struct release_values *ret,
                                  struct sr_why *why)
{
    SR_OWN(release_values) v = { 0 };
    struct reader r = rd_init(s);
    v.n = rd_u16be(&r);
    bool leases = v.n == FORM_LEASES;
    if (leases && rd_u8(&r) != FORM_VERSION)
        return wrong_values(why);
    if (leases)
        v.n = rd_u16be(&r);
    if (v.n != wanted->n || v.n > WANTS_MAX)
        return wrong_values(why);
    for (size_t i = 0; i < v.n; i++) {
        SR_TRY(get_value(&r, &wanted->want[i], &v.v[i], why));
        v.v[i].lease = leases ? rd_u32be(&r) : 0;
        if (v.v[i].lease > RELEASE_LEASE_MAX)
            return wrong_values(why);
    }
    if (!rd_end(&r) || leases != has_lease(&v)) /* one spelling */
        return wrong_values(why);
    *ret = SR_TAKE(v);
    return SR_OK;
}
