/* SEV-SNP evidence from roots of our own: each row changes one thing of a good report or of the certificates
 * above it, and the verifier must say which. Every product and version; what no capture shows is here. */
#include "tests/snp_maker.h"
#include "tests/t.h"

typedef void change_fn(struct snp_world *w);

enum { VCEK = 1, VLEK = 2, BOTH = 3 };

static void nothing(struct snp_world *w)
{
    (void)w;
}
/* the report */
static void version_1(struct snp_world *w)
{
    w->report[0] = 1;
}
static void version_6(struct snp_world *w)
{
    w->report[0] = 6;
}
static void algorithm_2(struct snp_world *w)
{
    w->report[0x34] = 2;
}
static void policy_bit_17(struct snp_world *w)
{
    w->report[0x0a] &= 0xfd;
}
static void reserved_flag(struct snp_world *w)
{
    w->report[0x49] = 1;
}
static void reserved_4c(struct snp_world *w)
{
    w->report[0x4c] = 1;
}
static void reserved_18b(struct snp_world *w)
{
    w->report[0x19f] = 1;
}
static void reserved_1eb(struct snp_world *w)
{
    w->report[0x1eb] = 1;
}
static void reserved_208(struct snp_world *w)
{
    w->report[0x29f] = 1;
}
static void key_none(struct snp_world *w)
{
    w->report[0x48] = 7 << 2;
}
static void key_2(struct snp_world *w)
{
    w->report[0x48] = 2 << 2;
}
static void key_other(struct snp_world *w)
{
    w->report[0x48] ^= 1 << 2;
}
static void mask_chip_key(struct snp_world *w)
{
    w->report[0x48] |= 2;
}
static void other_report_data(struct snp_world *w)
{
    w->report[0x8f] ^= 1;
}
static void cpuid_unknown(struct snp_world *w)
{
    w->report[0x189] = 0x70;
}
static void cpuid_other(struct snp_world *w)
{
    w->report[0x188] = w->of->product == AMD_TURIN ? 0x19 : 0x1a;
}
static void tcb_reserved(struct snp_world *w)
{
    w->report[0x184] = 1;
}
static void signed_by_other(struct snp_world *w)
{
    w->signed_by = s_key(K_OTHER_EC);
}
static void chip_masked(struct snp_world *w)
{
    memset(w->report + 0x1a0, 0, 64);
}
static void chip_other(struct snp_world *w)
{
    w->report[0x1a0] ^= 1;
}
static void chip_tail(struct snp_world *w)
{
    w->report[0x1df] ^= 1;
}
static void reported_above_committed(struct snp_world *w)
{
    uint8_t lower[5] = { 4, 1, 23, 219, 3 };
    s_tcb(w, 0x1e0, lower);
}
static void committed_above_current(struct snp_world *w)
{
    uint8_t lower[5] = { 4, 1, 24, 218, 3 };
    s_tcb(w, 0x38, lower);
}
static void reported_behind(struct snp_world *w) /* genuine machines lag */
{
    uint8_t higher[5] = { 5, 1, 25, 220, 3 };
    s_tcb(w, 0x38, higher);
    s_tcb(w, 0x1e0, higher);
}
static void debug(struct snp_world *w)
{
    w->report[0x0a] |= 8;
}
static void migrate(struct snp_world *w)
{
    w->report[0x0a] |= 4;
}
static void new_policy_bits(struct snp_world *w)
{
    w->report[0x0b] |= 0x83;
}
static void new_platform_bits(struct snp_world *w)
{
    w->report[0x40] |= 0xc0;
}
/* the certificates */
static void vek_by_other(struct snp_world *w)
{
    w->vek.issuer_key = s_key(K_OTHER_RSA);
}
static void ca_by_other(struct snp_world *w)
{
    w->ca.issuer_key = s_key(K_OTHER_RSA);
}
static void forged_root(struct snp_world *w)
{
    w->root.key = w->root.issuer_key = w->ca.issuer_key = s_key(K_OTHER_RSA);
}
static void root_by_other(struct snp_world *w) /* the pinned key in a certificate that it did not sign */
{
    w->root.issuer_key = s_key(K_OTHER_RSA);
}
static void chip_as_integer(struct snp_world *w) /* bare bytes that look like DER */
{
    w->chip[0] = 0x02;
    w->report[0x1a0] = 0x02;
}
static void key_of_current_tcb(
    struct snp_world *w) /* the key's TCB is the running one, not the reported one */
{
    for (int i = 0; i < 4; i++)
        w->spl[i]++;
    s_tcb(w, 0x38, w->spl);
    s_tcb(w, 0x1e0, w->spl);
}
static void vek_expired(struct snp_world *w)
{
    w->vek.until = S_NOW - 1;
}
static void vek_future(struct snp_world *w)
{
    w->vek.from = S_NOW + 1;
}
static void ca_expired(struct snp_world *w)
{
    w->ca.until = S_NOW - 1;
}
static void root_expired(struct snp_world *w)
{
    w->root.until = S_NOW - 1;
}
static void ca_is_none(struct snp_world *w)
{
    w->ca.ca = false;
}
static void vek_not_pss(struct snp_world *w)
{
    w->vek.pss = false;
}
static void vek_is_rsa(struct snp_world *w)
{
    w->vek.key = s_key(K_OTHER_RSA);
}
static void ca_revoked(struct snp_world *w)
{
    w->omit[S_CRL] = false;
    w->crl.revoked = w->ca.serial;
}
static void ca_revoked_by_old_list(struct snp_world *w)
{
    ca_revoked(w);
    w->crl.until = S_NOW - 1;
}
static void list_forged(struct snp_world *w) /* nobody's word: as if there were none */
{
    ca_revoked(w);
    w->crl.key = s_key(K_OTHER_RSA);
}
static void list_is_clean(struct snp_world *w)
{
    w->omit[S_CRL] = false;
}
static void no_vek(struct snp_world *w)
{
    w->omit[S_VEK] = true;
}
static void no_ca(struct snp_world *w)
{
    w->omit[S_CA] = true;
}
static void no_root(struct snp_world *w)
{
    w->omit[S_ROOT] = true;
}
static void ca_of_other_kind(struct snp_world *w)
{
    w->vek.issuer = w->ca.cn = w->vlek ? w->of->ca : w->of->vlek_ca;
}
/* the VEK's extensions */
static void no_product(struct snp_world *w)
{
    w->drop = S_ARC "2";
}
static void no_version(struct snp_world *w)
{
    w->drop = S_ARC "1";
}
static void no_bootloader(struct snp_world *w)
{
    w->drop = S_ARC "3.1";
}
static void no_tee(struct snp_world *w)
{
    w->drop = S_ARC "3.2";
}
static void no_snp(struct snp_world *w)
{
    w->drop = S_ARC "3.3";
}
static void no_microcode(struct snp_world *w)
{
    w->drop = S_ARC "3.8";
}
static void no_owner(struct snp_world *w)
{
    w->drop = w->vlek ? S_ARC "5" : S_ARC "4";
}
static void chip_in_vlek(struct snp_world *w)
{
    w->extra_chip = true;
}
static void chip_short(struct snp_world *w)
{
    w->chip_n--;
}
static void twice_snp(struct snp_world *w)
{
    w->twice = S_ARC "3.3";
}
static void product_unknown(struct snp_world *w)
{
    w->product_name = "Venice";
}
static void product_other(struct snp_world *w)
{
    w->product_name = w->of->product == AMD_GENOA ? "Milan-B0" : "Genoa";
}
static void long_integer(struct snp_world *w)
{
    made_ext(&w->vek, S_ARC "3.1", "\x02\x02\x00\x04", 4);
    w->drop = S_ARC "3.1";
}
static void negative_integer(struct snp_world *w)
{
    made_ext(&w->vek, S_ARC "3.1", "\x02\x01\x84", 3);
    w->drop = S_ARC "3.1";
}
static void reserved_spl(struct snp_world *w)
{
    made_ext(&w->vek, S_ARC "3.5", "\x02\x01\x01", 3);
}
static void spl_bootloader(struct snp_world *w)
{
    w->spl[0]++;
}
static void spl_tee(struct snp_world *w)
{
    w->spl[1]++;
}
static void spl_snp(struct snp_world *w)
{
    w->spl[2]--;
}
static void spl_microcode(struct snp_world *w)
{
    w->spl[3]--;
}

