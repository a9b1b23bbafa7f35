#include "proto/evidence/intel_json.h"

#include <string.h>

const struct json *ij_any(struct intel_json *r, const struct json *object, const char *name)
{
    const struct json *v = json_get(object, name);
    if (!v)
        r->bad = true;
    return v;
}

const struct json *ij_array(struct intel_json *r, const struct json *object, const char *name, size_t max)
{
    const struct json *v = ij_any(r, object, name);
    if (json_type(v) != JSON_ARRAY || json_count(v) > max)
        r->bad = true;
    return r->bad ? NULL : v;
}

struct span ij_text(struct intel_json *r, const struct json *object, const char *name)
{
    const struct json *v = ij_any(r, object, name);
    if (json_type(v) != JSON_STR)
        r->bad = true;
    return r->bad ? (struct span){ 0 } : json_str(v);
}

uint64_t ij_u64(struct intel_json *r, const struct json *object, const char *name, uint64_t max)
{
    const struct json *v = ij_any(r, object, name);
    if (json_type(v) != JSON_U64 || json_u64(v) > max)
        r->bad = true;
    return r->bad ? 0 : json_u64(v);
}

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void ij_hex(struct intel_json *r, const struct json *object, const char *name, uint8_t *ret, size_t n)
{
    struct span s = ij_text(r, object, name);
    memset(ret, 0, n);
    if (s.n != 2 * n)
        r->bad = true;
    for (size_t i = 0; !r->bad && i < n; i++) {
        int high = digit(s.p[2 * i]), low = digit(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            r->bad = true;
        else
            ret[i] = (uint8_t)(high << 4 | low);
    }
}

time_t ij_time(struct intel_json *r, const struct json *object, const char *name)
{
    char text[21] = { 0 }, again[21];
    struct tm tm = { 0 };
    struct span s = ij_text(r, object, name);
    if (s.n != sizeof text - 1)
        r->bad = true;
    if (r->bad)
        return 0;
    memcpy(text, s.p, s.n);
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    time_t t = timegm(&tm);
    /* A 31st of February does not come out as it went in. */
    if (!end || *end || !gmtime_r(&t, &tm) ||
        strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", &tm) != s.n || strcmp(again, text) != 0)
        r->bad = true;
    return r->bad ? 0 : t;
}
