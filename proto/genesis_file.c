#include "proto/genesis_file.h"
#include "crypto/mode.h"
#include "crypto/text.h"
#include "proto/json.h"

#include <assert.h>
#include <string.h>

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_GENESIS_FORMAT, "genesis.json: %s", what);
}

/* An array of 32-byte values in hex, at most max of them, into v. */
static enum sr_err read_hexes(const struct json *list, size_t max, uint8_t (*v)[32], size_t *ret_n,
                              struct sr_why *why)
{
    size_t n = 0;
    if (json_count(list) > max)
        return bad(why, "too many keys or roots");
    for (const struct json *one = json_first(list); one; one = json_next(one))
        if (hex_read(json_str(one), v[n++], 32) != SR_OK)
            return bad(why, "a key or root is not 64 hex digits");
    *ret_n = n;
    return SR_OK;
}

/* Keys, and how many of them count: k or t. */
static enum sr_err read_set(const struct json *object, const char *k_name, const struct json **ret_keys,
                            size_t *ret_k, struct sr_why *why)
{
    uint64_t k = 0;
    const struct json_field fields[] = {
        { k_name, JSON_U64, &k, GENESIS_KEYS_MAX, false },
        { "keys", JSON_ARRAY, ret_keys, GENESIS_KEYS_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(object, fields, why));
    *ret_k = (size_t)k;
    return SR_OK;
}

static enum sr_err read_key_set(const struct json *object, struct key_set *ret, struct sr_why *why)
{
    uint8_t v[GENESIS_KEYS_MAX][32];
    const struct json *keys = NULL;
    SR_TRY(read_set(object, "k", &keys, &ret->k, why));
    SR_TRY(read_hexes(keys, GENESIS_KEYS_MAX, v, &ret->n, why));
    memcpy(ret->key, v, ret->n * 32);
    return SR_OK;
}

static enum sr_err read_recovery(const struct json *object, struct holder_set *ret, struct sr_why *why)
{
    const struct json *keys = NULL;
    static_assert((int)HOLDERS_MAX == (int)GENESIS_KEYS_MAX, "read_set() counts for both");
    SR_TRY(read_set(object, "t", &keys, &ret->t, why));
    for (const struct json *one = json_first(keys); one; one = json_next(one))
        if (holder_text_read(json_str(one), &ret->v[ret->n++]) != SR_OK)
            return bad(why, "a recovery holder is not x25519:HEX, nor rsa-2048, -3072 or -4096:HEX");
    return SR_OK;
}

static enum sr_err read_roots(const struct json *list, struct genesis_params *p, struct sr_why *why)
{
    for (const struct json *one = json_first(list); one; one = json_next(one)) {
        struct type_roots *t = &p->types[p->ntypes];
        uint8_t v[GENESIS_ROOTS_MAX][32];
        const struct json *spki = NULL;
        const struct json_field fields[] = {
            { "type", JSON_STR, t->type, sizeof t->type, false },
            { "spki", JSON_ARRAY, &spki, GENESIS_ROOTS_MAX, false },
            { 0 },
        };
        SR_TRY(json_fields(one, fields, why));
        SR_TRY(read_hexes(spki, GENESIS_ROOTS_MAX, v, &t->n, why));
        memcpy(t->root, v, t->n * 32);
        p->ntypes++;
    }
    return SR_OK;
}

static enum sr_err read_opnonce(struct span hex, struct genesis_file *f, struct sr_why *why)
{
    f->opnonce_n = hex.n / 2;
    if (hex.n < 2 || hex.n % 2 || f->opnonce_n > GENESIS_OPNONCE_MAX ||
        hex_read(hex, f->opnonce, f->opnonce_n) != SR_OK)
        return bad(why, "opnonce is not 1 to 64 bytes in hex");
    return SR_OK;
}

static enum sr_err check_mode(const char *mode, struct sr_why *why)
{
    if (strcmp(mode, sr_mode.name) != 0)
        return sr_fail(why, SR_EPROOF, R_GENESIS_MISMATCH, "genesis.json: made for %s, this program is %s",
                       mode, sr_mode.name);
    return SR_OK;
}

/* What encodes and decodes again is what the rules of genesis.md allow. */
static enum sr_err check_rules(const struct genesis_params *p, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    return genesis_params_encode(p, &b, why);
}

enum sr_err genesis_file_read(struct span json, struct genesis_file *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    struct genesis_file f = { 0 };
    struct genesis_params *p = &f.params;
    const struct json *operators, *ak_cas, *witnesses, *recovery, *roots;
    struct span opnonce;
    char mode[16];
    uint64_t version = 0;
    const struct json_field fields[] = {
        { "version", JSON_U64, &version, 1, false },
        { "mode", JSON_STR, mode, sizeof mode, false },
        { "salt", JSON_HEX, p->salt, sizeof p->salt, false },
        { "opnonce", JSON_TEXT, &opnonce, 2 * GENESIS_OPNONCE_MAX, false },
        { "operators", JSON_OBJECT, &operators, 0, false },
        { "first_policy", JSON_HEX, p->first_policy.b, sizeof p->first_policy.b, false },
        { "roots", JSON_ARRAY, &roots, GENESIS_TYPES_MAX, false },
        { "ak_cas", JSON_OBJECT, &ak_cas, 0, false },
        { "witnesses", JSON_OBJECT, &witnesses, 0, false },
        { "recovery", JSON_OBJECT, &recovery, 0, false },
        { 0 },
    };
    SR_TRY(json_parse(json, &doc, why));
    SR_TRY(json_fields(json_root(&doc), fields, why));
    if (version != 1)
        return bad(why, "not version 1");
    SR_TRY(check_mode(mode, why));
    SR_TRY(read_opnonce(opnonce, &f, why));
    SR_TRY(read_key_set(operators, &p->operators, why));
    SR_TRY(read_key_set(ak_cas, &p->akcas, why));
    SR_TRY(read_key_set(witnesses, &p->witnesses, why));
    SR_TRY(read_recovery(recovery, &p->recovery, why));
    SR_TRY(read_roots(roots, p, why));
    SR_TRY(check_rules(p, why));
    *ret = f;
    return SR_OK;
}

static void write_roots(struct buf *b, const struct genesis_params *p)
{
    jw_name(b, "roots");
    jw_array(b);
    for (size_t i = 0; i < p->ntypes; i++) {
        jw_object(b);
        jw_name(b, "spki");
        jw_array(b);
        for (size_t j = 0; j < p->types[i].n; j++)
            jw_hex(b, SPAN(p->types[i].root[j].b));
        jw_array_end(b);
        jw_member_text(b, "type", p->types[i].type);
        jw_object_end(b);
    }
    jw_array_end(b);
}

static void write_keys(struct buf *b, const char *name, const struct key_set *set)
{
    jw_name(b, name);
    jw_object(b);
    jw_member_u64(b, "k", set->k);
    jw_name(b, "keys");
    jw_array(b);
    for (size_t i = 0; i < set->n; i++)
        jw_hex(b, SPAN(set->key[i].b));
    jw_array_end(b);
    jw_object_end(b);
}

static void write_recovery(struct buf *b, const struct holder_set *set)
{
    char text[HOLDER_TEXT_MAX];
    jw_name(b, "recovery");
    jw_object(b);
    jw_name(b, "keys");
    jw_array(b);
    for (size_t i = 0; i < set->n; i++) {
        holder_text(&set->v[i], text);
        jw_text(b, text);
    }
    jw_array_end(b);
    jw_member_u64(b, "t", set->t);
    jw_object_end(b);
}

enum sr_err genesis_file_write(const struct genesis_file *f, struct buf *ret, struct sr_why *why)
{
    const struct genesis_params *p = &f->params;
    SR_OWN(buf) b = { 0 };
    SR_TRY(check_rules(p, why));
    jw_object(&b);
    write_keys(&b, "ak_cas", &p->akcas);
    jw_member_hex(&b, "first_policy", SPAN(p->first_policy.b));
    jw_member_text(&b, "mode", sr_mode.name);
    write_keys(&b, "operators", &p->operators);
    jw_member_hex(&b, "opnonce", (struct span){ f->opnonce, f->opnonce_n });
    write_recovery(&b, &p->recovery);
    write_roots(&b, p);
    jw_member_hex(&b, "salt", SPAN(p->salt));
    jw_member_u64(&b, "version", 1);
    write_keys(&b, "witnesses", &p->witnesses);
    jw_object_end(&b);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    wr_span(ret, buf_span(&b));
    return SR_OK;
}
