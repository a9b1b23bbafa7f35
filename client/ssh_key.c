#include "client/ssh_key.h"

#include "crypto/text.h"

#include <string.h>

#define KIND SPAN_STR("ssh-ed25519")

void ssh_key_blob(const struct sign_pub *pub, struct buf *ret)
{
    wr_lp(ret, KIND);
    wr_lp(ret, SPAN(pub->b));
}

enum sr_err ssh_key_blob_read(struct span blob, struct sign_pub *ret)
{
    struct reader r = rd_init(blob);
    struct span kind = rd_lp(&r, KIND.n), key = rd_lp(&r, sizeof ret->b);
    if (!rd_end(&r) || !span_eq(kind, KIND) || key.n != sizeof ret->b)
        return SR_EFORMAT;
    memcpy(ret->b, key.p, sizeof ret->b);
    return SR_OK;
}

/* Up to the next space; the rest begins behind it. */
static struct span word(struct span *rest)
{
    const uint8_t *space = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
    struct span w = { rest->p, space ? (size_t)(space - rest->p) : rest->n };
    *rest = (struct span){ rest->p + w.n + (space != NULL), rest->n - w.n - (space != NULL) };
    return w;
}

/* A comment is whatever people write there, but of one line. */
static bool one_line(struct span s)
{
    return !s.n || (!memchr(s.p, '\n', s.n) && !memchr(s.p, '\r', s.n) && !memchr(s.p, 0, s.n));
}

enum sr_err ssh_key_line_read(struct span line, struct sign_pub *ret)
{
    SR_OWN(buf) blob = { 0 };
    if (line.n && line.p[line.n - 1] == '\n')
        line.n--;
    if (line.n > SSH_KEY_LINE_MAX || !one_line(line) || !span_eq(word(&line), KIND))
        return SR_EFORMAT;
    SR_TRY(base64_read(word(&line), &blob));
    return ssh_key_blob_read(buf_span(&blob), ret);
}

void ssh_key_fingerprint(const struct sign_pub *pub, char ret[SSH_KEY_FINGERPRINT])
{
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) text = { 0 };
    ssh_key_blob(pub, &blob);
    struct sha256 hash = sha256(buf_span(&blob));
    wr_text(&text, "SHA256:");
    wr_base64(&text, SPAN(hash.b)); /* ends in one padding character, which SSH leaves out */
    memset(ret, 0, SSH_KEY_FINGERPRINT);
    if (buf_ok(&text))
        memcpy(ret, text.p, SSH_KEY_FINGERPRINT - 1);
}
