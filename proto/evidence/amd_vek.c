#include "proto/evidence/amd_vek.h"

#include <string.h>

#define AMD_ARC "1.3.6.1.4.1.3704.1."

/* By the part of productName before a stepping ("Milan-B0"). structVersion goes with the product. */
static const struct product_row {
    const char *text, *name;
    uint8_t version, chip_id; /* structVersion; bytes of hwID */
} products[AMD_PRODUCT_COUNT] = {
    [AMD_NONE] = { "", "", 0xff, 0xff },
    [AMD_MILAN] = { "milan", "Milan", 0, 64 },
    [AMD_GENOA] = { "genoa", "Genoa", 0, 64 },
    [AMD_TURIN] = { "turin", "Turin", 1, 8 },
};

enum amd_presence { MUST_BE, IF_TURIN, MAY_BE_ZERO };

/* The SPL extensions: which component each is. */
static const struct spl_row {
    const char *oid;
    enum amd_presence presence;
    size_t at; /* in struct amd_tcb */
} spls[] = {
    { AMD_ARC "3.1", MUST_BE, offsetof(struct amd_tcb, bootloader) },
    { AMD_ARC "3.2", MUST_BE, offsetof(struct amd_tcb, tee) },
    { AMD_ARC "3.3", MUST_BE, offsetof(struct amd_tcb, snp) },
    { AMD_ARC "3.4", MAY_BE_ZERO, 0 },
    { AMD_ARC "3.5", MAY_BE_ZERO, 0 },
    { AMD_ARC "3.6", MAY_BE_ZERO, 0 },
    { AMD_ARC "3.7", MAY_BE_ZERO, 0 },
    { AMD_ARC "3.8", MUST_BE, offsetof(struct amd_tcb, microcode) },
    { AMD_ARC "3.9", IF_TURIN, offsetof(struct amd_tcb, fmc) },
};

const char *amd_product_text(enum amd_product p)
{
    return products[p].text;
}

const char *amd_product_name(enum amd_product p)
{
    return products[p].name;
}

static enum sr_err refuse(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_VEK_EXTENSION, "VEK certificate: %s", what);
}

/* A DER INTEGER from 0 to 255 in its one encoding (X.690, 8.3). */
static bool small_integer(struct span s, uint8_t *ret)
{
    bool one = s.n == 3 && s.p[0] == 0x02 && s.p[1] == 1 && s.p[2] < 0x80;
    bool two = s.n == 4 && s.p[0] == 0x02 && s.p[1] == 2 && s.p[2] == 0 && s.p[3] >= 0x80;
    if (one || two)
        *ret = s.p[s.n - 1];
    return one || two;
}

/* A DER IA5String of printable ASCII, shorter than size; with a NUL. */
static bool ia5_text(struct span s, char *ret, size_t size)
{
    if (s.n < 3 || s.p[0] != 0x16 || s.p[1] != s.n - 2 || s.n - 2 >= size)
        return false;
    for (size_t i = 2; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return false;
    memcpy(ret, s.p + 2, s.n - 2);
    ret[s.n - 2] = 0;
    return true;
}

static enum amd_product product_of(const char *name)
{
    size_t n = strcspn(name, "-");
    for (int p = AMD_NONE + 1; p < AMD_PRODUCT_COUNT; p++)
        if (strlen(products[p].name) == n && strncmp(products[p].name, name, n) == 0)
            return (enum amd_product)p;
    return AMD_NONE;
}

static enum sr_err read_kind(const struct cert *c, struct amd_vek *v, struct sr_why *why)
{
    SR_OWN(buf) name = { 0 };
    if (cert_common_name(c, &name) != SR_OK)
        return refuse(why, "no common name");
    if (!span_eq(buf_span(&name), SPAN_STR("SEV-VCEK")) && !span_eq(buf_span(&name), SPAN_STR("SEV-VLEK")))
        return refuse(why, "neither of a VCEK nor of a VLEK");
    v->kind = span_eq(buf_span(&name), SPAN_STR("SEV-VLEK")) ? VEK_VLEK : VEK_VCEK;
    return SR_OK;
}

static enum sr_err read_product(const struct cert *c, struct amd_vek *v, struct sr_why *why)
{
    struct span s;
    char name[32];
    uint8_t version;
    if (cert_extension(c, AMD_ARC "2", &s) != SR_OK || !ia5_text(s, name, sizeof name))
        return refuse(why, "productName");
    v->product = product_of(name);
    if (v->product == AMD_NONE)
        return sr_fail(why, SR_EPROOF, R_PRODUCT, "VEK certificate: a product that we do not know");
    if (cert_extension(c, AMD_ARC "1", &s) != SR_OK || !small_integer(s, &version) ||
        version != products[v->product].version)
        return refuse(why, "structVersion");
    return SR_OK;
}

static enum sr_err read_spl(const struct cert *c, const struct spl_row *r, struct amd_vek *v,
                            struct sr_why *why)
{
    struct span s;
    uint8_t value = 0;
    bool there = cert_extension(c, r->oid, &s) == SR_OK;
    bool wanted = r->presence == MUST_BE || (r->presence == IF_TURIN && v->product == AMD_TURIN);
    if (there && !small_integer(s, &value))
        return refuse(why, "an SPL is no INTEGER of one byte");
    if (there ? (!wanted && (value || r->presence == IF_TURIN)) : wanted)
        return refuse(why, "an SPL is missing, or there and should not");
    if (wanted)
        ((uint8_t *)&v->tcb)[r->at] = value;
    return SR_OK;
}

/* hwID is bare bytes, not wrapped in a tag, and may begin like one. */
static enum sr_err read_owner(const struct cert *c, struct amd_vek *v, struct sr_why *why)
{
    struct span chip, csp;
    bool has_chip = cert_extension(c, AMD_ARC "4", &chip) == SR_OK;
    bool has_csp = cert_extension(c, AMD_ARC "5", &csp) == SR_OK;
    if (has_chip != (v->kind == VEK_VCEK) || has_csp != (v->kind == VEK_VLEK))
        return refuse(why, "hwID is a VCEK's and cspID a VLEK's");
    if (v->kind == VEK_VLEK)
        return ia5_text(csp, v->csp, sizeof v->csp) ? SR_OK : refuse(why, "cspID");
    if (chip.n != products[v->product].chip_id)
        return refuse(why, "hwID is of another size");
    memcpy(v->chip_id, chip.p, chip.n);
    return SR_OK;
}

enum sr_err amd_vek_read(const struct cert *c, struct amd_vek *ret, struct sr_why *why)
{
    struct amd_vek v = { 0 };
    SR_TRY(read_kind(c, &v, why));
    SR_TRY(read_product(c, &v, why));
    for (size_t i = 0; i < sizeof spls / sizeof *spls; i++)
        SR_TRY(read_spl(c, &spls[i], &v, why));
    SR_TRY(read_owner(c, &v, why));
    *ret = v;
    return SR_OK;
}
