#include "client/claims_file.h"
#include "proto/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* JSON's numbers end at 2^53 - 1, claims at 2^64 - 1: the large ones stand as {"uint":"…"}. */
static void write_uint(struct buf *b, const struct claim *k)
{
    char digits[24];
    if (k->num <= JSON_INT_MAX) {
        jw_member_u64(b, k->name, k->num);
        return;
    }
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)k->num);
    jw_name(b, k->name);
    jw_object(b);
    jw_member_text(b, "uint", digits);
    jw_object_end(b);
}

static enum sr_err read_uint(const struct json *object, uint64_t *ret)
{
    struct span digits = json_str(json_get(object, "uint"));
    uint64_t v = 0;
    if (json_count(object) != 1 || digits.n == 0 || digits.n > 20)
        return SR_EFORMAT;
    for (size_t i = 0; i < digits.n; i++) {
        uint64_t d = (uint64_t)digits.p[i] - '0';
        if (d > 9 || v > (UINT64_MAX - d) / 10)
            return SR_EFORMAT;
        v = v * 10 + d;
    }
    *ret = v;
    return SR_OK;
}

void claims_write_json(struct claims *c, struct buf *ret)
{
    qsort(c->c, c->n, sizeof c->c[0], by_name);
    jw_object(ret);
    for (size_t i = 0; i < c->n; i++) {
        const struct claim *k = &c->c[i];
        switch (k->kind) {
        case CLAIM_TEXT: jw_member_text(ret, k->name, k->text); break;
        case CLAIM_UINT: write_uint(ret, k); break;
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
    uint64_t large = 0;
    struct span s = json_name(one);
    if (s.n >= sizeof name)
        return sr_fail(why, SR_ETOOBIG, R_JSON_MEMBER, "a claim's name is too long");
    memcpy(name, s.p, s.n);
    switch (json_type(one)) {
    case JSON_STR: claims_put_text(ret, name, json_str(one)); return SR_OK;
    case JSON_U64: claims_put_uint(ret, name, json_u64(one)); return SR_OK;
    case JSON_BOOL: claims_put_bool(ret, name, json_bool(one)); return SR_OK;
    case JSON_OBJECT:
        if (read_uint(one, &large) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_JSON_MEMBER, "a large number is {\"uint\":\"digits\"}");
        claims_put_uint(ret, name, large);
        return SR_OK;
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
