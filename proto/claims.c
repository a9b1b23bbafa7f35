#include "proto/claims.h"
#include "crypto/text.h"

#include <string.h>

static bool name_char_ok(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static bool name_ok(const char *name)
{
    size_t n = 0;
    while (n < CLAIM_NAME_SIZE && name[n] && name_char_ok(name[n]))
        n++;
    return n > 0 && n < CLAIM_NAME_SIZE && name[n] == 0;
}

static bool text_ok(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7e)
            return false;
    return text.n < CLAIM_TEXT_SIZE;
}

/* The next free claim, or NULL and a bad list. */
static struct claim *next(struct claims *c, const char *name, enum claim_kind kind)
{
    if (!name_ok(name) || c->n == CLAIMS_MAX || claims_find(c, span_of(name)))
        c->bad = true;
    if (c->bad)
        return NULL;
    struct claim *one = &c->c[c->n++];
    *one = (struct claim){ .kind = kind };
    memcpy(one->name, name, strlen(name));
    return one;
}

void claims_clear(struct claims *c)
{
    c->n = 0;
    c->bad = false;
}

void claims_copy(struct claims *ret, const struct claims *from)
{
    memcpy(ret->c, from->c, from->n * sizeof *from->c);
    ret->n = from->n;
    ret->bad = from->bad;
}

void claims_put_text(struct claims *c, const char *name, struct span text)
{
    if (!text_ok(text))
        c->bad = true;
    struct claim *one = next(c, name, CLAIM_TEXT);
    if (one && text.n)
        memcpy(one->text, text.p, text.n);
}

void claims_put_hex(struct claims *c, const char *name, struct span binary)
{
    char text[CLAIM_TEXT_SIZE];
    if (binary.n * 2 >= sizeof text) {
        c->bad = true;
        return;
    }
    hex_text(binary, text);
    claims_put_text(c, name, span_of(text));
}

void claims_put_uint(struct claims *c, const char *name, uint64_t value)
{
    struct claim *one = next(c, name, CLAIM_UINT);
    if (one)
        one->num = value;
}

void claims_put_bool(struct claims *c, const char *name, bool value)
{
    struct claim *one = next(c, name, CLAIM_BOOL);
    if (one)
        one->num = value;
}

void claims_put(struct claims *c, const struct claim *one)
{
    switch (one->kind) {
    case CLAIM_TEXT: claims_put_text(c, one->name, span_of(one->text)); return;
    case CLAIM_UINT: claims_put_uint(c, one->name, one->num); return;
    case CLAIM_BOOL: claims_put_bool(c, one->name, one->num != 0); return;
    }
    c->bad = true;
}

bool claims_ok(const struct claims *c)
{
    return !c->bad;
}

/* Names are padded with NULs: one comparison, no length to be found. */
const struct claim *claims_find(const struct claims *c, struct span name)
{
    char padded[CLAIM_NAME_SIZE] = { 0 };
    if (c->bad || name.n == 0 || name.n >= sizeof padded || memchr(name.p, 0, name.n))
        return NULL;
    memcpy(padded, name.p, name.n);
    for (size_t i = 0; i < c->n; i++)
        if (c->c[i].name[name.n - 1] == padded[name.n - 1] &&
            memcmp(c->c[i].name, padded, sizeof padded) == 0)
            return &c->c[i];
    return NULL;
}
