#pragma once
/* dcap_maker.h - a whole DCAP world from a root of our own: platform, quoting enclave, quote and collateral.
 * A test changes one thing of it before it is made, or of the bytes after, and asks what the verifier says.
 */
#include "proto/appraisal.h"
#include "proto/evidence/collateral.h"
#include "proto/evidence/dcap_quote.h"
#include "tests/cc_log_maker.h"
#include "tests/reached.h"
#include "tests/vendor_maker.h"

enum { W_NOW = 1800000000, W_DAY = 86400, W_LEVELS = 3 };

enum dcap_file { F_ROOT, F_CA, F_SIGNER, F_ROOT_CRL, F_CA_CRL, F_TCB, F_QE, F_OTHER_CA, F_PCK, F_COUNT };

struct w_level {
    uint8_t sgx[16], tdx[16];
    unsigned pcesvn;
    const char *status, *advisories; /* of JSON: "\"INTEL-SA-1\"" */
};
struct w_document {
    const char *id, *issue, *next;
    unsigned version, eval;
    EVP_PKEY *signer;
};
struct world {
    EVP_PKEY *root, *ca, *pck, *signer, *attestation, *other;
    struct made_spec root_cert, ca_cert, pck_cert, signer_cert, other_ca;
    struct made_crl root_crl, ca_crl;
    /* the quote */
    uint16_t version, key_type, cert_type;
    uint32_t tee;
    uint8_t vendor[16], body[TD_REPORT_15_SIZE], qe[SGX_REPORT_SIZE], qe_auth[32];
    size_t body_n, qe_auth_n;
    uint16_t body_type;
    EVP_PKEY *quote_by, *qe_by, *bound; /* who signs; whose key the QE vouches for */
    bool nul;
    int chain[5]; /* which certificates: 0 PCK, 1 CA, 2 root, 3 the other CA; behind the last -1 */
    size_t padding;
    /* the platform */
    uint8_t svn[16], cpusvn[16], fmspc[6], pceid[2];
    unsigned pcesvn;
    int pck_drop, pck_twice; /* a field of the extension; 0: none */
    bool pck_bare;           /* no extension at all */
    /* collateral */
    struct w_document tcb, identity;
    struct w_level level[W_LEVELS];
    size_t nlevel;
    int components;
    unsigned module_svn, module_major, qe_level;
    const char *module_status, *module_mask, *qe_status,
        *json_twist; /* json_twist: appended within the object */
    char fmspc_text[13];
    bool omit[F_COUNT];
    enum appraisal_set appraisal;
    struct buf log; /* what was measured; w_measured() fills it and the RTMRs */
    /* made */
    struct buf evidence, file[F_COUNT];
};

static inline void world_drop(struct world *w)
{
    buf_drop(&w->evidence);
    buf_drop(&w->log);
    for (int i = 0; i < F_COUNT; i++)
        buf_drop(&w->file[i]);
}

/* Keys are made once a process. */
static inline EVP_PKEY *w_key(int i)
{
    static EVP_PKEY *keys[6];
    if (!keys[i])
        keys[i] = make_key("P-256");
    return keys[i];
}

static inline struct made_spec w_cert(const char *cn, const char *issuer, EVP_PKEY *key, EVP_PKEY *by,
                                      bool ca)
{
    static long serial = 100;
    struct made_spec s = { .cn = cn, .issuer = issuer, .key = key, .issuer_key = by, .ca = ca };
    s.pathlen = ca ? (key == by ? 1 : 0) : -1;
    s.usage = ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
    s.serial = ++serial;
    s.from = W_NOW - 100 * W_DAY;
    s.until = W_NOW + 100 * W_DAY;
    return s;
}

static inline void w_chain_set(struct world *w, int a, int b, int c, int d)
{
    const int chain[5] = { a, b, c, d, -1 };
    memcpy(w->chain, chain, sizeof chain);
}

