#include "proto/evidence/snp.h"

#include <stdio.h>

static void put_u64_hex(struct claims *c, const char *name, uint64_t v)
{
    char hex[17];
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)v);
    claims_put_text(c, name, span_of(hex));
}

struct bit_row {
    const char *name;
    unsigned bit;
};

static void put_bits(struct claims *c, uint64_t bits, const struct bit_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        claims_put_bool(c, rows[i].name, bits >> rows[i].bit & 1);
}

static void put_policy(struct claims *c, uint64_t policy)
{
    static const struct bit_row bits[] = {
        { "smt", SNP_POLICY_SMT },
        { "migrate_ma", SNP_POLICY_MIGRATE_MA },
        { "debug", SNP_POLICY_DEBUG },
        { "single_socket", SNP_POLICY_SINGLE_SOCKET },
        { "cxl", SNP_POLICY_CXL },
        { "mem_aes_256_xts", SNP_POLICY_AES_256_XTS },
        { "rapl_dis", SNP_POLICY_RAPL_DIS },
        { "ciphertext_hiding", SNP_POLICY_CIPHERTEXT_HIDING },
        { "page_swap_disable", SNP_POLICY_PAGE_SWAP_DISABLE },
    };
    put_u64_hex(c, "policy", policy);
    claims_put_uint(c, "abi_minor", policy & 0xff);
    claims_put_uint(c, "abi_major", policy >> 8 & 0xff);
    put_bits(c, policy, bits, sizeof bits / sizeof *bits);
}

static void put_platform(struct claims *c, uint64_t info)
{
    static const struct bit_row bits[] = {
        { "platform.smt", SNP_PLATFORM_SMT },
        { "platform.tsme", SNP_PLATFORM_TSME },
        { "platform.ecc", SNP_PLATFORM_ECC },
        { "platform.rapl_dis", SNP_PLATFORM_RAPL_DIS },
        { "platform.ciphertext_hiding", SNP_PLATFORM_CIPHERTEXT_HIDING },
        { "platform.alias_check", SNP_PLATFORM_ALIAS_CHECK },
        { "platform.tio", SNP_PLATFORM_TIO },
    };
    put_u64_hex(c, "platform_info", info);
    put_bits(c, info, bits, sizeof bits / sizeof *bits);
}

static void put_tcb(struct claims *c, const char *prefix, const struct amd_tcb *t, enum amd_product p)
{
    const struct tcb_row {
        const char *name;
        uint8_t value;
    } parts[] = {
        { "bootloader", t->bootloader }, { "tee", t->tee }, { "snp", t->snp },
        { "microcode", t->microcode },   { "fmc", t->fmc }, /* last: Turin alone has it */
    };
    size_t n = sizeof parts / sizeof *parts - (p != AMD_TURIN);
    for (size_t i = 0; i < n; i++) {
        char name[CLAIM_NAME_SIZE];
        snprintf(name, sizeof name, "%s%s", prefix, parts[i].name);
        claims_put_uint(c, name, parts[i].value);
    }
}

static uint64_t firmware(const struct snp_firmware *f)
{
    return (uint64_t)f->major << 16 | (uint64_t)f->minor << 8 | f->build;
}

static void put_key(const struct snp *s, struct claims *c)
{
    struct validity valid;
    bool vcek = s->what.kind == VEK_VCEK;
    enum sr_err lists = collateral_crl_current(s->in->collateral, s->ca->issuer, s->in->now, &valid, NULL);
    claims_put_text(c, "crl", lists == SR_OK ? SPAN_STR("current") : SPAN_STR("none"));
    claims_put_hex(c, "root", SPAN(s->vek->standing.anchor.b));
    if (vcek)
        claims_put_hex(c, "hardware", SPAN(s->what.chip_id));
    else
        claims_put_text(c, "csp", span_of(s->what.csp));
}

static void put_tcbs(const struct snp_report *r, enum amd_product p, struct claims *c)
{
    const struct tcbs_row {
        const char *prefix;
        struct span tcb;
    } rows[] = {
        { "tcb.", r->reported_tcb },
        { "tcb.committed.", r->committed_tcb },
        { "tcb.launch.", r->launch_tcb },
        { "tcb.current.", r->current_tcb },
    };
    claims_put_text(c, "product", span_of(amd_product_text(p)));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct amd_tcb t;
        if (snp_tcb_read(rows[i].tcb, p, &t, NULL) == SR_OK)
            put_tcb(c, rows[i].prefix, &t, p);
        else
            c->bad = true;
    }
}

static void put_report(const struct snp_report *r, struct claims *c)
{
    claims_put_uint(c, "version", r->version);
    claims_put_hex(c, "measurement", r->measurement);
    claims_put_hex(c, "report_data", r->report_data);
    claims_put_hex(c, "host_data", r->host_data);
    claims_put_uint(c, "vmpl", r->vmpl);
    claims_put_uint(c, "guest_svn", r->guest_svn);
    claims_put_hex(c, "family_id", r->family_id);
    claims_put_hex(c, "image_id", r->image_id);
    claims_put_hex(c, "id_key_digest", r->id_key_digest);
    claims_put_bool(c, "author_key", r->author_key);
    claims_put_hex(c, "author_key_digest", r->author_key_digest);
    claims_put_hex(c, "report_id", r->report_id);
    claims_put_hex(c, "report_id_ma", r->report_id_ma);
    claims_put_hex(c, "chip_id", r->chip_id);
    claims_put_uint(c, "cpuid_family", r->cpuid_family);
    claims_put_uint(c, "cpuid_model", r->cpuid_model);
    claims_put_uint(c, "cpuid_stepping", r->cpuid_stepping);
    claims_put_uint(c, "firmware.current", firmware(&r->current));
    claims_put_uint(c, "firmware.committed", firmware(&r->committed));
    put_u64_hex(c, "mit.launch", r->launch_mit);
    put_u64_hex(c, "mit.current", r->current_mit);
}

void snp_report_claims(const struct snp_report *r, enum amd_product p, struct claims *ret)
{
    claims_put_text(ret, "type", SPAN_STR("snp"));
    put_report(r, ret);
    put_policy(ret, r->policy);
    put_platform(ret, r->platform_info);
    claims_put_text(ret, "signing_key", r->signing_key == SNP_KEY_VLEK ? SPAN_STR("vlek") : SPAN_STR("vcek"));
    if (p != AMD_NONE)
        put_tcbs(r, p, ret);
}

void snp_claims(const struct snp *s, struct claims *ret)
{
    snp_report_claims(&s->report, s->product, ret);
    put_key(s, ret);
}