/* what the strict appraisal asks besides */
static void strict_vmpl(struct snp_world *w)
{
    w->appraisal = APPRAISAL_STRICT;
    w->report[0x30] = 1;
}
static void strict_alias(struct snp_world *w)
{
    w->appraisal = APPRAISAL_STRICT;
    w->report[0x40] &= 0xdf;
}
static void strict_alone(struct snp_world *w)
{
    w->appraisal = APPRAISAL_STRICT;
}
static void strict_debug(struct snp_world *w)
{
    w->appraisal = APPRAISAL_STRICT;
    debug(w);
}

static const struct row {
    const char *name;
    change_fn *change;
    int kinds;
    enum sr_reason reason;
} rows[] = {
    { "as it is", nothing, BOTH, R_NONE },
    { "version 1", version_1, BOTH, R_REPORT_VERSION },
    { "version 6", version_6, BOTH, R_REPORT_VERSION },
    { "another signature algorithm", algorithm_2, BOTH, R_REPORT_FORMAT },
    { "policy bit 17 off", policy_bit_17, BOTH, R_REPORT_FORMAT },
    { "a reserved flag", reserved_flag, BOTH, R_REPORT_FORMAT },
    { "reserved at 4c", reserved_4c, BOTH, R_REPORT_FORMAT },
    { "reserved at 18b", reserved_18b, BOTH, R_REPORT_FORMAT },
    { "reserved at 1eb", reserved_1eb, BOTH, R_REPORT_FORMAT },
    { "reserved at 208", reserved_208, BOTH, R_REPORT_FORMAT },
    { "signed by no key", key_none, BOTH, R_SIGNING_KEY },
    { "signing key 2", key_2, BOTH, R_SIGNING_KEY },
    { "the other kind of key", key_other, BOTH, R_SIGNING_KEY },
    { "a masked VCEK", mask_chip_key, VCEK, R_SIGNING_KEY },
    { "a masked chip key under a VLEK", mask_chip_key, VLEK, R_NONE },
    { "other report data", other_report_data, BOTH, R_REPORT_DATA },
    { "TCB with a reserved byte", tcb_reserved, BOTH, R_REPORT_FORMAT },
    { "signed by another key", signed_by_other, BOTH, R_REPORT_SIGNATURE },
    { "chip masked", chip_masked, VCEK, R_CHIP_ID },
    { "another chip", chip_other, VCEK, R_CHIP_ID },
    { "the last byte of the chip's room", chip_tail, VCEK, R_CHIP_ID },
    { "reported above committed", reported_above_committed, BOTH, R_TCB_ORDER },
    { "committed above current", committed_above_current, BOTH, R_TCB_ORDER },
    { "reported behind the others", reported_behind, BOTH, R_NONE },
    { "debug", debug, BOTH, R_DEBUG },
    { "migration agent", migrate, BOTH, R_MIGRATABLE },
    { "policy bits to come", new_policy_bits, BOTH, R_NONE },
    { "platform bits to come", new_platform_bits, BOTH, R_NONE },
    { "VEK signed by another", vek_by_other, BOTH, R_CERT_SIGNATURE },
    { "CA signed by another", ca_by_other, BOTH, R_CERT_SIGNATURE },
    { "a forged hierarchy of the right names", forged_root, BOTH, R_CERT_ANCHOR },
    { "the root's key in a certificate that it did not sign", root_by_other, BOTH, R_CERT_SIGNATURE },
    { "a chip that begins like a DER INTEGER", chip_as_integer, VCEK, R_NONE },
    { "the key of the current TCB, not of the reported one", key_of_current_tcb, BOTH, R_TCB_MISMATCH },
    { "VEK expired", vek_expired, BOTH, R_CERT_TIME },
    { "VEK not yet valid", vek_future, BOTH, R_CERT_TIME },
    { "CA expired", ca_expired, BOTH, R_CERT_TIME },
    { "root expired", root_expired, BOTH, R_CERT_TIME },
    { "CA is none", ca_is_none, BOTH, R_CERT_CA },
    { "VEK signed without PSS", vek_not_pss, BOTH, R_CERT_WEAK },
    { "VEK with an RSA key", vek_is_rsa, BOTH, R_CERT_PURPOSE },
    { "CA revoked", ca_revoked, BOTH, R_CERT_REVOKED },
    { "CA revoked by a list out of date", ca_revoked_by_old_list, BOTH, R_CERT_REVOKED },
    { "a forged list counts for nothing", list_forged, BOTH, R_NONE },
    { "a list without the CA", list_is_clean, BOTH, R_NONE },
    { "no VEK", no_vek, BOTH, R_COLLATERAL_MISSING },
    { "no CA", no_ca, BOTH, R_COLLATERAL_MISSING },
    { "no root", no_root, BOTH, R_COLLATERAL_MISSING },
    { "CA of the other kind", ca_of_other_kind, BOTH, R_PRODUCT },
    { "no productName", no_product, BOTH, R_VEK_EXTENSION },
    { "no structVersion", no_version, BOTH, R_VEK_EXTENSION },
    { "no blSPL", no_bootloader, BOTH, R_VEK_EXTENSION },
    { "no teeSPL", no_tee, BOTH, R_VEK_EXTENSION },
    { "no snpSPL", no_snp, BOTH, R_VEK_EXTENSION },
    { "no ucodeSPL", no_microcode, BOTH, R_VEK_EXTENSION },
    { "no hwID in a VCEK, no cspID in a VLEK", no_owner, BOTH, R_VEK_EXTENSION },
    { "hwID in a VLEK", chip_in_vlek, VLEK, R_VEK_EXTENSION },
    { "hwID one byte short", chip_short, VCEK, R_VEK_EXTENSION },
    { "an SPL twice", twice_snp, BOTH, R_COLLATERAL_MISSING }, /* no certificate at all */
    { "an SPL with a zero too many", long_integer, BOTH, R_VEK_EXTENSION },
    { "a negative SPL", negative_integer, BOTH, R_VEK_EXTENSION },
    { "a reserved SPL that is not zero", reserved_spl, BOTH, R_VEK_EXTENSION },
    { "a product to come", product_unknown, BOTH, R_PRODUCT },
    { "TCB of the key: boot loader", spl_bootloader, BOTH, R_TCB_MISMATCH },
    { "TCB of the key: TEE", spl_tee, BOTH, R_TCB_MISMATCH },
    { "TCB of the key: SNP", spl_snp, BOTH, R_TCB_MISMATCH },
    { "TCB of the key: microcode", spl_microcode, BOTH, R_TCB_MISMATCH },
};

