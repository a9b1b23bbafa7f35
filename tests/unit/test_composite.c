/* Evidence in several parts: an SNP report and a TPM quote over one challenge. */
#include "tests/t.h"

#include "proto/appraisal.h"
#include "proto/evidence/collateral.h"
#include "proto/evidence_parts.h"
#include "tests/evidence_maker.h"
#include "tests/snp_maker.h"

/* A machine with both, made anew for each row. */
struct both {
    struct snp_world snp;
    struct maker tpm;
    struct sha512 snp_rd, tpm_rd; /* what each part is over */
    struct buf evidence;
    struct collateral *set;
    struct sha256 root;
    struct ak_trust trust;
    struct verify_in in;
};

static void both_drop(struct both *b)
{
    snp_world_drop(&b->snp);
    maker_drop(&b->tpm);
    buf_drop(&b->evidence);
    collateral_free(b->set);
}

static void both_of(struct both *b, size_t product, uint32_t version)
{
    *b = (struct both){ .snp = snp_world_make(&s_products[product], version, false) };
    maker_new(&b->tpm);
    memset(b->snp_rd.b, 0xda, sizeof b->snp_rd.b);
    b->tpm_rd = b->snp_rd;
    b->root = made_pin(s_key(K_ROOT));
}

static void both_new(struct both *b)
{
    both_of(b, 1, 3);
}

static void parts_of(struct both *b, struct buf *quote, struct evidence_parts *ret)
{
    memcpy(b->snp.report + 0x50, b->snp_rd.b, sizeof b->snp_rd.b);
    snp_world_build(&b->snp);
    maker_evidence(&b->tpm, &b->tpm_rd, quote);
    *ret = evidence_parts(SPAN_STR("snp-tpm"));
    ret->v[0].evidence = buf_span(&b->snp.evidence);
    ret->v[1].evidence = buf_span(quote);
}

static void both_make(struct both *b)
{
    SR_OWN(buf) quote = { 0 };
    struct evidence_parts parts;
    parts_of(b, &quote, &parts);
    evidence_join(&parts, &b->evidence);
    b->trust = maker_trust(&b->tpm);
    b->in = (struct verify_in){ .evidence = buf_span(&b->evidence), .now = S_NOW, .ak = &b->trust };
    b->in.part_roots[0] = (struct pins){ &b->root, 1 };
    b->set = snp_world_collateral(&b->snp, &b->in.part_roots[0]);
    b->in.collateral = b->set;
    memset(b->in.rd.b, 0xda, sizeof b->in.rd.b);
}

static enum sr_reason judge(const struct both *b, const char *type, struct claims *ret)
{
    struct sr_why why = { 0 };
    claims_clear(ret);
    return evidence_verify(span_of(type), &b->in, ret, &why) == SR_OK ? R_NONE : why.reason;
}

static bool has(const struct claims *c, const char *name)
{
    return claims_find(c, span_of(name)) != NULL;
}

static void both_parts_are_verified_and_named(void)
{
    SR_OWN(both) b;
    static struct claims c;
    both_new(&b);
    both_make(&b);
    T(judge(&b, "snp-tpm", &c) == R_NONE);
    const struct claim *type = claims_find(&c, SPAN_STR("type"));
    T(type && strcmp(type->text, "snp-tpm") == 0);
    T(has(&c, "snp.measurement") && has(&c, "snp.hardware") && has(&c, "tpm.code") && has(&c, "tpm.ek"));
    T(!has(&c, "measurement") && !has(&c, "code") && !has(&c, "snp.type") && !has(&c, "debug"));
}

/* The list of claims is long enough for the product and version with most of them. */
static void the_largest_fits(void)
{
    static struct claims c;
    for (size_t product = 0; product < sizeof s_products / sizeof *s_products; product++) {
        SR_OWN(both) b;
        both_of(&b, product, 5);
        both_make(&b);
        T_ROW(judge(&b, "snp-tpm", &c) == R_NONE, s_products[product].name);
        T(c.n + 6 <= CLAIMS_MAX);
    }
}

