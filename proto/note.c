#include "proto/note.h"

#include "crypto/text.h"

#include <string.h>

#define DASH "\xe2\x80\x94 " /* U+2014 and a space: how every signature line starts */
enum { DASH_N = sizeof DASH - 1, KEYS_MAX = 32, TIME_MAX_BITS = 63 };

struct line {
    struct span name;
    uint32_t id;
    struct buf sig; /* after the key id */
};

static void line_drop(struct line *l)
{
    buf_drop(&l->sig);
}

static bool is_text(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\n' && (s.p[i] < ' ' || s.p[i] > '~'))
            return false;
    return s.n > 0;
}

/* Up to the next stop byte, which is consumed and not returned; bad when there is none. */
static struct span until(struct reader *r, char stop)
{
    const uint8_t *at = rd_left(r) ? memchr(r->p, stop, rd_left(r)) : NULL;
    struct span s = rd_span(r, at ? (size_t)(at - r->p) : SIZE_MAX);
    (void)rd_u8(r);
    return s;
}

static enum sr_err read_line(struct reader *r, struct line *ret)
{
    struct span dash = rd_span(r, DASH_N);
    struct span name = until(r, ' '), base64 = until(r, '\n');
    if (r->bad || !span_eq(dash, SPAN_STR(DASH)) || !is_text(name) || name.n > NOTE_NAME_MAX ||
        memchr(name.p, '+', name.n) || memchr(name.p, '\n', name.n))
        return SR_EFORMAT;
    SR_OWN(buf) b = { 0 };
    SR_TRY(base64_read(base64, &b));
    struct reader in = rd_init(buf_span(&b));
    uint32_t id = rd_u32be(&in);
    if (in.bad || rd_left(&in) == 0)
        return SR_EFORMAT;
    *ret = (struct line){ .name = name, .id = id };
    wr_span(&ret->sig, rd_span(&in, rd_left(&in)));
    return buf_ok(&ret->sig) ? SR_OK : SR_ENOMEM;
}

/* Text and signatures are parted by the last empty line. */
static enum sr_err split(struct span note, struct span *ret_body, struct span *ret_lines)
{
    static const uint8_t gap[2] = { '\n', '\n' };
    const uint8_t *at = NULL;
    if (note.n > NOTE_MAX)
        return SR_EFORMAT;
    for (size_t i = 0; i + sizeof gap <= note.n; i++)
        if (memcmp(note.p + i, gap, sizeof gap) == 0)
            at = note.p + i;
    if (!at)
        return SR_EFORMAT;
    struct span body = { note.p, (size_t)(at - note.p) + 1 };
    if (!is_text(body))
        return SR_EFORMAT;
    *ret_body = body;
    *ret_lines = (struct span){ at + 2, note.n - body.n - 1 };
    return SR_OK;
}

static void cosigned_text(struct span body, uint64_t time, struct buf *ret)
{
    wr_fmt(ret, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
    wr_span(ret, body);
}

static enum sr_err check_cosignature(const struct note_key *k, struct span body, struct span sig,
                                     uint64_t *ret_time)
{
    struct reader r = rd_init(sig);
    struct sig s;
    uint64_t time = rd_u64be(&r);
    rd_copy(&r, s.b, sizeof s.b);
    if (!rd_end(&r) || time >> TIME_MAX_BITS)
        return SR_EPROOF;
    SR_OWN(buf) b = { 0 };
    cosigned_text(body, time, &b);
    if (!buf_ok(&b))
        return SR_ENOMEM;
    SR_TRY(sign_check_raw(&k->pub, buf_span(&b), &s));
    *ret_time = time;
    return SR_OK;
}

static enum sr_err check_plain(const struct note_key *k, struct span body, struct span sig)
{
    struct reader r = rd_init(sig);
    struct sig s;
    rd_copy(&r, s.b, sizeof s.b);
    return rd_end(&r) ? sign_check_raw(&k->pub, body, &s) : SR_EPROOF;
}

static enum sr_err check_line(const struct line *l, const struct note_key *keys, size_t n,
                              struct note_open *open)
{
    for (size_t i = 0; i < n; i++) {
        if (note_key_id(&keys[i]) != l->id || !span_eq(span_of(keys[i].name), l->name))
            continue;
        if (open->signers >> i & 1)
            return SR_EPROOF;
        if (keys[i].type == NOTE_COSIGNATURE)
            SR_TRY(check_cosignature(&keys[i], open->body, buf_span(&l->sig), &open->time[i]));
        else
            SR_TRY(check_plain(&keys[i], open->body, buf_span(&l->sig)));
        open->signers |= UINT32_C(1) << i;
    }
    return SR_OK;
}

enum sr_err note_open(struct span note, const struct note_key *keys, size_t n, struct note_open *ret,
                      struct sr_why *why)
{
    struct note_open open = { 0 };
    struct span lines;
    if (n > KEYS_MAX)
        return sr_fail(why, SR_EBUG, R_INTERNAL, "note: more than %d keys", KEYS_MAX);
    if (split(note, &open.body, &lines) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_NOTE_FORMAT, "note: no text and signatures");
    struct reader r = rd_init(lines);
    for (int i = 0; i < NOTE_SIGS_MAX && rd_left(&r); i++) {
        SR_OWN(line) l = { 0 };
        if (read_line(&r, &l) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_NOTE_FORMAT, "note: signature line %d is none", i + 1);
        if (check_line(&l, keys, n, &open) != SR_OK)
            return sr_fail(why, SR_EPROOF, R_NOTE_SIGNATURE, "note: signature line %d does not verify",
                           i + 1);
    }
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_NOTE_FORMAT, "note: over %d signatures", NOTE_SIGS_MAX);
    if (open.signers == 0)
        return sr_fail(why, SR_EPROOF, R_NOTE_SIGNATURE, "note: signed by no key that counts");
    *ret = open;
    return SR_OK;
}

static void put_line(const struct note_key *k, struct span sig, struct buf *ret)
{
    SR_OWN(buf) b = { 0 };
    wr_u32be(&b, note_key_id(k));
    wr_span(&b, sig);
    wr_fmt(ret, DASH "%s ", k->name);
    wr_base64(ret, buf_span(&b));
    wr_u8(ret, '\n');
    ret->bad |= b.bad;
}

void note_cosign(struct span body, const char *name, const struct sign_key *key, const struct sign_pub *pub,
                 uint64_t time, struct buf *ret)
{
    struct note_key k;
    SR_OWN(buf) text = { 0 }, sig = { 0 };
    cosigned_text(body, time, &text);
    if (note_key_of(name, NOTE_COSIGNATURE, pub, &k) != SR_OK || time >> TIME_MAX_BITS || !buf_ok(&text)) {
        ret->bad = true;
        return;
    }
    struct sig s = sign_raw(key, buf_span(&text));
    wr_u64be(&sig, time);
    wr_span(&sig, SPAN(s.b));
    put_line(&k, buf_span(&sig), ret);
}

void checkpoint_sign(const struct checkpoint *c, const struct sign_key *key, const struct sign_pub *pub,
                     struct buf *ret)
{
    struct note_key k;
    SR_OWN(buf) body = { 0 };
    checkpoint_write(c, &body);
    if (note_key_of(c->origin, NOTE_ED25519, pub, &k) != SR_OK || !buf_ok(&body)) {
        ret->bad = true;
        return;
    }
    struct sig s = sign_raw(key, buf_span(&body));
    wr_span(ret, buf_span(&body));
    wr_u8(ret, '\n');
    put_line(&k, SPAN(s.b), ret);
}
