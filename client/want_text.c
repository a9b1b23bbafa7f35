#include "client/workload.h"

#include <string.h>

/* Splits s at the last c: what is behind it goes to ret_tail. false: there is none. */
static bool split(struct span *s, char c, struct span *ret_tail)
{
    const uint8_t *at = s->n ? memrchr(s->p, c, s->n) : NULL;
    if (!at)
        return false;
    struct reader r = rd_init(*s);
    struct span head = rd_span(&r, (size_t)(at - s->p));
    (void)rd_u8(&r);
    *ret_tail = rd_span(&r, rd_left(&r));
    *s = head;
    return true;
}

static bool number(struct span s, uint32_t max, uint32_t *ret)
{
    uint64_t v = 0;
    if (s.n == 0 || s.n > 9)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = (uint32_t)v;
    return v <= max;
}

static bool copy(struct span s, char *ret, size_t size)
{
    if (s.n >= size)
        return false;
    memcpy(ret, s.p, s.n);
    ret[s.n] = 0;
    return true;
}

static bool take_kind(struct span s, struct want *w)
{
    struct span size_text;
    uint32_t size = 0;
    if (split(&s, ':', &size_text) && !number(size_text, RAW_SIZE_MAX, &size))
        return false;
    w->size = (uint16_t)size;
    return want_kind_parse(s, &w->kind) == SR_OK;
}

static bool take(struct span s, struct want *w)
{
    struct span kind, version, path;
    w->kind = WANT_SECRET;
    if (split(&s, '#', &kind) && !take_kind(kind, w))
        return false;
    if (w->kind == WANT_RAW && w->size == 0)
        w->size = 32;
    w->version = w->kind == WANT_SECRET ? 0 : 1;
    if (split(&s, '@', &version) && !number(version, UINT32_MAX, &w->version))
        return false;
    return split(&s, ':', &path) && copy(s, w->tenant, sizeof w->tenant) &&
           copy(path, w->path, sizeof w->path);
}

enum sr_err want_parse_text(const char *text, struct want *ret, struct sr_why *why)
{
    struct want w = { 0 };
    SR_OWN(buf) b = { 0 };
    if (!take(span_of(text), &w))
        return sr_fail(why, SR_EFORMAT, R_WANT_LIST, "not TENANT:PATH[@VERSION][#KIND[:SIZE]]");
    SR_TRY(want_encode(&w, &b, why)); /* names and sizes within their rules */
    *ret = w;
    return SR_OK;
}
