#include "client/cli.h"
#include "client/keyfile.h"
#include "client/keyfile_pem.h"
#include "crypto/cert.h"
#include "crypto/text.h"

#include <string.h>

static enum sr_err no_holder(const char *path, struct sr_why *why)
{
    return sr_fail(
        why, SR_EFORMAT, R_RECOVERY_HOLDER,
        "%.80s: not X25519, Ed25519 or RSA (2048, 3072, 4096 bits, exponent 65537) in PEM, nor KIND:HEX",
        path);
}

static enum sr_err from_ed25519(const struct sign_pub *ed, struct holder *ret)
{
    struct kem_pub pub;
    struct holder h = { .kind = HOLDER_X25519 };
    SR_TRY(kem_sign_pub(ed, &pub));
    memcpy(h.key, pub.b, sizeof pub.b);
    *ret = h;
    return SR_OK;
}

/* A file's name may have a colon too. */
static bool says_kind(const char *text)
{
    static const char *const starts[] = { "x25519:", "ed25519:", "rsa-2048:", "rsa-3072:", "rsa-4096:" };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static enum sr_err from_text(const char *text, struct holder *ret)
{
    static const char prefix[] = "ed25519:";
    struct sign_pub ed;
    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return holder_text_read(span_of(text), ret);
    SR_TRY(hex_read(span_of(text + sizeof prefix - 1), ed.b, sizeof ed.b));
    return from_ed25519(&ed, ret);
}

/* One PEM block of that label and nothing else. */
static enum sr_err one_block(struct span text, struct span label, struct buf *ret)
{
    struct span name;
    SR_OWN(buf) der = { 0 };
    SR_OWN(buf) rest = { 0 };
    SR_TRY(cert_pem_next(&text, &name, &der));
    if (!span_eq(name, label) || cert_pem_next(&text, &name, &rest) != SR_ENOENT)
        return SR_EFORMAT;
    *ret = SR_TAKE(der);
    return SR_OK;
}

static enum sr_err from_pem(struct span text, struct holder *ret)
{
    SR_OWN(buf) der = { 0 };
    SR_OWN(key) k = { 0 };
    struct sign_pub ed;
    if (keyfile_pem_read(&keyfile_ed25519_public, text, &k) == SR_OK) {
        memcpy(ed.b, k.b, sizeof ed.b);
        return from_ed25519(&ed, ret);
    }
    SR_TRY(one_block(text, SPAN_STR("PUBLIC KEY"), &der));
    return holder_spki_read(buf_span(&der), ret);
}

enum sr_err keyfile_read_holder_pub(const char *path_or_text, struct holder *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    struct holder h;
    if (!says_kind(path_or_text))
        SR_TRY(cli_read_file(path_or_text, KEYFILE_MAX, &text, why));
    if ((text.n ? from_pem(buf_span(&text), &h) : from_text(path_or_text, &h)) != SR_OK)
        return no_holder(path_or_text, why);
    if (holder_check(&h) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_HOLDER, "%.80s: a weak key: others open what it is sent",
                       path_or_text);
    *ret = h;
    return SR_OK;
}

static enum sr_err rsa_from_pem(struct span text, struct rsa_key *ret)
{
    static const struct span labels[] = { SPAN_STR("PRIVATE KEY"), SPAN_STR("RSA PRIVATE KEY") };
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        SR_OWN(buf) der = { 0 };
        if (one_block(text, labels[i], &der) == SR_OK)
            return rsa_key_read(buf_span(&der), ret);
    }
    return SR_EFORMAT;
}

static enum sr_err secret_from_pem(struct span text, struct holder_secret *ret)
{
    SR_OWN(key) k = { 0 };
    SR_OWN(sign_key) ed = { 0 };
    struct sign_pub ed_pub;
    if (keyfile_pem_read(&keyfile_x25519_private, text, &k) == SR_OK) {
        memcpy(ret->x25519.b, k.b, sizeof ret->x25519.b);
        ret->kind = HOLDER_SECRET_X25519;
        return SR_OK;
    }
    if (keyfile_pem_read(&keyfile_ed25519_private, text, &k) != SR_OK) {
        ret->kind = HOLDER_SECRET_RSA;
        return rsa_from_pem(text, &ret->rsa);
    }
    sign_from_seed(&k, &ed, &ed_pub);
    ret->kind = HOLDER_SECRET_X25519;
    return kem_sign_key(&ed, &ret->x25519);
}

enum sr_err keyfile_read_holder(const char *path, struct holder_secret *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(holder_secret) s = { 0 };
    struct holder pub;
    SR_TRY(cli_read_secret(path, KEYFILE_MAX, &text, why));
    if (secret_from_pem(buf_span(&text), &s) != SR_OK || holder_secret_pub(&s, &pub) != SR_OK)
        return no_holder(path, why);
    *ret = SR_TAKE(s);
    return SR_OK;
}

static enum sr_err read_seed(const char *path, struct holder_secret *ret, struct sr_why *why)
{
    SR_OWN(buf) seed = { 0 };
    SR_TRY(cli_read_secret(path, KEYFILE_MAX, &seed, why));
    if (seed.n != sizeof ret->seed.b)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_HOLDER, "%.80s: %zu bytes; a decrypted seed has 32", path,
                       seed.n);
    *ret = (struct holder_secret){ .kind = HOLDER_SECRET_SEED };
    memcpy(ret->seed.b, seed.p, sizeof ret->seed.b);
    return SR_OK;
}

enum sr_err keyfile_read_holder_source(const struct holder_source *from, struct holder_secret *ret,
                                       struct sr_why *why)
{
    return from->seed ? read_seed(from->seed, ret, why) : keyfile_read_holder(from->key, ret, why);
}
