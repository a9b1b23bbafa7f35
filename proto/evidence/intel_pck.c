#include "proto/evidence/intel_pck.h"

#include <string.h>

/* DER, X.690: as much of it as this extension uses. */
enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_ENUM = 0x0a,
    DER_SEQUENCE = 0x30
};

/* 1.2.840.113741.1.13.1 */
static const uint8_t sgx_arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
#define SGX_OID "1.2.840.113741.1.13.1"

const char *pck_sgx_type_text(enum pck_sgx_type t)
{
    static const char *const texts[] = { "standard", "scalable", "scalable-with-integrity" };
    return texts[t];
}

/* The contents of the next element, whose tag must be that one. Lengths in their shortest form. */
static struct span der(struct reader *r, uint8_t tag)
{
    if (rd_u8(r) != tag)
        r->bad = true;
    size_t n = rd_u8(r);
    if (n == 0x81) {
        n = rd_u8(r);
        r->bad = r->bad || n < 0x80;
    } else if (n == 0x82) {
        n = rd_u16be(r);
        r->bad = r->bad || n < 0x100;
    } else if (n > 0x7f) {
        r->bad = true;
    }
    return rd_span(r, r->bad ? 0 : n);
}

static uint16_t der_number(struct reader *r, uint8_t tag, uint16_t max)
{
    uint32_t v = 0;
    struct span s = der(r, tag);
    bool padded = s.n > 1 && s.p[0] == 0 && s.p[1] < 0x80;
    if (s.n == 0 || s.n > 3 || s.p[0] >= 0x80 || padded)
        r->bad = true;
    for (size_t i = 0; !r->bad && i < s.n; i++)
        v = v << 8 | s.p[i];
    if (v > max)
        r->bad = true;
    return r->bad ? 0 : (uint16_t)v;
}

static bool der_bool(struct reader *r)
{
    struct span s = der(r, DER_BOOLEAN);
    if (s.n != 1 || (s.p[0] != 0 && s.p[0] != 0xff))
        r->bad = true;
    return !r->bad && s.p[0] == 0xff;
}

static void der_octets(struct reader *r, uint8_t *ret, size_t n)
{
    struct span s = der(r, DER_OCTETS);
    if (s.n != n)
        r->bad = true;
    if (!r->bad)
        memcpy(ret, s.p, n);
}

struct pck_reading {
    struct intel_pck *pck;
    uint8_t cpusvn[TCB_COMPONENTS];
    uint32_t seen, seen_tcb, seen_config; /* a bit for each number under the arc */
};

/* One field: number is the last part of its OID, value a reader of what stands beside it. */
typedef void field_fn(struct pck_reading *p, unsigned number, struct reader *value);

/* SEQUENCE { OBJECT IDENTIFIER arc.number, value } one after another, to the end; none twice. */
static void fields(struct pck_reading *p, struct reader *list, struct span arc, uint32_t *seen,
                   field_fn *take)
{
    while (rd_left(list)) {
        struct span one = der(list, DER_SEQUENCE);
        struct reader r = rd_init(one);
        struct span oid = der(&r, DER_OID);
        if (r.bad || oid.n != arc.n + 1 || !span_eq((struct span){ oid.p, arc.n }, arc) ||
            oid.p[arc.n] > 31 || (*seen & UINT32_C(1) << oid.p[arc.n])) {
            list->bad = true;
            return;
        }
        *seen |= UINT32_C(1) << oid.p[arc.n];
        take(p, oid.p[arc.n], &r);
        if (r.bad)
            list->bad = true;
    }
}

static void take_tcb(struct pck_reading *p, unsigned number, struct reader *value)
{
    if (number >= 1 && number <= TCB_COMPONENTS)
        p->pck->svn[number - 1] = (uint8_t)der_number(value, DER_INTEGER, UINT8_MAX);
    else if (number == 17)
        p->pck->pcesvn = der_number(value, DER_INTEGER, UINT16_MAX);
    else if (number == 18)
        der_octets(value, p->cpusvn, sizeof p->cpusvn);
}

static void take_config(struct pck_reading *p, unsigned number, struct reader *value)
{
    bool *const flags[] = { NULL, &p->pck->dynamic_platform, &p->pck->cached_keys, &p->pck->smt };
    if (number >= 1 && number <= 3)
        *flags[number] = der_bool(value);
}

static void nested(struct pck_reading *p, unsigned number, struct reader *value, uint32_t *seen,
                   field_fn *take)
{
    uint8_t arc[sizeof sgx_arc + 1];
    memcpy(arc, sgx_arc, sizeof sgx_arc);
    arc[sizeof sgx_arc] = (uint8_t)number;
    struct reader list = rd_init(der(value, DER_SEQUENCE));
    fields(p, &list, SPAN(arc), seen, take);
    if (!rd_end(&list))
        value->bad = true;
}

static void take_top(struct pck_reading *p, unsigned number, struct reader *value)
{
    switch (number) {
    case 1: der_octets(value, p->pck->ppid, sizeof p->pck->ppid); break;
    case 2: nested(p, number, value, &p->seen_tcb, take_tcb); break;
    case 3: der_octets(value, p->pck->pceid, sizeof p->pck->pceid); break;
    case 4: der_octets(value, p->pck->fmspc, sizeof p->pck->fmspc); break;
    case 5: p->pck->type = (enum pck_sgx_type)der_number(value, DER_ENUM, PCK_SCALABLE_INTEGRITY); break;
    case 6:
        der_octets(value, p->pck->instance, sizeof p->pck->instance);
        p->pck->has_instance = true;
        break;
    case 7:
        nested(p, number, value, &p->seen_config, take_config);
        p->pck->has_configuration = true;
        break;
    default: break;
    }
}

enum { NEEDED_TOP = 0x3e /* 1 to 5 */, NEEDED_TCB = 0x7fffe /* 1 to 18 */ };

enum sr_err intel_pck_read(const struct cert *c, struct intel_pck *ret, struct sr_why *why)
{
    struct intel_pck pck = { 0 };
    struct pck_reading p = { .pck = &pck };
    struct span value;
    if (cert_extension(c, SGX_OID, &value) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_PCK_EXTENSION, "PCK certificate: no SGX extension");
    struct reader r = rd_init(value);
    struct reader list = rd_init(der(&r, DER_SEQUENCE));
    fields(&p, &list, SPAN(sgx_arc), &p.seen, take_top);
    if (!rd_end(&r) || !rd_end(&list) || (p.seen & NEEDED_TOP) != NEEDED_TOP ||
        (p.seen_tcb & NEEDED_TCB) != NEEDED_TCB)
        return sr_fail(why, SR_EFORMAT, R_PCK_EXTENSION, "PCK certificate: the SGX extension is malformed");
    if (memcmp(p.cpusvn, pck.svn, sizeof p.cpusvn) != 0)
        return sr_fail(why, SR_EFORMAT, R_PCK_EXTENSION, "PCK certificate: CPUSVN is not its components");
    *ret = pck;
    return SR_OK;
}
