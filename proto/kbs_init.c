/* Init-data: what the host gave the guest at its launch, and what the launch measured of it. */
#include "proto/kbs.h"

#include "crypto/text.h"

#include <openssl/sha.h>
#include <string.h>

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_INIT_DATA, "init-data: %s", what);
}

static struct span trim(struct span s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (struct span){ s.p + 1, s.n - 1 };
    while (s.n && strchr(" \t\r", s.p[s.n - 1]))
        s.n--;
    return s;
}

static struct span next_line(struct span *rest)
{
    const uint8_t *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    struct span one = { rest->p, lf ? (size_t)(lf - rest->p) : rest->n };
    size_t used = one.n + (lf ? 1 : 0);
    *rest = (struct span){ rest->p + used, rest->n - used };
    return trim(one);
}

/* The value of `algorithm = "..."` among the keys before the first table: that is all of TOML that we read.
 */
static bool find_algorithm(struct span text, struct span *ret)
{
    bool found = false;
    for (struct span rest = text; rest.n;) {
        struct span line = next_line(&rest);
        const uint8_t *eq = line.n ? memchr(line.p, '=', line.n) : NULL;
        if (line.n && *line.p == '[')
            break;
        if (!eq || !span_eq(trim((struct span){ line.p, (size_t)(eq - line.p) }), SPAN_STR("algorithm")))
            continue;
        struct span v = trim((struct span){ eq + 1, line.n - (size_t)(eq - line.p) - 1 });
        if (found || v.n < 2 || (*v.p != '"' && *v.p != '\'') || v.p[v.n - 1] != *v.p)
            return false;
        *ret = (struct span){ v.p + 1, v.n - 2 };
        found = true;
    }
    return found;
}

enum sr_err kbs_init_digest(struct span text, struct kbs_init_digest *ret, struct sr_why *why)
{
    struct span name = { 0 };
    *ret = (struct kbs_init_digest){ 0 };
    if (!find_algorithm(text, &name))
        return bad(why, "no algorithm");
    if (span_eq(name, SPAN_STR("sha256")))
        ret->n = 32;
    else if (span_eq(name, SPAN_STR("sha384")))
        ret->n = 48;
    else if (span_eq(name, SPAN_STR("sha512")))
        ret->n = 64;
    else
        return bad(why, "an algorithm that is not taken");
    const uint8_t *p = text.n ? text.p : (const uint8_t *)"";
    (void)(ret->n == 32   ? SHA256(p, text.n, ret->b)
           : ret->n == 48 ? SHA384(p, text.n, ret->b)
                          : SHA512(p, text.n, ret->b));
    return SR_OK;
}

bool kbs_init_matches(const struct kbs_init_digest *d, struct span field)
{
    uint8_t want[64] = { 0 }, got[64];
    size_t n = field.n / 2;
    if (n < 32 || n > sizeof got || hex_read(field, got, n) != SR_OK)
        return false;
    memcpy(want, d->b, d->n < n ? d->n : n);
    return memcmp(want, got, n) == 0;
}