static void other_rd(struct both *b)
{
    b->snp_rd.b[63] ^= 1;
}
static void other_nonce(struct both *b)
{
    b->tpm_rd.b[0] ^= 1;
}
static void tpm_of_nobody(struct both *b)
{
    struct sign_pub pub;
    const struct key seed = { { 9 } };
    sign_from_seed(&seed, &b->tpm.ca, &pub);
}
static void report_of_nobody(struct both *b)
{
    b->snp.signed_by = s_key(K_OTHER_EC);
}

static void each_part_is_refused_for_its_own_reason(void)
{
    static const struct {
        const char *label;
        void (*change)(struct both *b);
        enum sr_reason want;
    } rows[] = {
        { "a report over another challenge", other_rd, R_REPORT_DATA },
        { "a quote over another challenge", other_nonce, R_REPORT_DATA },
        { "a TPM that nobody vouches for", tpm_of_nobody, R_AK_CERT },
        { "a report that no chip signed", report_of_nobody, R_REPORT_SIGNATURE },
    };
    static struct claims c;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(both) b;
        both_new(&b);
        rows[i].change(&b);
        both_make(&b);
        T_ROW(judge(&b, "snp-tpm", &c) == rows[i].want, rows[i].label);
        T_ROW(c.n == 0, rows[i].label);
    }
}

static void no_part_without_its_roots(void)
{
    SR_OWN(both) b;
    static struct claims c;
    both_new(&b);
    both_make(&b);
    b.in.roots = b.in.part_roots[0]; /* of another type */
    b.in.part_roots[0] = (struct pins){ 0 };
    T(judge(&b, "snp-tpm", &c) == R_CERT_ANCHOR);
}

/* ---- the frame ---- */

struct frame {
    const char *label;
    uint8_t version;
    const char *types[3];
    int parts[3]; /* 0: the report, 1: the quote, -1: no bytes */
    size_t n, extra;
};
static const struct frame frames[] = {
    { "as it is", 1, { "snp", "tpm" }, { 0, 1 }, 2, 0 },
    { "another version", 2, { "snp", "tpm" }, { 0, 1 }, 2, 0 },
    { "the other way round", 1, { "tpm", "snp" }, { 1, 0 }, 2, 0 },
    { "the report alone", 1, { "snp" }, { 0 }, 1, 0 },
    { "the report twice", 1, { "snp", "snp" }, { 0, 0 }, 2, 0 },
    { "a quote without bytes", 1, { "snp", "tpm" }, { 0, -1 }, 2, 0 },
    { "a third part", 1, { "snp", "tpm", "tpm" }, { 0, 1, 1 }, 3, 0 },
    { "of another type", 1, { "tdx", "tpm" }, { 0, 1 }, 2, 0 },
    { "one byte more", 1, { "snp", "tpm" }, { 0, 1 }, 2, 1 },
};

static void the_frame_has_one_spelling(void)
{
    static struct claims c;
    SR_OWN(both) b;
    struct evidence_parts parts;
    both_new(&b);
    both_make(&b);
    T(evidence_split(SPAN_STR("snp-tpm"), b.in.evidence, &parts, NULL) == SR_OK);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        SR_OWN(buf) e = { 0 };
        wr_u8(&e, frames[i].version);
        for (size_t p = 0; p < frames[i].n; p++) {
            wr_lp(&e, span_of(frames[i].types[p]));
            wr_lp(&e, frames[i].parts[p] < 0 ? (struct span){ 0 } : parts.v[frames[i].parts[p]].evidence);
        }
        for (size_t x = 0; x < frames[i].extra; x++)
            wr_u8(&e, 0);
        b.in.evidence = buf_span(&e);
        T_ROW(judge(&b, "snp-tpm", &c) == (i ? R_COMPOSITE : R_NONE), frames[i].label);
    }
}

