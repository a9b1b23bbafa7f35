#include "client/keyfile_pem.h"

#include "crypto/text.h"

#define PRIVATE_HEAD(kind)                                                                                   \
    {                                                                                                        \
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, kind, 0x04, 0x22, 0x04, 0x20       \
    }
#define PUBLIC_HEAD(kind)                                                                                    \
    {                                                                                                        \
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, kind, 0x03, 0x21, 0x00                               \
    }
#define PRIVATE_LINES "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"
#define PUBLIC_LINES  "-----BEGIN PUBLIC KEY-----\n", "\n-----END PUBLIC KEY-----\n"

/* The last byte of the object identifiers 1.3.101.110 and 1.3.101.112 (RFC 8410, section 3). */
enum { X25519 = 0x6e, ED25519 = 0x70 };

static const uint8_t ed25519_private[] = PRIVATE_HEAD(ED25519);
static const uint8_t ed25519_public[] = PUBLIC_HEAD(ED25519);
static const uint8_t x25519_private[] = PRIVATE_HEAD(X25519);

const struct keyfile_pem keyfile_ed25519_private = { PRIVATE_LINES,
                                                     { ed25519_private, sizeof ed25519_private } };
const struct keyfile_pem keyfile_ed25519_public = { PUBLIC_LINES, { ed25519_public, sizeof ed25519_public } };
const struct keyfile_pem keyfile_x25519_private = { PRIVATE_LINES,
                                                    { x25519_private, sizeof x25519_private } };

void keyfile_pem_write(struct buf *b, const struct keyfile_pem *pem, struct span key)
{
    SR_OWN(buf) der = { 0 };
    wr_span(&der, pem->head);
    wr_span(&der, key);
    wr_text(b, pem->begin);
    wr_base64(b, buf_span(&der));
    wr_text(b, pem->end);
}

enum sr_err keyfile_pem_read(const struct keyfile_pem *pem, struct span text, struct key *ret)
{
    struct reader r = rd_init(text);
    struct span begin = span_of(pem->begin), end = span_of(pem->end);
    if (text.n < begin.n + end.n)
        return SR_EFORMAT;
    bool framed = span_eq(rd_span(&r, begin.n), begin);
    struct span body = rd_span(&r, text.n - begin.n - end.n);
    framed = framed && span_eq(rd_span(&r, end.n), end);
    if (!framed || !rd_end(&r))
        return SR_EFORMAT;

    SR_OWN(buf) der = { 0 };
    SR_TRY(base64_read(body, &der));
    struct reader d = rd_init(buf_span(&der));
    bool headed = span_eq(rd_span(&d, pem->head.n), pem->head);
    SR_OWN(key) k = { 0 };
    rd_copy(&d, k.b, sizeof k.b);
    if (!headed || !rd_end(&d))
        return SR_EFORMAT;
    *ret = SR_TAKE(k);
    return SR_OK;
}