static inline struct world world_make(uint16_t version, bool tdx)
{
    static const uint8_t vendor[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                        0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
    struct world w = { .root = w_key(0), .ca = w_key(1), .pck = w_key(2), .signer = w_key(3) };
    w.attestation = w_key(4);
    w.other = w_key(5);
    w.root_cert = w_cert("Intel SGX Root CA", "Intel SGX Root CA", w.root, w.root, true);
    w.ca_cert = w_cert("Intel SGX PCK Platform CA", "Intel SGX Root CA", w.ca, w.root, true);
    w.pck_cert = w_cert("Intel SGX PCK Certificate", "Intel SGX PCK Platform CA", w.pck, w.ca, false);
    w.signer_cert = w_cert("Intel SGX TCB Signing", "Intel SGX Root CA", w.signer, w.root, false);
    w.root_crl =
        (struct made_crl){ "Intel SGX Root CA", w.root, false, W_NOW - W_DAY, W_NOW + W_DAY, 0, CRL_GOOD, 1 };
    w.ca_crl = (struct made_crl){
        "Intel SGX PCK Platform CA", w.ca, false, W_NOW - W_DAY, W_NOW + W_DAY, 0, CRL_GOOD, 1
    };
    w.version = version;
    w.key_type = 2;
    w.cert_type = 5;
    w.tee = tdx ? 0x81 : 0;
    memcpy(w.vendor, vendor, 16);
    w.body_n = !tdx ? SGX_REPORT_SIZE : version == 5 ? TD_REPORT_15_SIZE : TD_REPORT_10_SIZE;
    w.body_type = tdx ? 3 : 1;
    if (tdx) {
        w.body[0] = 5; /* TEE_TCB_SVN: module svn 5 of major 1, microcode 4 */
        w.body[1] = 1;
        w.body[2] = 4;
        w.body[123] = 0x10; /* SEPT_VE_DISABLE */
        memset(w.body + 136, 0x4d, 48);
        memset(w.body + 520, 0xda, 64);
        if (version == 5) {
            w.body[584] = 5;
            w.body[585] = 1;
            w.body[586] = 4;
        }
    } else {
        w.body[48] = SGX_INIT | SGX_MODE64BIT;
        memset(w.body + 64, 0x4e, 32);
        memset(w.body + 128, 0x51, 32);
        memset(w.body + 320, 0xda, 64);
    }
    w.qe[48] = 0x11 | SGX_MODE64BIT;
    memset(w.qe + 128, 0x8c, 32);
    w.qe[256] = tdx ? 2 : 1;
    w.qe[258] = 7;
    w.qe_auth_n = sizeof w.qe_auth;
    memset(w.qe_auth, 0xa0, sizeof w.qe_auth);
    w.quote_by = w.bound = w.attestation;
    w.qe_by = w.pck;
    w.nul = true;
    for (int i = 0; i < 16; i++)
        w.svn[i] = w.cpusvn[i] = (uint8_t)(i < 8 ? 200 - i : 0);
    memcpy(w.fmspc, "\xb0\xc0\x6f\0\0\0", 6);
    strcpy(w.fmspc_text, "B0C06F000000");
    w.pcesvn = 13;
    w.tcb = (struct w_document){
        tdx ? "TDX" : "SGX", "2027-01-14T08:00:00Z", "2027-01-16T08:00:00Z", 3, 20, w.signer
    };
    w.identity = w.tcb;
    w.identity.id = tdx ? "TD_QE" : "QE";
    w.identity.version = 2;
    w.nlevel = 2;
    w.components = 16;
    for (size_t i = 0; i < 2; i++) {
        memcpy(w.level[i].sgx, w.svn, 16);
        w.level[i].sgx[7] = (uint8_t)(w.svn[7] - i);
        w.level[i].tdx[0] = 5;
        w.level[i].tdx[2] = 4;
        w.level[i].pcesvn = 13;
        w.level[i].status = i ? "OutOfDate" : "UpToDate";
        w.level[i].advisories = i ? "\"INTEL-SA-00837\"" : "";
    }
    w.module_svn = 5;
    w.module_major = 1;
    w.module_status = w.qe_status = "UpToDate";
    w.qe_level = 7;
    w.json_twist = "";
    w_chain_set(&w, 0, 1, 2, -1);
    w.module_mask = "FFFFFFFFFFFFFFFF";
    w.other_ca = w_cert("Intel SGX PCK Platform CA", "Intel SGX Root CA", w.other, w.root, true);
    w.omit[F_OTHER_CA] = w.omit[F_PCK] = true;
    return w;
}

/* ---- the PCK certificate's extension ---- */

static inline void w_tlv(struct buf *b, uint8_t tag, struct span v)
{
    wr_u8(b, tag);
    if (v.n > 0xff) {
        wr_u8(b, 0x82);
        wr_u16be(b, (uint16_t)v.n);
    } else {
        if (v.n > 0x7f)
            wr_u8(b, 0x81);
        wr_u8(b, (uint8_t)v.n);
    }
    wr_span(b, v);
}

static inline void w_integer(struct buf *b, uint8_t tag, unsigned v)
{
    uint8_t bytes[3] = { 0, (uint8_t)(v >> 8), (uint8_t)v };
    int at = v > 0x7fff ? 0 : v > 0x7f ? 1 : 2;
    if (at == 1 && v < 0x100)
        bytes[1] = 0;
    w_tlv(b, tag, (struct span){ bytes + at, (size_t)(3 - at) });
}

/* SEQUENCE { arc.a[.b], value } */
static inline void w_field(struct buf *b, int a, int sub, struct span value)
{
    uint8_t oid[11] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, (uint8_t)a, (uint8_t)sub };
    SR_OWN(buf) one = { 0 };
    w_tlv(&one, 0x06, (struct span){ oid, sub ? 11 : 10 });
    wr_span(&one, value);
    w_tlv(b, 0x30, buf_span(&one));
}

