#include "crypto/text.h"
#include "proto/note.h"

#include <string.h>

enum { KEY_ID = 4 };

/* C2SP allows more of Unicode; nothing of ours needs it and look-alikes help nobody. */
static bool is_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '+')
            return false;
    return s.n >= 1 && s.n <= NOTE_NAME_MAX;
}

enum sr_err note_key_of(const char *name, enum note_type type, const struct sign_pub *pub,
                        struct note_key *ret)
{
    struct span s = span_of(name);
    if (!is_name(s))
        return SR_EFORMAT;
    *ret = (struct note_key){ .type = type, .pub = *pub };
    memcpy(ret->name, s.p, s.n);
    return SR_OK;
}

uint32_t note_key_id(const struct note_key *k)
{
    SR_OWN(buf) b = { 0 };
    wr_text(&b, k->name);
    wr_u8(&b, '\n');
    wr_u8(&b, (uint8_t)k->type);
    wr_span(&b, SPAN(k->pub.b));
    struct sha256 d = sha256(buf_span(&b));
    struct reader r = rd_init(SPAN(d.b));
    return rd_u32be(&r);
}

void note_key_write(const struct note_key *k, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    wr_u8(&b, (uint8_t)k->type);
    wr_span(&b, SPAN(k->pub.b));
    wr_fmt(ret, "%s+%08x+", k->name, (unsigned)note_key_id(k));
    wr_base64(ret, buf_span(&b));
}

/* Cuts the front of s off before the first '+', which goes too. */
static struct span field(struct span *s)
{
    const uint8_t *plus = s->n ? memchr(s->p, '+', s->n) : NULL;
    if (!plus)
        return (struct span){ 0 };
    struct span front = { s->p, (size_t)(plus - s->p) };
    *s = (struct span){ plus + 1, s->n - front.n - 1 };
    return front;
}

static enum sr_err material(struct span base64, struct note_key *ret)
{
    SR_OWN(buf) b = { 0 };
    SR_TRY(base64_read(base64, &b));
    struct reader r = rd_init(buf_span(&b));
    uint8_t type = rd_u8(&r);
    rd_copy(&r, ret->pub.b, sizeof ret->pub.b);
    if (!rd_end(&r) || (type != NOTE_ED25519 && type != NOTE_COSIGNATURE))
        return SR_EFORMAT;
    ret->type = type;
    return SR_OK;
}

enum sr_err note_key_read(struct span s, struct note_key *ret)
{
    struct span name = field(&s), id = field(&s);
    uint8_t want[KEY_ID];
    struct note_key k = { 0 };
    if (!is_name(name))
        return SR_EFORMAT;
    SR_TRY(hex_read(id, want, sizeof want));
    SR_TRY(material(s, &k));
    memcpy(k.name, name.p, name.n);
    struct reader r = rd_init(SPAN(want));
    if (rd_u32be(&r) != note_key_id(&k))
        return SR_EFORMAT;
    *ret = k;
    return SR_OK;
}
