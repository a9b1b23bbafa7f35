#include "proto/genesis_file.h"

#include "crypto/mode.h"
#include "crypto/text.h"
#include "proto/json.h"

#include <stdlib.h>
#include <string.h>

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Hex texts of 32 bytes each into at most max places, sorted. */
static enum sr_err read_keys(const struct json *list, void *to, size_t max, size_t *ret_n, struct sr_why *why)
{
    size_t n = 0;
    uint8_t(*at)[32] = to;
    for (const struct json *v = json_first(list); v; v = json_next(v), n++)
        if (n == max || hex_read(json_str(v), at[n], 32) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT,
                           "a list wants at most %zu keys of 64 hex digits", max);
    if (n)
        qsort(to, n, 32, by_bytes);
    *ret_n = n;
    return SR_OK;
}

static enum sr_err read_set(const struct json *object, struct key_set *ret, struct sr_why *why)
{
    const struct json *keys = NULL;
    uint64_t k = 0;
    const struct json_field fields[] = {
        { "k", JSON_U64, &k, GENESIS_KEYS_MAX, false },
        { "keys", JSON_ARRAY, &keys, GENESIS_KEYS_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(object, fields, why));
    ret->k = (size_t)k;
    return read_keys(keys, ret->key, GENESIS_KEYS_MAX, &ret->n, why);
}

static enum sr_err read_recovery(const struct json *object, struct holder_set *ret, struct sr_why *why)
{
    const struct json *keys = NULL;
    uint64_t t = 0;
    const struct json_field fields[] = {
        { "keys", JSON_ARRAY, &keys, GENESIS_KEYS_MAX, false },
        { "t", JSON_U64, &t, GENESIS_KEYS_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(object, fields, why));
    ret->t = (size_t)t;
    return read_keys(keys, ret->key, GENESIS_KEYS_MAX, &ret->n, why);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct type_roots *)a)->type, ((const struct type_roots *)b)->type);
}

static enum sr_err read_type(const struct json *object, struct type_roots *ret, struct sr_why *why)
{
    const struct json *roots = NULL;
    const struct json_field fields[] = {
        { "roots", JSON_ARRAY, &roots, GENESIS_ROOTS_MAX, false },
        { "type", JSON_STR, ret->type, sizeof ret->type, false },
        { 0 },
    };
    SR_TRY(json_fields(object, fields, why));
    return read_keys(roots, ret->root, GENESIS_ROOTS_MAX, &ret->n, why);
}

static enum sr_err read_types(const struct json *list, struct genesis_params *p, struct sr_why *why)
{
    for (const struct json *v = json_first(list); v; v = json_next(v))
        SR_TRY(read_type(v, &p->types[p->ntypes++], why));
    if (p->ntypes)
        qsort(p->types, p->ntypes, sizeof *p->types, by_name);
    return SR_OK;
}

static enum sr_err read_opnonce(struct span hex, struct genesis_file *f, struct sr_why *why)
{
    if (hex.n % 2 || hex.n == 0 || hex.n / 2 > sizeof f->opnonce ||
        hex_read(hex, f->opnonce, hex.n / 2) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "opnonce wants 1 to 64 bytes in hex");
    f->nopnonce = hex.n / 2;
    return SR_OK;
}