static inline void w_number(struct buf *b, int a, int sub, uint8_t tag, unsigned v)
{
    SR_OWN(buf) value = { 0 };
    w_integer(&value, tag, v);
    w_field(b, a, sub, buf_span(&value));
}

static inline void w_octets(struct buf *b, int a, int sub, const uint8_t *p, size_t n)
{
    SR_OWN(buf) value = { 0 };
    w_tlv(&value, 0x04, (struct span){ p, n });
    w_field(b, a, sub, buf_span(&value));
}

static inline void w_pck_fields(const struct world *w, int i, struct buf *b)
{
    static const uint8_t ppid[16] = { 0x77, 0x01 };
    SR_OWN(buf) tcb = { 0 };
    SR_OWN(buf) list = { 0 };
    switch (i) {
    case 1: w_octets(b, 1, 0, ppid, 16); break;
    case 2:
        for (int k = 0; k < 16; k++)
            w_number(&tcb, 2, k + 1, 0x02, w->svn[k]);
        w_number(&tcb, 2, 17, 0x02, w->pcesvn);
        w_octets(&tcb, 2, 18, w->cpusvn, 16);
        w_tlv(&list, 0x30, buf_span(&tcb));
        w_field(b, 2, 0, buf_span(&list));
        break;
    case 3: w_octets(b, 3, 0, w->pceid, 2); break;
    case 4: w_octets(b, 4, 0, w->fmspc, 6); break;
    case 5: w_number(b, 5, 0, 0x0a, 1); break;
    default: break;
    }
}

static inline void w_pck_ext(struct world *w)
{
    SR_OWN(buf) all = { 0 };
    SR_OWN(buf) list = { 0 };
    for (int i = 1; i <= 5; i++)
        for (int n = i == w->pck_drop ? 0 : i == w->pck_twice ? 2 : 1; n > 0; n--)
            w_pck_fields(w, i, &all);
    w_tlv(&list, 0x30, buf_span(&all));
    if (!w->pck_bare)
        made_ext(&w->pck_cert, "1.2.840.113741.1.13.1", list.p, list.n);
}

/* ---- collateral ---- */

static inline void w_components(struct buf *b, const char *name, const uint8_t *svn, int n)
{
    wr_fmt(b, "\"%s\":[", name);
    for (int i = 0; i < n; i++)
        wr_fmt(b, "%s{\"svn\":%u}", i ? "," : "", (unsigned)(i < 16 ? svn[i] : 0));
    wr_text(b, "],");
}

static inline void w_isv_level(struct buf *b, unsigned svn, const char *status)
{
    wr_fmt(
        b,
        "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%u},\"tcbDate\":\"2026-08-01T00:00:00Z\",\"tcbStatus\":\"%s\"}]",
        svn, status);
}

static inline void w_head(struct buf *b, const struct w_document *d)
{
    wr_fmt(b,
           "{\"id\":\"%s\",\"version\":%u,\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
           "\"tcbEvaluationDataNumber\":%u,",
           d->id, d->version, d->issue, d->next, d->eval);
}

