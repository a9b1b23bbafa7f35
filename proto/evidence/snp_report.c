#include "proto/evidence/snp_report.h"

#include <string.h>

enum {
    ALGO_ECDSA_P384_SHA384 = 1,
    FLAG_AUTHOR_KEY = 1 << 0,
    FLAG_MASK_CHIP_KEY = 1 << 1,
    FLAG_SIGNING_KEY_SHIFT = 2,
    FLAGS_KNOWN = 0x1f,
    NUMBER_ROOM = 72
};

/* Little-endian in the report, 72 bytes of room; big-endian here. */
static void read_number(struct reader *r, uint8_t ret[SNP_SIGNATURE_NUMBER])
{
    struct span low = rd_span(r, SNP_SIGNATURE_NUMBER);
    rd_zeros(r, NUMBER_ROOM - SNP_SIGNATURE_NUMBER);
    for (size_t i = 0; !r->bad && i < SNP_SIGNATURE_NUMBER; i++)
        ret[i] = low.p[SNP_SIGNATURE_NUMBER - 1 - i];
}

static void read_firmware(struct reader *r, struct snp_firmware *ret)
{
    ret->build = rd_u8(r);
    ret->minor = rd_u8(r);
    ret->major = rd_u8(r);
    rd_zeros(r, 1);
}

/* CPUID came with version 3, the mitigation vectors with version 5; both were reserved before. */
static void read_cpuid(struct reader *r, struct snp_report *s)
{
    if (s->version < 3) {
        rd_zeros(r, 3);
    } else {
        s->cpuid_family = rd_u8(r);
        s->cpuid_model = rd_u8(r);
        s->cpuid_stepping = rd_u8(r);
    }
    rd_zeros(r, 21);
}

static void read_mitigations(struct reader *r, struct snp_report *s)
{
    if (s->version < 5) {
        rd_zeros(r, 16);
    } else {
        s->launch_mit = rd_u64le(r);
        s->current_mit = rd_u64le(r);
    }
    rd_zeros(r, 152);
}

static uint32_t read_head(struct reader *r, struct snp_report *s, uint32_t *ret_algo)
{
    s->guest_svn = rd_u32le(r);
    s->policy = rd_u64le(r);
    s->family_id = rd_span(r, 16);
    s->image_id = rd_span(r, 16);
    s->vmpl = rd_u32le(r);
    *ret_algo = rd_u32le(r);
    s->current_tcb = rd_span(r, 8);
    s->platform_info = rd_u64le(r);
    uint32_t flags = rd_u32le(r);
    rd_zeros(r, 4);
    return flags;
}

static void read_body(struct reader *r, struct snp_report *s)
{
    s->report_data = rd_span(r, 64);
    s->measurement = rd_span(r, 48);
    s->host_data = rd_span(r, 32);
    s->id_key_digest = rd_span(r, 48);
    s->author_key_digest = rd_span(r, 48);
    s->report_id = rd_span(r, 32);
    s->report_id_ma = rd_span(r, 32);
    s->reported_tcb = rd_span(r, 8);
    read_cpuid(r, s);
    s->chip_id = rd_span(r, AMD_CHIP_ID_SIZE);
    s->committed_tcb = rd_span(r, 8);
    read_firmware(r, &s->current);
    read_firmware(r, &s->committed);
    s->launch_tcb = rd_span(r, 8);
    read_mitigations(r, s);
}

static enum sr_err read_flags(uint32_t flags, struct snp_report *s, struct sr_why *why)
{
    unsigned key = flags >> FLAG_SIGNING_KEY_SHIFT & 7;
    s->author_key = flags & FLAG_AUTHOR_KEY;
    s->mask_chip_key = flags & FLAG_MASK_CHIP_KEY;
    s->signing_key = key == SNP_KEY_VLEK ? SNP_KEY_VLEK : SNP_KEY_VCEK;
    if (flags & ~(uint32_t)FLAGS_KNOWN)
        return sr_fail(why, SR_EFORMAT, R_REPORT_FORMAT, "report: unknown flags");
    if (key != SNP_KEY_VCEK && key != SNP_KEY_VLEK)
        return sr_fail(why, SR_EFORMAT, R_SIGNING_KEY, "report: signed by no key that has a certificate");
    if (s->mask_chip_key && key == SNP_KEY_VCEK)
        return sr_fail(why, SR_EFORMAT, R_SIGNING_KEY, "report: signed by a VCEK that is masked");
    return SR_OK;
}

