#include "proto/glob.h"

static bool name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* The first segment of *rest, which then starts after its '/'. False after the last. */
static bool segment(struct span *rest, struct span *ret)
{
    if (rest->p == NULL)
        return false;
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '/')
        n++;
    *ret = (struct span){ rest->p, n };
    *rest = n < rest->n ? (struct span){ rest->p + n + 1, rest->n - n - 1 } : (struct span){ 0 };
    return true;
}

static bool dots(struct span s)
{
    return span_eq(s, SPAN_STR(".")) || span_eq(s, SPAN_STR(".."));
}

static bool segment_ok(struct span s, bool stars)
{
    for (size_t i = 0; i < s.n; i++)
        if (!name_char(s.p[i]) && !(stars && s.p[i] == '*' && !(i > 0 && s.p[i - 1] == '*')))
            return false;
    return s.n > 0 && !dots(s);
}

static bool any_depth(struct span s)
{
    return span_eq(s, SPAN_STR("**"));
}

static bool segments_ok(struct span s, bool stars)
{
    struct span one;
    if (s.n == 0 || s.n > GLOB_PATH_MAX)
        return false;
    for (struct span rest = s; segment(&rest, &one);)
        if (!segment_ok(one, stars) && !(stars && rest.p == NULL && any_depth(one)))
            return false;
    return true;
}

bool glob_path_ok(struct span path)
{
    return segments_ok(path, false);
}

bool glob_ok(struct span pattern)
{
    return segments_ok(pattern, true);
}

bool glob_tenant_ok(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!name_char(name.p[i]) || name.p[i] == '.' || name.p[i] == '_')
            return false;
    return name.n > 0 && name.n <= GLOB_TENANT_MAX && name.p[0] != '-' && name.p[name.n - 1] != '-';
}

/* Within one segment. On a mismatch the last star takes one character more: earlier ones never need to, so
 * the time is at most the product of the lengths. */
static bool segment_match(struct span pattern, struct span s)
{
    size_t p = 0, i = 0, star = pattern.n, from = 0;
    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = i;
        } else if (p < pattern.n && pattern.p[p] == s.p[i]) {
            p++;
            i++;
        } else if (star < pattern.n) {
            p = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool glob_match(struct span pattern, struct span path)
{
    struct span p, s;
    if (!glob_ok(pattern) || !glob_path_ok(path))
        return false;
    while (segment(&pattern, &p)) {
        if (!segment(&path, &s))
            return false;
        if (any_depth(p))
            return true; /* it is the last, and what is left of the path is one segment or more */
        if (!segment_match(p, s))
            return false;
    }
    return path.p == NULL;
}
