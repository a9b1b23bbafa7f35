#include "client/cli.h"
#include "client/keyfile.h"
#include "client/keyfile_pem.h"
#include "crypto/text.h"

#include <string.h>

static enum sr_err no_holder(const char *path, struct sr_why *why)
{
    return sr_fail(
        why, SR_EFORMAT, R_RECOVERY_HOLDER,
        "%.80s: a recovery holder's key is X25519 or Ed25519 in PEM, or x25519:HEX or ed25519:HEX; not RSA",
        path);
}

static enum sr_err from_ed25519(const char *path, const struct sign_pub *pub, struct kem_pub *ret,
                                struct sr_why *why)
{
    if (kem_sign_pub(pub, ret) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_RECOVERY_HOLDER, "%.80s: no point of the curve's group", path);
    return SR_OK;
}

/* What stands behind the prefix; empty when it is another. */
static struct span after(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 ? span_of(text + n) : (struct span){ 0 };
}

enum sr_err keyfile_read_holder_pub(const char *path_or_hex, struct kem_pub *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(key) k = { 0 };
    struct sign_pub ed;
    struct span x = after(path_or_hex, "x25519:"), e = after(path_or_hex, "ed25519:");
    if (x.n)
        return hex_read(x, ret->b, sizeof ret->b) == SR_OK ? SR_OK : no_holder(path_or_hex, why);
    if (e.n)
        return hex_read(e, ed.b, sizeof ed.b) == SR_OK ? from_ed25519(path_or_hex, &ed, ret, why)
                                                       : no_holder(path_or_hex, why);
    SR_TRY(cli_read_file(path_or_hex, KEYFILE_MAX, &text, why));
    if (keyfile_pem_read(&keyfile_x25519_public, buf_span(&text), &k) == SR_OK) {
        memcpy(ret->b, k.b, sizeof ret->b);
        return SR_OK;
    }
    if (keyfile_pem_read(&keyfile_ed25519_public, buf_span(&text), &k) != SR_OK)
        return no_holder(path_or_hex, why);
    memcpy(ed.b, k.b, sizeof ed.b);
    return from_ed25519(path_or_hex, &ed, ret, why);
}

enum sr_err keyfile_read_holder(const char *path, struct kem_key *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(key) k = { 0 };
    SR_OWN(sign_key) ed = { 0 };
    struct sign_pub ed_pub;
    SR_TRY(cli_read_secret(path, KEYFILE_MAX, &text, why));
    if (keyfile_pem_read(&keyfile_x25519_private, buf_span(&text), &k) == SR_OK) {
        memcpy(ret->b, k.b, sizeof ret->b);
        return SR_OK;
    }
    if (keyfile_pem_read(&keyfile_ed25519_private, buf_span(&text), &k) != SR_OK)
        return no_holder(path, why);
    sign_from_seed(&k, &ed, &ed_pub);
    return kem_sign_key(&ed, ret);
}
