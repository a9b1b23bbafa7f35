/* SNP evidence as guests of Confidential Containers send it: every field of the report decoded by the crate
 * "sev", put back where AMD 56860 (7.3, ATTESTATION_REPORT) has it, so that the signature can be checked; and
 * the certificates as a table of AMD 56421. A field that was put together wrongly makes the signature bad. */
#include "proto/evidence/amd_table.h"
#include "proto/evidence/snp_report.h"
#include "proto/json_foreign.h"
#include "proto/kbs_tee.h"

#include <string.h>

enum field_kind {
    FIELD_BYTES,    /* an array of numbers */
    FIELD_NUMBER,   /* little-endian */
    FIELD_TCB,      /* {fmc|null, bootloader, tee, snp, microcode} */
    FIELD_FIRMWARE, /* {major, minor, build} */
};

static const struct field {
    const char *name;
    enum field_kind kind;
    uint16_t at, size;
    bool optional; /* absent or null in reports of older versions: zeros */
} fields[] = {
    { "version", FIELD_NUMBER, 0x000, 4, false },
    { "guest_svn", FIELD_NUMBER, 0x004, 4, false },
    { "policy", FIELD_NUMBER, 0x008, 8, false },
    { "family_id", FIELD_BYTES, 0x010, 16, false },
    { "image_id", FIELD_BYTES, 0x020, 16, false },
    { "vmpl", FIELD_NUMBER, 0x030, 4, false },
    { "sig_algo", FIELD_NUMBER, 0x034, 4, false },
    { "current_tcb", FIELD_TCB, 0x038, 8, false },
    { "plat_info", FIELD_NUMBER, 0x040, 8, false },
    { "key_info", FIELD_NUMBER, 0x048, 4, false },
    { "report_data", FIELD_BYTES, 0x050, 64, false },
    { "measurement", FIELD_BYTES, 0x090, 48, false },
    { "host_data", FIELD_BYTES, 0x0c0, 32, false },
    { "id_key_digest", FIELD_BYTES, 0x0e0, 48, false },
    { "author_key_digest", FIELD_BYTES, 0x110, 48, false },
    { "report_id", FIELD_BYTES, 0x140, 32, false },
    { "report_id_ma", FIELD_BYTES, 0x160, 32, false },
    { "reported_tcb", FIELD_TCB, 0x180, 8, false },
    { "cpuid_fam_id", FIELD_NUMBER, 0x188, 1, true },
    { "cpuid_mod_id", FIELD_NUMBER, 0x189, 1, true },
    { "cpuid_step", FIELD_NUMBER, 0x18a, 1, true },
    { "chip_id", FIELD_BYTES, 0x1a0, 64, false },
    { "committed_tcb", FIELD_TCB, 0x1e0, 8, false },
    { "current", FIELD_FIRMWARE, 0x1e8, 3, false },
    { "committed", FIELD_FIRMWARE, 0x1ec, 3, false },
    { "launch_tcb", FIELD_TCB, 0x1f0, 8, false },
    { "launch_mit_vector", FIELD_NUMBER, 0x1f8, 8, true },
    { "current_mit_vector", FIELD_NUMBER, 0x200, 8, true },
};
enum { FIELDS = sizeof fields / sizeof *fields, SIGNATURE_R = 0x2a0, SIGNATURE_S = 0x2e8, NUMBER = 72 };
enum { CERT_SIZE_MAX = 4096, CERTS_SEEN_MAX = 8 };

static bool put_number(struct span v, uint8_t *at, size_t size)
{
    uint64_t n = 0;
    if (!jf_u64(v, size == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1, &n))
        return false;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(n >> (8 * i));
    return true;
}

/* Turin alone has an fmc, and with it another order of the bytes. */
static bool put_tcb(struct span v, uint8_t *at)
{
    struct span fmc = { 0 }, bl = { 0 }, tee = { 0 }, snp = { 0 }, ucode = { 0 };
    const struct jf_member m[] = {
        { "fmc", &fmc }, { "bootloader", &bl }, { "tee", &tee }, { "snp", &snp }, { "microcode", &ucode }
    };
    if (!jf_members(v, m, sizeof m / sizeof *m))
        return false;
    bool turin = !jf_is_null(fmc);
    uint8_t *first = at + (turin ? 1 : 0);
    return (!turin || put_number(fmc, at, 1)) && put_number(bl, first, 1) && put_number(tee, first + 1, 1) &&
           put_number(snp, turin ? at + 3 : at + 6, 1) && put_number(ucode, at + 7, 1);
}