static void no_type_takes_anothers_bytes(void)
{
    static struct claims c;
    SR_OWN(both) b;
    both_new(&b);
    both_make(&b);
    T(judge(&b, "tdx-tpm", &c) == R_COMPOSITE);
    static const char *const others[] = { "snp", "tpm", "unheard-of", "" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct evidence_parts parts;
        T_ROW(evidence_split(span_of(others[i]), b.in.evidence, &parts, NULL) == SR_EFORMAT, others[i]);
    }
    b.in.roots = b.in.part_roots[0];
    T(judge(&b, "snp", &c) == R_REPORT_FORMAT || judge(&b, "snp", &c) == R_REPORT_VERSION);
    T(judge(&b, "tpm", &c) != R_NONE);
    b.in.evidence = buf_span(&b.snp.evidence);
    T(judge(&b, "snp", &c) == R_NONE);
    T(judge(&b, "snp-tpm", &c) == R_COMPOSITE);
}

static void no_shorter_length_and_no_flipped_bit(void)
{
    static struct claims c;
    SR_OWN(both) b;
    struct evidence_parts parts;
    size_t taken = 0;
    both_new(&b);
    both_make(&b);
    struct span whole = b.in.evidence;
    for (size_t n = 0; n < whole.n; n++)
        taken += evidence_split(SPAN_STR("snp-tpm"), (struct span){ whole.p, n }, &parts, NULL) == SR_OK;
    T(taken == 0);
    T(evidence_split(SPAN_STR("snp-tpm"), whole, &parts, NULL) == SR_OK);
    size_t second = (size_t)(parts.v[1].evidence.p - whole.p);
    for (size_t bit = 0; bit < whole.n * 8; bit += bit < 12 * 8 || bit / 8 + 11 - second < 11 ? 1 : 211) {
        b.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        taken += judge(&b, "snp-tpm", &c) == R_NONE;
        b.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T(taken == 0);
}

/* ---- what is asked of it ---- */

static void debug(struct both *b)
{
    b->snp.report[0x0a] |= 1 << 3;
}

static void the_baseline_looks_into_the_parts(void)
{
    static struct claims c;
    struct sr_why why = { 0 };
    for (int i = 0; i < 2; i++) {
        SR_OWN(both) b;
        both_new(&b);
        if (i)
            debug(&b);
        both_make(&b);
        T(judge(&b, "snp-tpm", &c) == R_NONE);
        enum sr_err e = appraisal_check(APPRAISAL_BASELINE, &c, NULL, NULL, &why);
        T(i ? e == SR_EPROOF && why.reason == R_DEBUG : e == SR_OK);
    }
    claims_clear(&c);
    claims_put_text(&c, "type", SPAN_STR("unheard-of"));
    T(appraisal_check(APPRAISAL_BASELINE, &c, NULL, NULL, &why) == SR_EPROOF);
    T(why.reason == R_EVIDENCE_TYPE);
}

static void its_report_data_is_the_reports(void)
{
    SR_OWN(both) b;
    struct sha512 rd = { 0 };
    both_new(&b);
    both_make(&b);
    const struct verifier *v = verifier_find(SPAN_STR("snp-tpm"));
    T(v && v->report_data(b.in.evidence, &rd, NULL) == SR_OK);
    T(span_eq(SPAN(rd.b), SPAN(b.in.rd.b)));
    T(v && v->report_data(buf_span(&b.snp.evidence), &rd, NULL) == SR_EFORMAT);
}

int main(void)
{
    both_parts_are_verified_and_named();
    the_largest_fits();
    each_part_is_refused_for_its_own_reason();
    no_part_without_its_roots();
    the_frame_has_one_spelling();
    no_type_takes_anothers_bytes();
    no_shorter_length_and_no_flipped_bit();
    the_baseline_looks_into_the_parts();
    its_report_data_is_the_reports();
    return t_end();
}
