#include "client/collateral_ask.h"

#include "client/evidence_input.h"
#include "crypto/text.h"
#include "proto/evidence/snp_report.h"

#include <string.h>
#include <time.h>

static enum sr_err of_evidence(const char *path, const struct collateral *held, const struct pins *roots,
                               struct coll_wants *ret, struct sr_why *why)
{
    static const char *const types[] = { "snp", "tdx", "sgx" };
    SR_OWN(buf) evidence = { 0 };
    struct sha512 rd;
    SR_TRY(evidence_read_file(path, &evidence, why));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct verifier *v = verifier_find(span_of(types[i]));
        if (!v || v->report_data(buf_span(&evidence), &rd, NULL) != SR_OK)
            continue;
        collateral_wants(held, roots, span_of(types[i]), buf_span(&evidence), time(NULL), ret);
        return SR_OK;
    }
    return sr_fail(why, SR_EFORMAT, R_EVIDENCE_FORMAT, "%.100s: no evidence of SNP, TDX or SGX", path);
}

static void add_intel(const uint8_t fmspc[6], struct coll_wants *ret)
{
    for (int tee = INTEL_SGX; tee <= INTEL_TDX; tee++) {
        struct coll_want w = { .kind = DOC_TCB_INFO, .tee = (enum intel_tee)tee };
        memcpy(w.fmspc, fmspc, sizeof w.fmspc);
        coll_wants_add(ret, &w);
        w = (struct coll_want){ .kind = DOC_QE_IDENTITY, .tee = (enum intel_tee)tee };
        coll_wants_add(ret, &w);
    }
    coll_wants_add(ret, &(struct coll_want){ .kind = DOC_PCK_LIST, .ca = PCK_PLATFORM });
    coll_wants_add(ret, &(struct coll_want){ .kind = DOC_PCK_LIST, .ca = PCK_PROCESSOR });
    coll_wants_add(ret, &(struct coll_want){ .kind = DOC_ROOT_LIST });
}

static enum sr_err of_fmspc(const char *text, struct coll_wants *ret, struct sr_why *why)
{
    char lower[13] = "";
    uint8_t fmspc[6];
    for (size_t i = 0; text[i] && i < 12; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] | 0x20 : text[i]);
    if (strlen(text) != 12 || hex_read(span_of(lower), fmspc, sizeof fmspc) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--fmspc is 12 hexadecimal digits");
    add_intel(fmspc, ret);
    return SR_OK;
}

static enum amd_product product_of(struct span name)
{
    for (int p = AMD_MILAN; p < AMD_PRODUCT_COUNT; p++)
        if (span_eq(name, span_of(amd_product_text((enum amd_product)p))))
            return (enum amd_product)p;
    return AMD_NONE;
}

static enum sr_err of_product(struct span name, struct coll_wants *ret, struct sr_why *why)
{
    enum amd_product p = product_of(name);
    if (p == AMD_NONE)
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "--product is milan, genoa (Siena and Bergamo too) or turin");
    coll_wants_add(ret, &(struct coll_want){ .kind = DOC_AMD_CHAIN, .product = p });
    coll_wants_add(ret, &(struct coll_want){ .kind = DOC_VLEK_CHAIN, .product = p });
    coll_wants_add(ret, &(struct coll_want){ .kind = DOC_AMD_LIST, .product = p });
    return SR_OK;
}

/* CHIP_ID is 64 bytes, or the 8 that Turin has; TCB is REPORTED_TCB's 8. */
static enum sr_err of_chip(const char *text, struct coll_wants *ret, struct sr_why *why)
{
    const char *one = strchr(text, ':'), *two = one ? strchr(one + 1, ':') : NULL;
    struct coll_want w = { .kind = DOC_VCEK };
    uint8_t tcb[8];
    if (!two)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--chip is PRODUCT:CHIP_ID:TCB");
    struct span product = { (const uint8_t *)text, (size_t)(one - text) };
    struct span chip = { (const uint8_t *)one + 1, (size_t)(two - one - 1) };
    w.product = product_of(product);
    if ((chip.n != 16 && chip.n != sizeof w.chip_id * 2) || hex_read(chip, w.chip_id, chip.n / 2) != SR_OK ||
        hex_read(span_of(two + 1), tcb, sizeof tcb) != SR_OK || w.product == AMD_NONE ||
        snp_tcb_read(SPAN(tcb), w.product, &w.tcb, NULL) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--chip is PRODUCT:CHIP_ID:TCB, in the digits of a report");
    SR_TRY(of_product(product, ret, why));
    coll_wants_add(ret, &w);
    return SR_OK;
}

enum sr_err collateral_ask_wants(const struct collateral_ask *ask, const struct collateral *held,
                                 const struct pins *roots, struct coll_wants *ret, struct sr_why *why)
{
    for (size_t i = 0; i < ask->evidence.n; i++)
        SR_TRY(of_evidence(ask->evidence.v[i], held, roots, ret, why));
    for (size_t i = 0; i < ask->fmspc.n; i++)
        SR_TRY(of_fmspc(ask->fmspc.v[i], ret, why));
    for (size_t i = 0; i < ask->product.n; i++)
        SR_TRY(of_product(span_of(ask->product.v[i]), ret, why));
    for (size_t i = 0; i < ask->chip.n; i++)
        SR_TRY(of_chip(ask->chip.v[i], ret, why));
    return SR_OK;
}
