#include "client/claims_file.h"
#include "proto/json.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void claims_write_json(struct claims *c, struct buf *ret)
{
    qsort(c->c, c->n, sizeof c->c[0], by_name);
    jw_object(ret);
    for (size_t i = 0; i < c->n; i++) {
        const struct claim *k = &c->c[i];
        switch (k->kind) {
        case CLAIM_TEXT: jw_member_text(ret, k->name, k->text); break;
        case CLAIM_UINT: jw_member_u64(ret, k->name, k->num); break;
        case CLAIM_BOOL: jw_member_bool(ret, k->name, k->num != 0); break;
        }
    }
    jw_object_end(ret);
}

void claims_write_text(const struct claims *c, struct buf *ret)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct claim *k = &c->c[i];
        switch (k->kind) {
        case CLAIM_TEXT: wr_fmt(ret, "\n  %-14s %s", k->name, k->text); break;
        case CLAIM_UINT: wr_fmt(ret, "\n  %-14s %llu", k->name, (unsigned long long)k->num); break;
        case CLAIM_BOOL: wr_fmt(ret, "\n  %-14s %s", k->name, k->num ? "true" : "false"); break;
        }
    }
}

static enum sr_err take(const struct json *one, struct claims *ret, struct sr_why *why)
{
    char name[CLAIM_NAME_SIZE] = { 0 };
    struct span s = json_name(one);
    if (s.n >= sizeof name)
        return sr_fail(why, SR_ETOOBIG, R_JSON_MEMBER, "a claim's name is too long");
    memcpy(name, s.p, s.n);
    switch (json_type(one)) {
    case JSON_STR: claims_put_text(ret, name, json_str(one)); return SR_OK;
    case JSON_U64: claims_put_uint(ret, name, json_u64(one)); return SR_OK;
    case JSON_BOOL: claims_put_bool(ret, name, json_bool(one)); return SR_OK;
    default: return sr_fail(why, SR_EFORMAT, R_JSON_MEMBER, "a claim is text, a number or true or false");
    }
}

enum sr_err claims_read_json(struct span text, struct claims *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(json_parse(text, &doc, why));
    const struct json *object = json_get(json_root(&doc), "claims");
    if (!object)
        object = json_root(&doc);
    *ret = (struct claims){ 0 };
    for (const struct json *one = json_first(object); one; one = json_next(one))
        SR_TRY(take(one, ret, why));
    return claims_ok(ret) ? SR_OK : sr_fail(why, SR_EFORMAT, R_JSON_MEMBER, "not a list of claims");
}