static void judge(const struct row *r, const struct s_product *p, uint32_t version, bool vlek)
{
    SR_OWN(snp_world) w = snp_world_make(p, version, vlek);
    struct claims c;
    char name[160];
    r->change(&w);
    snp_world_build(&w);
    enum sr_reason got = snp_world_judge(&w, S_NOW, &c);
    snprintf(name, sizeof name, "%s version %u: %s: %s, not %s", p->name, (unsigned)version, r->name,
             sr_reason_text(got), sr_reason_text(r->reason));
    T_ROW(got == r->reason, name);
}

/* All rows on one product and version each, so that every product and every version meets them. */
static void every_row(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int vlek = 0; vlek < 2; vlek++)
            if (rows[i].kinds & (vlek ? VLEK : VCEK))
                judge(&rows[i], &s_products[i % 3], 2 + (uint32_t)i % 4, vlek);
}

static void every_product_and_version(void)
{
    static const struct row good = { "as it is", nothing, BOTH, R_NONE };
    static const struct row other = { "CPUID of another product", cpuid_other, BOTH, R_PRODUCT };
    static const struct row unknown = { "CPUID that nobody knows", cpuid_unknown, BOTH, R_PRODUCT };
    static const struct row named = { "productName of another product", product_other, BOTH, R_PRODUCT };
    for (size_t p = 0; p < 3; p++)
        for (uint32_t v = 2; v <= 5; v++) {
            judge(&good, &s_products[p], v, false);
            judge(&good, &s_products[p], v, true);
            if (v > 2) {
                judge(&other, &s_products[p], v, false);
                judge(&unknown, &s_products[p], v, false);
            }
            if (s_products[p].product != AMD_TURIN) /* Turin's certificate has another shape altogether */
                judge(&named, &s_products[p], v, false);
        }
}

