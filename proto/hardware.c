#include "proto/hardware.h"

#include "proto/evidence_parts.h"

enum { ID_LEAST = 32 }; /* digits: a PPID; an EK's digest has 64, a chip id of SNP 128 */

size_t hardware_ids(const struct claims *c, const struct claim *ret[static HARDWARE_IDS_MAX])
{
    static const char *const names[] = { "ek", "hardware" };
    const struct claim *type = claims_find(c, SPAN_STR("type"));
    struct evidence_parts all = evidence_parts(span_of(type && type->kind == CLAIM_TEXT ? type->text : ""));
    size_t n = 0;
    for (size_t i = 0; i < 2 * all.n; i++) {
        const struct claim *one = evidence_claim(c, &all.v[i / 2], names[i % 2]);
        if (one && one->kind == CLAIM_TEXT)
            ret[n++] = one;
    }
    return n;
}

bool hardware_id_ok(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] < '0' || text.p[i] > '9') && (text.p[i] < 'a' || text.p[i] > 'f'))
            return false;
    return text.n >= ID_LEAST && text.n <= HARDWARE_ID_MAX && text.n % 2 == 0;
}
