#include "proto/json.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <stdlib.h>

static void wipe_free(void *p)
{
    if (p)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

/* Before main(), because cJSON keeps its hooks in a global, and a program that forgot to set them would work
 * just as well. Without a realloc hook cJSON copies and frees, so nothing moves unwiped. */
__attribute__((constructor)) static void set_hooks(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){ malloc, wipe_free });
}

static const cJSON *node(const struct json *v)
{
    return (const cJSON *)v;
}

static const struct json *wrap(const cJSON *v)
{
    return (const struct json *)v;
}

void json_doc_drop(struct json_doc *d)
{
    cJSON_Delete(d->tree);
    d->tree = NULL;
}

/* What the scanner passed cJSON reads the same way, so a failure here is memory or a bug. */
enum sr_err json_parse(struct span text, struct json_doc *ret, struct sr_why *why)
{
    SR_TRY(json_check(text, why));
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts((const char *)text.p, text.n, &end, false);
    if (!tree)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "JSON: no tree");
    *ret = (struct json_doc){ tree };
    return SR_OK;
}

const struct json *json_root(const struct json_doc *d)
{
    return d->tree;
}

enum json_type json_type(const struct json *v)
{
    if (cJSON_IsString(node(v)))
        return JSON_STR;
    if (cJSON_IsNumber(node(v)))
        return JSON_U64;
    if (cJSON_IsBool(node(v)))
        return JSON_BOOL;
    if (cJSON_IsArray(node(v)))
        return JSON_ARRAY;
    return cJSON_IsObject(node(v)) ? JSON_OBJECT : JSON_END;
}

const struct json *json_first(const struct json *v)
{
    enum json_type t = json_type(v);
    return t == JSON_ARRAY || t == JSON_OBJECT ? wrap(node(v)->child) : NULL;
}

const struct json *json_next(const struct json *v)
{
    return v ? wrap(node(v)->next) : NULL;
}

size_t json_count(const struct json *v)
{
    size_t n = 0;
    for (const struct json *e = json_first(v); e; e = json_next(e))
        n++;
    return n;
}

struct span json_name(const struct json *member)
{
    return span_of(member ? node(member)->string : NULL);
}

const struct json *json_get(const struct json *object, const char *name)
{
    for (const struct json *m = json_first(object); m; m = json_next(m))
        if (node(m)->string && span_eq(json_name(m), span_of(name)))
            return m;
    return NULL;
}

struct span json_str(const struct json *v)
{
    return cJSON_IsString(node(v)) ? span_of(node(v)->valuestring) : (struct span){ 0 };
}

uint64_t json_u64(const struct json *v)
{
    return cJSON_IsNumber(node(v)) ? (uint64_t)node(v)->valuedouble : 0; /* exact: the scanner's limit */
}

bool json_bool(const struct json *v)
{
    return cJSON_IsTrue(node(v));
}