/* Strict asks for VMPL 0, a finished alias check and no Milan, and for all of the baseline. */
static void strict_rows(void)
{
    static const struct row good = { "strict", strict_alone, BOTH, R_NONE };
    static const struct row milan = { "strict: Milan", strict_alone, BOTH, R_PRODUCT };
    static const struct row others[] = { { "strict: VMPL 1", strict_vmpl, BOTH, R_VMPL },
                                         { "strict: no alias check", strict_alias, BOTH, R_ALIAS_CHECK },
                                         { "strict: debug", strict_debug, BOTH, R_DEBUG } };
    for (size_t p = 0; p < 3; p++)
        judge(s_products[p].product == AMD_MILAN ? &milan : &good, &s_products[p], 5, p == 2);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        judge(&others[i], &s_products[1 + i % 2], 3, i % 2);
}

/* A report of Turin read with the layout of the others, and the reverse, does not fit its key. */
static void tcb_layouts(void)
{
    struct amd_tcb t;
    const uint8_t turin[8] = { 3, 4, 1, 24, 0, 0, 0, 219 }, milan[8] = { 4, 1, 0, 0, 0, 0, 24, 219 };
    T(snp_tcb_read(SPAN(turin), AMD_TURIN, &t, NULL) == SR_OK && t.fmc == 3 && t.bootloader == 4 &&
      t.tee == 1 && t.snp == 24 && t.microcode == 219);
    T(snp_tcb_read(SPAN(milan), AMD_MILAN, &t, NULL) == SR_OK && t.fmc == 0 && t.bootloader == 4 &&
      t.tee == 1 && t.snp == 24 && t.microcode == 219);
    T(snp_tcb_read(SPAN(turin), AMD_GENOA, &t, NULL) == SR_EFORMAT);
    T(snp_tcb_read(SPAN(milan), AMD_TURIN, &t, NULL) == SR_EFORMAT);
}