enum sr_err snp_report_read(struct span bytes, struct snp_report *ret, struct sr_why *why)
{
    struct snp_report s = { .signed_part = { bytes.p, SNP_SIGNED_SIZE } };
    struct reader r = rd_init(bytes);
    uint32_t algo;
    if (bytes.n != SNP_REPORT_SIZE)
        return sr_fail(why, SR_EFORMAT, R_REPORT_FORMAT, "report: %zu bytes", bytes.n);
    s.version = rd_u32le(&r);
    if (s.version < 2 || s.version > 5)
        return sr_fail(why, SR_EFORMAT, R_REPORT_VERSION, "report: version %u", (unsigned)s.version);
    uint32_t flags = read_head(&r, &s, &algo);
    read_body(&r, &s);
    read_number(&r, s.r);
    read_number(&r, s.s);
    rd_zeros(&r, 512 - 2 * NUMBER_ROOM);
    if (!rd_end(&r) || algo != ALGO_ECDSA_P384_SHA384 || !(s.policy >> SNP_POLICY_ONE & 1))
        return sr_fail(why, SR_EFORMAT, R_REPORT_FORMAT, "report: a fixed field is not as it must be");
    SR_TRY(read_flags(flags, &s, why));
    *ret = s;
    return SR_OK;
}

/* AMD 57230 and the CPUID models of each line; Bergamo and Siena are of Genoa's. */
static const struct cpuid_row {
    uint8_t family, model_from, model_until;
    enum amd_product product;
} cpuids[] = {
    { 0x19, 0x00, 0x0f, AMD_MILAN },
    { 0x19, 0x10, 0x1f, AMD_GENOA },
    { 0x19, 0xa0, 0xaf, AMD_GENOA },
    { 0x1a, 0x00, 0x1f, AMD_TURIN },
};

enum amd_product snp_report_product(const struct snp_report *r)
{
    for (size_t i = 0; i < sizeof cpuids / sizeof *cpuids; i++)
        if (r->cpuid_family == cpuids[i].family && r->cpuid_model >= cpuids[i].model_from &&
            r->cpuid_model <= cpuids[i].model_until)
            return cpuids[i].product;
    return AMD_NONE;
}

enum sr_err snp_tcb_read(struct span tcb, enum amd_product p, struct amd_tcb *ret, struct sr_why *why)
{
    struct amd_tcb t = { 0 };
    struct reader r = rd_init(tcb);
    if (p == AMD_TURIN)
        t.fmc = rd_u8(&r);
    t.bootloader = rd_u8(&r);
    t.tee = rd_u8(&r);
    if (p == AMD_TURIN)
        t.snp = rd_u8(&r);
    rd_zeros(&r, p == AMD_TURIN ? 3 : 4);
    if (p != AMD_TURIN)
        t.snp = rd_u8(&r);
    t.microcode = rd_u8(&r);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_REPORT_FORMAT, "report: a TCB version with reserved bytes set");
    *ret = t;
    return SR_OK;
}

bool amd_tcb_eq(const struct amd_tcb *a, const struct amd_tcb *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* bytes only: nothing is padded */
}

bool amd_tcb_none_above(const struct amd_tcb *a, const struct amd_tcb *b)
{
    return a->fmc <= b->fmc && a->bootloader <= b->bootloader && a->tee <= b->tee && a->snp <= b->snp &&
           a->microcode <= b->microcode;
}
