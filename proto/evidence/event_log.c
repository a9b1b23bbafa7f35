#include "proto/evidence/event_log.h"

#include <string.h>

enum { VERSION = 1, EVENT_MAX = 256 };

static const char *const type_names[EVENT_TYPE_COUNT] = { "code", "config" };

static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= EVENT_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

void event_log_of(const struct sha256 files[], size_t n, const struct sha256 *config, struct event_log *ret)
{
    *ret = (struct event_log){ 0 };
    if (n == 0 || n >= EVENTS_MAX)
        return;
    for (size_t i = 0; i < n; i++) {
        ret->e[i] = (struct event){ .type = EVENT_CODE, .digest = files[i] };
        strcpy(ret->e[i].name, i == 0 ? "program" : "file");
    }
    ret->e[n] = (struct event){ .type = EVENT_CONFIG, .name = "config", .digest = *config };
    ret->n = n + 1;
}

enum sr_err event_write(const struct event *e, struct buf *ret)
{
    struct label_text l = label_text(L_EVENT);
    if (!name_ok(e->name))
        return SR_EFORMAT;
    wr_lp(ret, (struct span){ (const uint8_t *)l.b, l.n });
    wr_lp(ret, span_of(type_names[e->type]));
    wr_lp(ret, span_of(e->name));
    wr_span(ret, SPAN(e->digest.b));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

static void read_event(struct reader r, struct event *ret, bool *bad)
{
    struct label_text l = label_text(L_EVENT);
    struct event e = { .type = EVENT_TYPE_COUNT };
    struct span label = rd_lp(&r, LABEL_MAX);
    struct span type = rd_lp(&r, 16);
    struct span name = rd_lp(&r, EVENT_NAME_MAX);
    rd_copy(&r, e.digest.b, sizeof e.digest.b);
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        if (span_eq(type, span_of(type_names[i])))
            e.type = (enum event_type)i;
    if (name.n)
        memcpy(e.name, name.p, name.n);
    if (!rd_end(&r) || !span_eq(label, (struct span){ (const uint8_t *)l.b, l.n }) ||
        e.type == EVENT_TYPE_COUNT || strlen(e.name) != name.n || !name_ok(e.name))
        *bad = true;
    *ret = e;
}

static bool one_launch(const struct event_log *l)
{
    for (size_t i = 0; i + 1 < l->n; i++)
        if (l->e[i].type != EVENT_CODE)
            return false;
    return l->n >= 2 && l->e[l->n - 1].type == EVENT_CONFIG;
}

enum sr_err event_log_read_any(struct span bytes, struct event_log *ret, struct sr_why *why)
{
    struct reader r = rd_init(bytes);
    struct event_log l = { 0 };
    bool bad = bytes.n > EVENT_LOG_MAX || rd_u8(&r) != VERSION;
    rd_copy(&r, l.start.b, sizeof l.start.b);
    size_t n = rd_u16be(&r);
    for (; !bad && !r.bad && l.n < n && l.n < EVENTS_MAX; l.n++)
        read_event(rd_init(rd_lp(&r, EVENT_MAX)), &l.e[l.n], &bad);
    if (bad || !rd_end(&r) || l.n != n)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "malformed event log");
    *ret = l;
    return SR_OK;
}

enum sr_err event_log_read(struct span bytes, struct event_log *ret, struct sr_why *why)
{
    struct event_log l;
    SR_TRY(event_log_read_any(bytes, &l, why));
    if (!one_launch(&l))
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG,
                       "not one launch: something else was measured since the machine started");
    *ret = l;
    return SR_OK;
}

bool event_eq(const struct event *a, const struct event *b)
{
    return a->type == b->type && strcmp(a->name, b->name) == 0 && sha256_eq(&a->digest, &b->digest);
}

enum sr_err event_log_write(const struct event_log *l, struct buf *ret)
{
    if (l->n > EVENTS_MAX)
        return SR_EFORMAT;
    wr_u8(ret, VERSION);
    wr_span(ret, SPAN(l->start.b));
    wr_u16be(ret, (uint16_t)l->n);
    for (size_t i = 0; i < l->n; i++) {
        SR_OWN(buf) one = { 0 };
        SR_TRY(event_write(&l->e[i], &one));
        wr_lp(ret, buf_span(&one));
    }
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err event_log_replay(const struct event_log *l, size_t n, const struct sha256 *from,
                             struct sha256 *ret)
{
    struct sha256 pair[2] = { *from };
    for (size_t i = 0; i < n; i++) {
        SR_OWN(buf) one = { 0 };
        SR_TRY(event_write(&l->e[i], &one));
        pair[1] = sha256(buf_span(&one));
        pair[0] = sha256(SPAN(pair));
    }
    *ret = pair[0];
    return SR_OK;
}