static void lengths(void)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[1], 5, false);
    struct claims c;
    struct snp_report r;
    snp_world_build(&w);
    for (size_t n = 0; n < SNP_REPORT_SIZE; n++)
        T(snp_report_read((struct span){ w.evidence.p, n }, &r, NULL) == SR_EFORMAT);
    for (int fill = 0; fill < 2; fill++)
        for (size_t n = 1; n <= 64; n++) {
            SR_OWN(buf) longer = { 0 };
            struct buf honest = w.evidence;
            wr_span(&longer, buf_span(&honest));
            for (size_t i = 0; i < n; i++)
                wr_u8(&longer, fill ? 0xff : 0);
            w.evidence = longer;
            T(snp_world_judge(&w, S_NOW, &c) == R_REPORT_FORMAT);
            w.evidence = honest;
        }
}

/* r or s zero, or beyond the order; what stands above the 48 bytes must be zero. */
static void numbers_of_the_signature(void)
{
    for (int which = 0; which < 2; which++)
        for (int fill = 0; fill < 2; fill++) {
            SR_OWN(snp_world) w = snp_world_make(&s_products[0], 3, false);
            struct claims c;
            snp_world_build(&w);
            memset(w.evidence.p + SNP_SIGNED_SIZE + (which ? 72 : 0), fill ? 0xff : 0, 48);
            T(snp_world_judge(&w, S_NOW, &c) == R_REPORT_SIGNATURE);
        }
    for (size_t at = 0; at < 512; at++) {
        SR_OWN(snp_world) w = snp_world_make(&s_products[0], 3, false);
        struct snp_report r;
        bool number = at % 72 < 48 && at < 144;
        s_sign(&w);
        w.report[SNP_SIGNED_SIZE + at] ^= 0x80;
        T((snp_report_read(SPAN(w.report), &r, NULL) == SR_OK) == number);
    }
}

