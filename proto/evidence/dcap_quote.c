#include "proto/evidence/dcap_quote.h"

enum {
    HEADER_SIZE = 48,
    KEY_ECDSA_P256 = 2,
    TEE_SGX = 0,
    TEE_TDX = 0x81,
    CERT_QE_REPORT = 6 /* the QE's report, with certification data of its own */
};

static const uint8_t intel_vendor[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                          0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

enum body_kind { BODY_SGX, BODY_TD_10, BODY_TD_15 };

/* Which bodies there are: in version 5 a descriptor names type and size, before they follow from the TEE. */
static const struct body_row {
    uint16_t version;
    uint32_t tee;
    uint16_t type; /* 0: no descriptor */
    uint32_t size;
    enum body_kind kind;
} bodies[] = {
    { 3, TEE_SGX, 0, SGX_REPORT_SIZE, BODY_SGX },     { 4, TEE_SGX, 0, SGX_REPORT_SIZE, BODY_SGX },
    { 4, TEE_TDX, 0, TD_REPORT_10_SIZE, BODY_TD_10 }, { 5, TEE_SGX, 1, SGX_REPORT_SIZE, BODY_SGX },
    { 5, TEE_TDX, 2, TD_REPORT_10_SIZE, BODY_TD_10 }, { 5, TEE_TDX, 3, TD_REPORT_15_SIZE, BODY_TD_15 },
};

static void read_sgx(struct reader r, struct sgx_report *ret, bool *bad)
{
    ret->bytes = (struct span){ r.p, rd_left(&r) };
    ret->cpusvn = rd_span(&r, 16);
    ret->miscselect = rd_span(&r, 4);
    rd_zeros(&r, 12);
    ret->isvextprodid = rd_span(&r, 16);
    ret->attributes = (struct span){ r.p, 16 };
    ret->flags = rd_u64le(&r);
    ret->xfrm = rd_u64le(&r);
    ret->mrenclave = rd_span(&r, 32);
    rd_zeros(&r, 32);
    ret->mrsigner = rd_span(&r, 32);
    rd_zeros(&r, 32);
    ret->configid = rd_span(&r, 64);
    ret->isvprodid = rd_u16le(&r);
    ret->isvsvn = rd_u16le(&r);
    ret->configsvn = rd_u16le(&r);
    rd_zeros(&r, 42);
    ret->isvfamilyid = rd_span(&r, 16);
    ret->report_data = rd_span(&r, 64);
    *bad = *bad || !rd_end(&r);
}

static void read_td(struct reader r, enum body_kind kind, struct td_report *ret, bool *bad)
{
    ret->tee_tcb_svn = rd_span(&r, 16);
    ret->mrseam = rd_span(&r, 48);
    ret->mrsignerseam = rd_span(&r, 48);
    ret->seam_attributes = rd_span(&r, 8);
    ret->attributes = rd_u64le(&r);
    ret->xfam = rd_span(&r, 8);
    ret->mrtd = rd_span(&r, 48);
    ret->mrconfigid = rd_span(&r, 48);
    ret->mrowner = rd_span(&r, 48);
    ret->mrownerconfig = rd_span(&r, 48);
    for (int i = 0; i < 4; i++)
        ret->rtmr[i] = rd_span(&r, 48);
    ret->report_data = rd_span(&r, 64);
    if (kind == BODY_TD_15) {
        ret->tee_tcb_svn2 = rd_span(&r, 16);
        ret->mrservicetd = rd_span(&r, 48);
    }
    *bad = *bad || !rd_end(&r);
}

/* Header: version, key type, TEE, four bytes that versions use differently and the signature covers, vendor,
 * user data. */
static uint32_t read_header(struct reader *r, struct dcap_quote *q)
{
    q->version = rd_u16le(r);
    uint16_t key_type = rd_u16le(r);
    uint32_t tee = rd_u32le(r);
    (void)rd_u32le(r);
    struct span vendor = rd_span(r, sizeof intel_vendor);
    (void)rd_span(r, 20);
    if (key_type != KEY_ECDSA_P256 || !span_eq(vendor, SPAN(intel_vendor)))
        r->bad = true;
    return tee;
}

static const struct body_row *find_body(struct reader *r, uint16_t version, uint32_t tee)
{
    uint16_t type = version == 5 ? rd_u16le(r) : 0;
    uint32_t size = version == 5 ? rd_u32le(r) : 0;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (bodies[i].version == version && bodies[i].tee == tee && bodies[i].type == type &&
            (type == 0 || bodies[i].size == size))
            return &bodies[i];
    r->bad = true;
    return NULL;
}

static void read_certification(struct reader *r, struct dcap_quote *q)
{
    q->cert_type = rd_u16le(r);
    q->cert_data = rd_span(r, rd_u32le(r));
}

/* Version 3 has the QE's report in line; later ones have it as certification data. */
static void read_auth(struct reader *r, struct dcap_quote *q)
{
    q->signature = rd_span(r, 64);
    q->key = rd_span(r, 64);
    struct reader inner = *r;
    if (q->version > 3) {
        if (rd_u16le(r) != CERT_QE_REPORT)
            r->bad = true;
        inner = rd_sub(r, rd_u32le(r));
    } else {
        inner = rd_sub(r, rd_left(r));
    }
    read_sgx(rd_sub(&inner, SGX_REPORT_SIZE), &q->qe, &inner.bad);
    q->qe_signature = rd_span(&inner, 64);
    size_t n = rd_u16le(&inner);
    q->qe_auth = rd_span(&inner, n);
    if (n > DCAP_QE_AUTH_MAX)
        inner.bad = true;
    read_certification(&inner, q);
    if (!rd_end(&inner) || q->cert_type == CERT_QE_REPORT)
        r->bad = true;
}

enum sr_err dcap_quote_read(struct span evidence, struct dcap_quote *ret, struct sr_why *why)
{
    struct dcap_quote q = { 0 };
    struct reader r = rd_init(evidence);
    uint32_t tee = read_header(&r, &q);
    const struct body_row *body = find_body(&r, q.version, tee);
    if (!body || r.bad)
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "not a quote of a kind that is verified");
    struct reader b = rd_sub(&r, body->size);
    q.tee = body->kind == BODY_SGX ? INTEL_SGX : INTEL_TDX;
    if (q.tee == INTEL_SGX)
        read_sgx(b, &q.sgx, &r.bad);
    else
        read_td(b, body->kind, &q.td, &r.bad);
    q.signed_part = (struct span){ evidence.p, (size_t)(r.p - evidence.p) };
    struct reader auth = rd_sub(&r, rd_u32le(&r));
    read_auth(&auth, &q);
    if (!rd_end(&auth))
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "quote: a size that does not fit");
    q.size = r.bad ? 0 : (size_t)(r.p - evidence.p);
    rd_zeros(&r, rd_left(&r));
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_QUOTE_FORMAT, "quote: short, or something follows it");
    *ret = q;
    return SR_OK;
}