static inline void w_envelope(struct buf *ret, const char *member, EVP_PKEY *by, const struct buf *object)
{
    uint8_t sig[64];
    make_signature(by, EVP_sha256(), buf_span(object), sig, 32);
    wr_fmt(ret, "{\"%s\":", member);
    wr_span(ret, buf_span(object));
    wr_text(ret, ",\"signature\":\"");
    for (size_t i = 0; i < sizeof sig; i++)
        wr_fmt(ret, "%02x", sig[i]);
    wr_text(ret, "\"}");
}

static inline void w_tcb_info(struct world *w, struct buf *ret)
{
    static const char zeros[] =
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000";
    SR_OWN(buf) b = { 0 };
    bool tdx = w->tee == 0x81;
    w_head(&b, &w->tcb);
    wr_fmt(&b, "\"fmspc\":\"%s\",\"pceId\":\"%02X%02X\",\"tcbType\":0,", w->fmspc_text, w->pceid[0],
           w->pceid[1]);
    if (tdx) {
        wr_fmt(&b,
               "\"tdxModule\":{\"mrsigner\":\"%s\",\"attributes\":\"0000000000000000\",\"attributesMask\":"
               "\"FFFFFFFFFFFFFFFF\"},\"tdxModuleIdentities\":[{\"id\":\"TDX_%02X\",\"mrsigner\":\"%s\","
               "\"attributes\":\"0000000000000000\",\"attributesMask\":\"%s\",",
               zeros, w->module_major, zeros, w->module_mask);
        w_isv_level(&b, w->module_svn, w->module_status);
        wr_text(&b, "}],");
    }
    wr_text(&b, "\"tcbLevels\":[");
    for (size_t i = 0; i < w->nlevel; i++) {
        wr_fmt(&b, "%s{\"tcb\":{", i ? "," : "");
        w_components(&b, "sgxtcbcomponents", w->level[i].sgx, w->components);
        if (tdx)
            w_components(&b, "tdxtcbcomponents", w->level[i].tdx, 16);
        wr_fmt(
            &b,
            "\"pcesvn\":%u},\"tcbDate\":\"2026-08-01T00:00:00Z\",\"tcbStatus\":\"%s\",\"advisoryIDs\":[%s]}",
            w->level[i].pcesvn, w->level[i].status, w->level[i].advisories);
    }
    wr_fmt(&b, "]%s}", w->json_twist);
    w_envelope(ret, "tcbInfo", w->tcb.signer, &b);
}

static inline void w_qe_identity(struct world *w, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    w_head(&b, &w->identity);
    wr_fmt(
        &b,
        "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
        "\"11000000000000000000000000000000\",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
        "\"mrsigner\":\"8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C\",\"isvprodid\":%d,",
        w->tee == 0x81 ? 2 : 1);
    w_isv_level(&b, w->qe_level, w->qe_status);
    wr_text(&b, "}");
    w_envelope(ret, "enclaveIdentity", w->identity.signer, &b);
}

/* ---- the quote ---- */

static inline void w_le(struct buf *b, uint64_t v, int n)
{
    for (int i = 0; i < n; i++)
        wr_u8(b, (uint8_t)(v >> 8 * i));
}

static inline void w_chain(struct world *w, struct buf *ret)
{
    const struct buf *all[] = { &w->file[F_PCK], &w->file[F_CA], &w->file[F_ROOT], &w->file[F_OTHER_CA] };
    for (int i = 0; i < 5 && w->chain[i] >= 0; i++)
        made_pem(buf_span(all[w->chain[i]]), ret);
    if (w->nul)
        wr_u8(ret, 0);
}