static void every_bit(uint32_t version, size_t step)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[1], version, false);
    struct sha256 root = made_pin(s_key(K_ROOT));
    struct verify_in in = { .now = S_NOW, .roots = { &root, 1 } };
    struct claims c = { 0 };
    size_t accepted = 0;
    snp_world_build(&w);
    struct collateral *set = snp_world_collateral(&w, &in.roots);
    const struct verifier *v = verifier_find(SPAN_STR("snp"));
    in.collateral = set;
    in.evidence = buf_span(&w.evidence);
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    T(v->verify(&in, &c, NULL) == SR_OK);
    for (size_t bit = version; bit < w.evidence.n * 8; bit += step) {
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)v->report_data(in.evidence, &in.rd, NULL);
        c = (struct claims){ 0 };
        accepted += v->verify(&in, &c, NULL) == SR_OK;
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(in.rd.b, 0xda, sizeof in.rd.b);
    }
    T(accepted == 0);
    collateral_free(set);
}

static void every_bit_of_certificates(size_t step)
{
    for (int f = S_ROOT; f <= S_VEK; f++) {
        SR_OWN(snp_world) w = snp_world_make(&s_products[2], 5, false);
        struct claims c;
        size_t accepted = 0;
        snp_world_build(&w);
        for (size_t bit = 0; bit < w.file[f].n * 8; bit += step) {
            w.file[f].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            accepted += snp_world_judge(&w, S_NOW, &c) == R_NONE;
            w.file[f].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        T(accepted == 0);
    }
}

/* AMD makes a new certificate of the same key at every request: the one that is good now counts, wherever the
 * other stands. */
static void vek_issued_again(void)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[1], 3, false);
    SR_OWN(snp_world) again = snp_world_make(&s_products[1], 3, false);
    struct sha256 root = made_pin(s_key(K_ROOT));
    struct verify_in in = { .now = S_NOW, .roots = { &root, 1 } };
    again.vek.from = S_NOW + 1;
    snp_world_build(&w);
    snp_world_build(&again);
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    in.evidence = buf_span(&w.evidence);
    for (int first = 0; first < 2; first++) {
        static struct claims c;
        struct collateral *set = NULL;
        const struct span files[] = { buf_span(&w.file[S_ROOT]), buf_span(&w.file[S_CA]),
                                      buf_span(first ? &again.file[S_VEK] : &w.file[S_VEK]),
                                      buf_span(first ? &w.file[S_VEK] : &again.file[S_VEK]) };
        T(collateral_make(files, 4, &in.roots, &set, NULL) == SR_OK);
        in.collateral = set;
        T(evidence_verify(SPAN_STR("snp"), &in, &c, NULL) == SR_OK);
        collateral_free(set);
    }
}

/* ---- with the host's table ---- */

static void table(void)
{
    for (int vlek = 0; vlek < 2; vlek++) {
        SR_OWN(snp_world) w = snp_world_make(&s_products[0], 3, vlek);
        struct claims c;
        snp_world_build(&w);
        snp_world_table(&w);
        for (int f = 0; f < S_COUNT; f++)
            w.omit[f] = true; /* everything comes with the evidence */
        T(snp_world_judge(&w, S_NOW, &c) == R_NONE);
        T(snp_world_judge(&w, S_NOW + 100 * S_DAY, &c) == R_NONE);
        T(snp_world_judge(&w, S_NOW + 100 * S_DAY + 1, &c) == R_CERT_TIME);
        for (size_t n = SNP_REPORT_SIZE + 1; n < w.evidence.n; n++) {
            size_t all = w.evidence.n;
            w.evidence.n = n;
            T(snp_world_judge(&w, S_NOW, &c) == R_REPORT_FORMAT);
            w.evidence.n = all;
        }
        wr_u8(&w.evidence, 0);
        T(snp_world_judge(&w, S_NOW, &c) == R_REPORT_FORMAT);
    }
}