static bool put_firmware(struct span v, uint8_t *at)
{
    struct span major = { 0 }, minor = { 0 }, build = { 0 };
    const struct jf_member m[] = { { "major", &major }, { "minor", &minor }, { "build", &build } };
    return jf_members(v, m, sizeof m / sizeof *m) && put_number(build, at, 1) &&
           put_number(minor, at + 1, 1) && put_number(major, at + 2, 1);
}

static bool put_field(const struct field *f, struct span v, uint8_t *report)
{
    uint8_t *at = report + f->at;
    if (f->optional && jf_is_null(v))
        return true;
    switch (f->kind) {
    case FIELD_BYTES: return jf_bytes(v, at, f->size);
    case FIELD_NUMBER: return put_number(v, at, f->size);
    case FIELD_TCB: return put_tcb(v, at);
    case FIELD_FIRMWARE: return put_firmware(v, at);
    }
    return false;
}

static bool put_signature(struct span v, uint8_t *report)
{
    struct span r = { 0 }, s = { 0 };
    const struct jf_member m[] = { { "r", &r }, { "s", &s } };
    return jf_members(v, m, 2) && jf_bytes(r, report + SIGNATURE_R, NUMBER) &&
           jf_bytes(s, report + SIGNATURE_S, NUMBER);
}

static bool put_report(struct span json, uint8_t *report)
{
    struct span v[FIELDS] = { 0 }, signature = { 0 };
    struct jf_member m[FIELDS + 1];
    for (size_t i = 0; i < FIELDS; i++)
        m[i] = (struct jf_member){ fields[i].name, &v[i] };
    m[FIELDS] = (struct jf_member){ "signature", &signature };
    if (!jf_members(json, m, FIELDS + 1))
        return false;
    for (size_t i = 0; i < FIELDS; i++)
        if (!put_field(&fields[i], v[i], report))
            return false;
    return put_signature(signature, report);
}

/* ---- certificates ---- */

static const struct {
    const char *type;
    enum amd_entry entry;
} cert_types[] = {
    { "VCEK", AMD_ENTRY_VCEK }, { "VLEK", AMD_ENTRY_VLEK }, { "ASK", AMD_ENTRY_CA },
    { "ASVK", AMD_ENTRY_CA },   { "ARK", AMD_ENTRY_ROOT },
};

/* The entry that a certificate's type names; AMD_ENTRY_COUNT: of no use to us. */
static enum amd_entry entry_of(struct span type)
{
    struct span text;
    for (size_t i = 0; jf_plain(type, &text) && i < sizeof cert_types / sizeof *cert_types; i++)
        if (span_eq(text, span_of(cert_types[i].type)))
            return cert_types[i].entry;
    return AMD_ENTRY_COUNT;
}

static bool put_certs(struct span chain, struct buf *ret)
{
    SR_OWN(buf) der = { 0 };
    struct {
        size_t at, n;
    } part[AMD_ENTRY_COUNT] = { 0 };
    struct jf_walk w = { .rest = chain };
    struct span one;
    for (size_t seen = 0; jf_next(&w, &one); seen++) {
        struct span type = { 0 }, data = { 0 };
        const struct jf_member m[] = { { "cert_type", &type }, { "data", &data } };
        if (seen == CERTS_SEEN_MAX || !jf_members(one, m, 2))
            return false;
        enum amd_entry e = entry_of(type);
        if (e == AMD_ENTRY_COUNT)
            continue;
        size_t at = der.n;
        if (part[e].n || !jf_byte_array(data, CERT_SIZE_MAX, &der) || der.n == at)
            return false;
        part[e].at = at;
        part[e].n = der.n - at;
    }
    struct amd_table t = { 0 };
    for (size_t i = 0; i < AMD_ENTRY_COUNT; i++)
        if (part[i].n)
            t.entry[i] = (struct span){ der.p + part[i].at, part[i].n };
    if (t.entry[AMD_ENTRY_VCEK].n || t.entry[AMD_ENTRY_VLEK].n)
        amd_table_write(&t, ret);
    return buf_ok(&der) && buf_ok(ret);
}

static enum sr_err convert(struct span json, struct buf *ret, struct sr_why *why)
{
    struct span report = { 0 }, chain = { 0 };
    const struct jf_member m[] = { { "attestation_report", &report }, { "cert_chain", &chain } };
    uint8_t bytes[SNP_REPORT_SIZE] = { 0 };
    if (!jf_members(json, m, 2) || !put_report(report, bytes))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "SNP evidence: a field of the report");
    wr_span(ret, SPAN(bytes));
    if (!jf_is_null(chain) && !put_certs(chain, ret))
        return sr_fail(why, SR_EFORMAT, R_KBS_FORMAT, "SNP evidence: a certificate");
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

const struct kbs_tee kbs_tee_snp = {
    .name = "snp", .type = "snp", .convert = convert, .init_claim = "host_data"
};
