#include "proto/evidence/cc_log.h"

#include <string.h>

enum { ALG_SHA384 = 0x0c, SHA1_SIZE = 20, VERSION_MAJOR = 2, VERSION_MINOR = 0, INDEX_MOST = CC_REGISTERS };

static const char signature[16] = "Spec ID Event03";

/* TCG_EfiSpecIdEvent: which digests each event has. */
static void read_spec(struct reader r, struct cc_log *l, bool *bad)
{
    bool sha384_there = false;
    struct span name = rd_span(&r, sizeof signature);
    (void)rd_u32le(&r); /* platform class */
    uint8_t minor = rd_u8(&r), major = rd_u8(&r);
    (void)rd_u16le(&r); /* errata, size of UINTN */
    uint32_t n = rd_u32le(&r);
    if (!span_eq(name, (struct span){ (const uint8_t *)signature, sizeof signature }) ||
        major != VERSION_MAJOR || minor != VERSION_MINOR || n > CC_ALGORITHMS_MAX)
        r.bad = true;
    for (size_t i = 0; !r.bad && i < n; i++) {
        uint16_t id = rd_u16le(&r), size = rd_u16le(&r);
        for (size_t k = 0; k < i; k++)
            r.bad = r.bad || l->algorithm[k].id == id;
        sha384_there = sha384_there || (id == ALG_SHA384 && size == sizeof(struct sha384));
        l->algorithm[i] = (struct cc_algorithm){ id, size };
    }
    l->nalgorithm = n;
    (void)rd_span(&r, rd_u8(&r)); /* the vendor's */
    *bad = *bad || !rd_end(&r) || !sha384_there;
}

/* The first record has the form of TCG 1.2: one SHA-1 digest, of zeros. */
static void read_head(struct reader *r, struct cc_log *l)
{
    (void)rd_u32le(r);
    if (rd_u32le(r) != CC_NO_ACTION)
        r->bad = true;
    rd_zeros(r, SHA1_SIZE);
    struct reader spec = rd_sub(r, rd_u32le(r));
    read_spec(spec, l, &r->bad);
}

static size_t size_of(const struct cc_log *l, uint16_t id)
{
    for (size_t i = 0; i < l->nalgorithm; i++)
        if (l->algorithm[i].id == id)
            return l->algorithm[i].size;
    return 0;
}

/* Each announced algorithm once, in the order of the head. */
static void read_digests(struct reader *r, const struct cc_log *l, struct cc_event *e)
{
    if (rd_u32le(r) != l->nalgorithm)
        r->bad = true;
    for (size_t i = 0; !r->bad && i < l->nalgorithm; i++) {
        uint16_t id = rd_u16le(r);
        struct span digest = rd_span(r, size_of(l, id));
        if (id != l->algorithm[i].id)
            r->bad = true;
        if (id == ALG_SHA384)
            e->digest = digest;
    }
}

static struct cc_event read_event(struct reader *r, const struct cc_log *l)
{
    struct cc_event e = { 0 };
    e.index = rd_u32le(r);
    e.type = rd_u32le(r);
    read_digests(r, l, &e);
    e.data = rd_span(r, rd_u32le(r));
    if (e.type != CC_NO_ACTION && (e.index < 1 || e.index > INDEX_MOST))
        r->bad = true;
    return e;
}

static bool all_are(struct span s, uint8_t v)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != v)
            return false;
    return true;
}

/* The table is of a fixed size: firmware fills it up with ff, some with zeros. */
static bool is_filling(struct span rest)
{
    return rest.n == 0 || all_are(rest, 0xff) || all_are(rest, 0);
}

static struct span rest_of(const struct reader *r)
{
    return (struct span){ r->p, rd_left(r) };
}

enum sr_err cc_log_read(struct span bytes, struct cc_log *ret, struct sr_why *why)
{
    struct cc_log l = { 0 };
    struct reader r = rd_init(bytes);
    if (bytes.n > CC_LOG_MAX)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "event log: %zu bytes", bytes.n);
    read_head(&r, &l);
    if (r.bad)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "event log: no head that announces SHA-384");
    l.events = rest_of(&r);
    while (!r.bad && !is_filling(rest_of(&r)) && l.nevent++ < CC_EVENTS_MAX)
        (void)read_event(&r, &l);
    if (r.bad || l.nevent > CC_EVENTS_MAX)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "event log: event %zu is malformed", l.nevent);
    l.events.n -= rd_left(&r);
    *ret = l;
    return SR_OK;
}

bool cc_log_next(const struct cc_log *l, struct span *at, struct cc_event *ret)
{
    struct reader r = rd_init(*at);
    if (at->n == 0)
        return false;
    *ret = read_event(&r, l);
    *at = rest_of(&r);
    return !r.bad;
}

/* RTMR = SHA-384(RTMR || digest). */
enum sr_err cc_log_replay(const struct cc_log *l, struct cc_registers *ret)
{
    struct cc_registers all = { 0 };
    struct span at = l->events;
    struct cc_event e;
    while (cc_log_next(l, &at, &e)) {
        if (e.type == CC_NO_ACTION)
            continue;
        struct sha384 pair[2] = { all.rtmr[e.index - 1] };
        memcpy(pair[1].b, e.digest.p, sizeof pair[1].b);
        SR_TRY(sha384(SPAN(pair), &all.rtmr[e.index - 1]));
        all.events[e.index - 1]++;
    }
    *ret = all;
    return SR_OK;
}

/* UEFI_VARIABLE_DATA (PFP 10.2.6): GUID, lengths of name and data, the name in UCS-2, the data: for
 * SecureBoot no byte or one. */
static bool is_secure_boot(struct span data, bool *ret_on)
{
    static const uint8_t global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
                                        0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
    static const uint8_t name[20] = "S\0e\0c\0u\0r\0e\0B\0o\0o\0t"; /* the last zero is the compiler's */
    struct reader r = rd_init(data);
    struct span guid = rd_span(&r, sizeof global);
    uint64_t name_n = rd_u64le(&r), data_n = rd_u64le(&r);
    struct span text = rd_span(&r, sizeof name), value = rd_span(&r, rd_left(&r));
    if (r.bad || name_n != sizeof name / 2 || data_n != value.n || value.n > 1 ||
        !span_eq(guid, SPAN(global)) || !span_eq(text, SPAN(name)))
        return false;
    *ret_on = value.n && value.p[0] == 1;
    return true;
}

enum sr_err cc_log_secure_boot(const struct cc_log *l, bool *ret_on)
{
    struct span at = l->events;
    struct cc_event e;
    size_t n = 0;
    bool on = false;
    while (cc_log_next(l, &at, &e)) {
        struct sha384 hash;
        if (e.index != 1 || e.type != CC_VARIABLE_DRIVER_CONFIG || !is_secure_boot(e.data, &on))
            continue;
        SR_TRY(sha384(e.data, &hash));
        n += span_eq(SPAN(hash.b), e.digest) ? 1 : 2; /* data that was not hashed spoils it */
    }
    if (n != 1)
        return SR_ENOENT;
    *ret_on = on;
    return SR_OK;
}