/* What a host may put into the place of the VEK. */
static void table_without_the_vek(void)
{
    static const struct vek_row {
        const char *name, *cn;
        bool other;
        enum sr_reason reason;
    } veks[] = {
        { "the VEK in the other kind's place", "SEV-VCEK", true, R_SIGNING_KEY },
        { "a VLEK in the place of the VCEK", "SEV-VLEK", false, R_VEK_EXTENSION },
        { "a CA in the place of the VCEK", "SEV-Milan", false, R_VEK_EXTENSION },
        { "a certificate of nobody", NULL, false, R_VEK_EXTENSION },
    };
    for (size_t i = 0; i < sizeof veks / sizeof *veks; i++) {
        SR_OWN(snp_world) w = snp_world_make(&s_products[0], 3, false);
        struct claims c;
        w.vek.cn = veks[i].cn;
        w.table_other = veks[i].other;
        snp_world_build(&w);
        snp_world_table(&w);
        T_ROW(snp_world_judge(&w, S_NOW, &c) == veks[i].reason, veks[i].name);
    }
}

/* A host's table with a hierarchy of its own, in AMD's names. */
static void forged_table(void)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[0], 3, false);
    struct claims c;
    forged_root(&w);
    snp_world_build(&w);
    snp_world_table(&w);
    for (int f = 0; f < S_COUNT; f++)
        w.omit[f] = true;
    T(snp_world_judge(&w, S_NOW, &c) == R_CERT_ANCHOR);
}

static void table_bits(size_t step)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[1], 5, false);
    struct claims c;
    size_t accepted = 0;
    snp_world_build(&w);
    snp_world_table(&w);
    for (int f = 0; f < S_COUNT; f++)
        w.omit[f] = true;
    for (size_t bit = SNP_REPORT_SIZE * 8; bit < w.evidence.n * 8; bit += step) {
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        accepted += snp_world_judge(&w, S_NOW, &c) == R_NONE;
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    T(accepted == 0);
}

/* Beside collateral that has CA and root, those two of the host's table are not needed: their bits are the
 * free ones. */
static void table_bits_beside_collateral(size_t step)
{
    SR_OWN(snp_world) w = snp_world_make(&s_products[1], 5, false);
    struct claims c;
    size_t counted = 0, not_needed = 0;
    snp_world_build(&w);
    snp_world_table(&w);
    size_t head = SNP_REPORT_SIZE + 2 * 24, certs = SNP_REPORT_SIZE + 4 * 24,
           vek = certs + w.file[S_ROOT].n + w.file[S_CA].n;
    w.omit[S_VEK] = true;
    for (size_t bit = SNP_REPORT_SIZE * 8; bit < w.evidence.n * 8; bit += step) {
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bool theirs = bit / 8 < head || (bit / 8 >= certs && bit / 8 < vek);
        if (snp_world_judge(&w, S_NOW, &c) == R_NONE)
            *(theirs ? &not_needed : &counted) += 1;
        w.evidence.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    printf("%zu bits of CA and root free, %zu others\n", not_needed, counted);
    T(not_needed > 0);
    T(counted == 0);
}

int main(void)
{
    bool all = getenv("SEALRING_ALL_BITS") != NULL;
    every_row();
    every_product_and_version();
    strict_rows();
    tcb_layouts();
    lengths();
    numbers_of_the_signature();
    for (uint32_t v = 2; v <= 5; v++)
        every_bit(v, all ? 1 : 29);
    every_bit_of_certificates(all ? 7 : 211);
    vek_issued_again();
    table();
    forged_table();
    table_without_the_vek();
    table_bits(all ? 3 : 101);
    table_bits_beside_collateral(all ? 1 : 97);
    return t_end();
}