static inline void w_auth(struct world *w, struct span signed_part, struct buf *ret)
{
    uint8_t point[64], bound[64 + 32], sig[64];
    SR_OWN(buf) inner = { 0 };
    SR_OWN(buf) pem = { 0 };
    made_point(w->bound, point);
    memcpy(bound, point, 64);
    memcpy(bound + 64, w->qe_auth, w->qe_auth_n);
    struct sha256 h = sha256((struct span){ bound, 64 + w->qe_auth_n });
    memcpy(w->qe + 320, h.b, 32);
    make_signature(w->quote_by, EVP_sha256(), signed_part, sig, 32);
    wr_span(ret, SPAN(sig));
    made_point(w->attestation, point);
    wr_span(ret, SPAN(point));
    wr_span(&inner, SPAN(w->qe));
    make_signature(w->qe_by, EVP_sha256(), SPAN(w->qe), sig, 32);
    wr_span(&inner, SPAN(sig));
    w_le(&inner, w->qe_auth_n, 2);
    wr_span(&inner, (struct span){ w->qe_auth, w->qe_auth_n });
    w_chain(w, &pem);
    w_le(&inner, w->cert_type, 2);
    w_le(&inner, pem.n, 4);
    wr_span(&inner, buf_span(&pem));
    if (w->version > 3) {
        w_le(ret, 6, 2);
        w_le(ret, inner.n, 4);
    }
    wr_span(ret, buf_span(&inner));
}

static inline void w_quote(struct world *w, struct buf *ret)
{
    SR_OWN(buf) auth = { 0 };
    static const uint8_t user[20];
    w_le(ret, w->version, 2);
    w_le(ret, w->key_type, 2);
    w_le(ret, w->tee, 4);
    w_le(ret, 0, 4);
    wr_span(ret, SPAN(w->vendor));
    wr_span(ret, SPAN(user));
    if (w->version == 5) {
        w_le(ret, w->body_type, 2);
        w_le(ret, w->body_n, 4);
    }
    wr_span(ret, (struct span){ w->body, w->body_n });
    w_auth(w, buf_span(ret), &auth);
    w_le(ret, auth.n, 4);
    wr_span(ret, buf_span(&auth));
    for (size_t i = 0; i < w->padding; i++)
        wr_u8(ret, 0);
}

static inline void world_build(struct world *w)
{
    w_pck_ext(w);
    make_cert(&w->root_cert, &w->file[F_ROOT]);
    make_cert(&w->ca_cert, &w->file[F_CA]);
    make_cert(&w->signer_cert, &w->file[F_SIGNER]);
    make_cert(&w->other_ca, &w->file[F_OTHER_CA]);
    make_cert(&w->pck_cert, &w->file[F_PCK]);
    make_crl(&w->root_crl, &w->file[F_ROOT_CRL]);
    make_crl(&w->ca_crl, &w->file[F_CA_CRL]);
    w_tcb_info(w, &w->file[F_TCB]);
    w_qe_identity(w, &w->file[F_QE]);
    w_quote(w, &w->evidence);
    MUST(buf_ok(&w->evidence));
}

static inline struct collateral *world_collateral(const struct world *w, const struct pins *roots)
{
    struct span files[F_COUNT];
    struct collateral *c = NULL;
    size_t n = 0;
    for (int i = 0; i < F_COUNT; i++)
        if (!w->omit[i])
            files[n++] = buf_span(&w->file[i]);
    MUST(collateral_make(files, n, roots, &c, NULL) == SR_OK);
    return c;
}

/* A log of a few events, and the RTMRs that it replays to. */
static inline void w_measured(struct world *w)
{
    struct sha384 rtmr[4];
    made_log_usual(&w->log, rtmr);
    memcpy(w->body + 328, rtmr, sizeof rtmr);
}

/* What the verifier and then the baseline say of the evidence as it now is. */
static inline enum sr_reason world_judge(const struct world *w, time_t now, struct claims *ret)
{
    struct sr_why why = { 0 };
    struct sha256 root = made_pin(w_key(0));
    struct check_trail trail = { 0 };
    struct verify_in in = {
        .evidence = buf_span(&w->evidence), .now = now, .roots = { &root, 1 }, .trail = &trail
    };
    struct collateral *c = world_collateral(w, &in.roots);
    enum sr_err e;
    *ret = (struct claims){ 0 };
    in.collateral = c;
    in.event_log = buf_span(&w->log);
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    e = evidence_verify(w->tee == 0x81 ? SPAN_STR("tdx") : SPAN_STR("sgx"), &in, ret, &why);
    if (e == SR_OK)
        e = appraisal_check(w->appraisal, ret, NULL, &trail, &why);
    collateral_free(c);
    reached(w->tee == 0x81 ? "tdx" : "sgx", &trail, &why);
    return e == SR_OK ? R_NONE : why.reason;
}
