#include "proto/evidence_parts.h"

#include "proto/evidence/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPOSITE_VERSION = 1 };

struct evidence_parts evidence_parts(struct span type)
{
    struct evidence_parts all = { 0 };
    const struct verifier *v = verifier_find(type);
    if (!v || !v->parts[0]) {
        all.v[all.n++].type = v ? v->name : NULL;
        return all;
    }
    for (; all.n < EVIDENCE_PARTS_MAX && v->parts[all.n]; all.n++) {
        struct evidence_part *p = &all.v[all.n];
        p->type = v->parts[all.n];
        (void)snprintf(p->prefix, sizeof p->prefix, "%s.", p->type);
    }
    return all;
}

enum sr_err evidence_split(struct span type, struct span evidence, struct evidence_parts *ret,
                           struct sr_why *why)
{
    struct evidence_parts all = evidence_parts(type);
    struct reader r = rd_init(evidence);
    bool composite = all.v[0].prefix[0] != 0; /* a plain type has no frame, an unknown one not even a name */
    bool same = composite && rd_u8(&r) == COMPOSITE_VERSION;
    for (size_t i = 0; composite && i < all.n; i++) {
        same = span_eq(rd_lp(&r, CLAIM_NAME_SIZE), span_of(all.v[i].type)) && same;
        all.v[i].evidence = rd_lp(&r, evidence.n);
        same = all.v[i].evidence.n > 0 && same;
    }
    if (!rd_end(&r) || !same)
        return sr_fail(why, SR_EFORMAT, R_COMPOSITE, "not the parts of this type of evidence, each once");
    *ret = all;
    return SR_OK;
}

void evidence_join(const struct evidence_parts *parts, struct buf *ret)
{
    wr_u8(ret, COMPOSITE_VERSION);
    for (size_t i = 0; i < parts->n; i++) {
        wr_lp(ret, span_of(parts->v[i].type));
        wr_lp(ret, parts->v[i].evidence);
    }
}

void evidence_add_claims(const struct evidence_part *part, const struct claims *from, struct claims *ret)
{
    for (size_t i = 0; i < from->n; i++) {
        struct claim one = from->c[i];
        char name[2 * CLAIM_NAME_SIZE];
        if (strcmp(one.name, "type") == 0)
            continue;
        int n = snprintf(name, sizeof name, "%s%s", part->prefix, one.name);
        ret->bad = ret->bad || n < 0 || (size_t)n >= sizeof one.name;
        memcpy(one.name, name, sizeof one.name);
        one.name[sizeof one.name - 1] = 0;
        claims_put(ret, &one);
    }
}

static enum sr_err verify_part(const struct evidence_part *part, const struct verify_in *in,
                               struct claims *ret, struct sr_why *why)
{
    struct claims *found = malloc(sizeof *found);
    if (!found)
        return SR_ENOMEM;
    claims_clear(found);
    enum sr_err e = evidence_verify(span_of(part->type), in, found, why);
    if (e == SR_OK)
        evidence_add_claims(part, found, ret);
    free(found);
    check_note(in->trail, part->type, e == SR_OK ? CHECK_PASSED : CHECK_FAILED,
               e == SR_OK || !why ? R_NONE : why->reason);
    return e;
}

enum sr_err evidence_verify_parts(const struct verifier *v, const struct verify_in *in, struct claims *ret,
                                  struct sr_why *why)
{
    struct evidence_parts all;
    SR_TRY(evidence_split(span_of(v->name), in->evidence, &all, why));
    claims_put_text(ret, "type", span_of(v->name));
    for (size_t i = 0; i < all.n; i++) {
        struct verify_in one = *in;
        one.evidence = all.v[i].evidence;
        one.roots = in->part_roots[i];
        SR_TRY(verify_part(&all.v[i], &one, ret, why));
    }
    return SR_OK;
}

const struct claim *evidence_claim(const struct claims *c, const struct evidence_part *part, const char *name)
{
    char whole[2 * CLAIM_NAME_SIZE];
    int n = snprintf(whole, sizeof whole, "%s%s", part->prefix, name);
    return n > 0 && (size_t)n < sizeof whole ? claims_find(c, span_of(whole)) : NULL;
}

void evidence_set_roots(struct verify_in *in, struct span type,
                        struct pins (*of)(const void *who, struct span type), const void *who)
{
    const struct verifier *v = verifier_find(type);
    in->roots = of(who, type);
    for (size_t i = 0; v && i < EVIDENCE_PARTS_MAX && v->parts[i]; i++)
        in->part_roots[i] = of(who, span_of(v->parts[i]));
}
