#include "client/keyfile.h"
#include "client/cli.h"
#include "crypto/text.h"

#include <string.h>

/* The DER in front of the 32 key bytes never varies (RFC 8410: no parameters, no attributes). */
static const uint8_t private_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                        0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
static const uint8_t public_head[] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};

struct pem {
    const char *begin, *end;
    struct span head;
};

static const struct pem private_pem = { "-----BEGIN PRIVATE KEY-----\n",
                                        "\n-----END PRIVATE KEY-----\n",
                                        { private_head, sizeof private_head } };
static const struct pem public_pem = { "-----BEGIN PUBLIC KEY-----\n",
                                       "\n-----END PUBLIC KEY-----\n",
                                       { public_head, sizeof public_head } };

static void pem_write(struct buf *b, const struct pem *pem, struct span key)
{
    SR_OWN(buf) der = { 0 };
    wr_span(&der, pem->head);
    wr_span(&der, key);
    wr_text(b, pem->begin);
    wr_base64(b, buf_span(&der));
    wr_text(b, pem->end);
}

static enum sr_err pem_read(const struct pem *pem, struct span text, struct key *ret)
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

enum { KEYFILE_MAX = 1024 };

enum sr_err keyfile_read(const char *path, struct sign_key *ret, struct sign_pub *ret_pub, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(key) seed = { 0 };
    SR_TRY(cli_read_secret(path, KEYFILE_MAX, &text, why));
    if (pem_read(&private_pem, buf_span(&text), &seed) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: not an Ed25519 private key in PEM", path);
    sign_from_seed(&seed, ret, ret_pub);
    return SR_OK;
}

enum sr_err keyfile_read_pub(const char *path_or_hex, struct sign_pub *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(key) k = { 0 };
    if (hex_read(span_of(path_or_hex), ret->b, sizeof ret->b) == SR_OK)
        return SR_OK;
    SR_TRY(cli_read_file(path_or_hex, KEYFILE_MAX, &text, why));
    if (pem_read(&public_pem, buf_span(&text), &k) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: not an Ed25519 public key in PEM, nor 64 hex digits",
                       path_or_hex);
    memcpy(ret->b, k.b, sizeof ret->b);
    return SR_OK;
}

enum sr_err keyfile_make(const char *path, const char *pub_path, struct sign_pub *ret_pub, struct sr_why *why)
{
    SR_OWN(key) seed = { 0 };
    SR_OWN(sign_key) key = { 0 };
    SR_OWN(buf) private_text = { 0 };
    SR_OWN(buf) public_text = { 0 };
    struct sign_pub pub;
    random_fill(seed.b, sizeof seed.b);
    sign_from_seed(&seed, &key, &pub);
    pem_write(&private_text, &private_pem, key_span(&seed));
    pem_write(&public_text, &public_pem, SPAN(pub.b));
    if (!buf_ok(&private_text) || !buf_ok(&public_text))
        return SR_ENOMEM;
    SR_TRY(cli_write_file(path, 0600, buf_span(&private_text), why));
    SR_TRY(cli_write_file(pub_path, 0644, buf_span(&public_text), why));
    *ret_pub = pub;
    return SR_OK;
}