static enum sr_err read_object(const struct json *root, struct genesis_file *f, struct sr_why *why)
{
    struct genesis_params *p = &f->params;
    uint64_t version = 0;
    char mode[16];
    struct span opnonce = { 0 };
    const struct json *akcas, *operators, *recovery, *types, *witnesses;
    const struct json_field fields[] = {
        { "akcas", JSON_OBJECT, &akcas, 0, false },
        { "first_policy", JSON_HEX, p->first_policy.b, sizeof p->first_policy.b, false },
        { "mode", JSON_STR, mode, sizeof mode, false },
        { "operators", JSON_OBJECT, &operators, 0, false },
        { "opnonce", JSON_TEXT, &opnonce, 2 * GENESIS_OPNONCE_MAX, false },
        { "recovery", JSON_OBJECT, &recovery, 0, false },
        { "salt", JSON_HEX, p->salt, sizeof p->salt, false },
        { "types", JSON_ARRAY, &types, GENESIS_TYPES_MAX, false },
        { "version", JSON_U64, &version, 1, false },
        { "witnesses", JSON_OBJECT, &witnesses, 0, false },
        { 0 },
    };
    SR_TRY(json_fields(root, fields, why));
    if (version != 1)
        return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "version is not 1");
    if (strcmp(mode, sr_mode.name) != 0)
        return sr_fail(why, SR_EPROOF, R_GENESIS_MISMATCH, "a network of the other mode");
    SR_TRY(read_opnonce(opnonce, f, why));
    SR_TRY(read_set(akcas, &p->akcas, why));
    SR_TRY(read_set(operators, &p->operators, why));
    SR_TRY(read_set(witnesses, &p->witnesses, why));
    SR_TRY(read_recovery(recovery, &p->recovery, why));
    return read_types(types, p, why);
}

enum sr_err genesis_file_read(struct span text, struct genesis_file *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(buf) encoded = { 0 };
    struct genesis_file f = { 0 };
    if (text.n > GENESIS_FILE_MAX)
        return sr_fail(why, SR_ETOOBIG, R_GENESIS_FORMAT, "over 64 KiB");
    SR_TRY(json_parse(text, &doc, why));
    SR_TRY(read_object(json_root(&doc), &f, why));
    SR_TRY(
        genesis_params_encode(&f.params, &encoded, why)); /* which knows the rules of sets and thresholds */
    *ret = f;
    return SR_OK;
}

static void write_keys(struct buf *b, const void *keys, size_t n)
{
    const uint8_t(*at)[32] = keys;
    jw_name(b, "keys");
    jw_array(b);
    for (size_t i = 0; i < n; i++)
        jw_hex(b, (struct span){ at[i], 32 });
    jw_array_end(b);
}

static void write_set(struct buf *b, const char *name, const struct key_set *s)
{
    jw_name(b, name);
    jw_object(b);
    jw_member_u64(b, "k", s->k);
    write_keys(b, s->key, s->n);
    jw_object_end(b);
}

static void write_types(struct buf *b, const struct genesis_params *p)
{
    jw_name(b, "types");
    jw_array(b);
    for (size_t i = 0; i < p->ntypes; i++) {
        jw_object(b);
        jw_name(b, "roots");
        jw_array(b);
        for (size_t j = 0; j < p->types[i].n; j++)
            jw_hex(b, SPAN(p->types[i].root[j].b));
        jw_array_end(b);
        jw_member_text(b, "type", p->types[i].type);
        jw_object_end(b);
    }
    jw_array_end(b);
}

enum sr_err genesis_file_write(const struct genesis_file *f, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    const struct genesis_params *p = &f->params;
    jw_object(&b);
    write_set(&b, "akcas", &p->akcas);
    jw_member_hex(&b, "first_policy", SPAN(p->first_policy.b));
    jw_member_text(&b, "mode", sr_mode.name);
    write_set(&b, "operators", &p->operators);
    jw_member_hex(&b, "opnonce", (struct span){ f->opnonce, f->nopnonce });
    jw_name(&b, "recovery");
    jw_object(&b);
    write_keys(&b, p->recovery.key, p->recovery.n);
    jw_member_u64(&b, "t", p->recovery.t);
    jw_object_end(&b);
    jw_member_hex(&b, "salt", SPAN(p->salt));
    write_types(&b, p);
    jw_member_u64(&b, "version", 1);
    write_set(&b, "witnesses", &p->witnesses);
    jw_object_end(&b);
    wr_span(ret, buf_span(&b));
    return buf_ok(&b) && buf_ok(ret) ? SR_OK : SR_ENOMEM;
}
