#include "client/keyfile.h"
#include "client/cli.h"
#include "client/keyfile_pem.h"
#include "client/ssh_key.h"
#include "crypto/text.h"

#include <string.h>

enum sr_err keyfile_read(const char *path, struct sign_key *ret, struct sign_pub *ret_pub, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(key) seed = { 0 };
    SR_TRY(cli_read_secret(path, KEYFILE_MAX, &text, why));
    if (keyfile_pem_read(&keyfile_ed25519_private, buf_span(&text), &seed) != SR_OK)
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
    if (strncmp(path_or_hex, "ssh-", 4) == 0 && ssh_key_line_read(span_of(path_or_hex), ret) == SR_OK)
        return SR_OK;
    SR_TRY(cli_read_file(path_or_hex, KEYFILE_MAX, &text, why));
    if (ssh_key_line_read(buf_span(&text), ret) == SR_OK)
        return SR_OK;
    if (keyfile_pem_read(&keyfile_ed25519_public, buf_span(&text), &k) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG,
                       "%.80s: not an Ed25519 public key in PEM or of SSH, nor 64 hex digits", path_or_hex);
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
    keyfile_pem_write(&private_text, &keyfile_ed25519_private, key_span(&seed));
    keyfile_pem_write(&public_text, &keyfile_ed25519_public, SPAN(pub.b));
    if (!buf_ok(&private_text) || !buf_ok(&public_text))
        return SR_ENOMEM;
    SR_TRY(cli_write_file(path, 0600, buf_span(&private_text), why));
    SR_TRY(cli_write_file(pub_path, 0644, buf_span(&public_text), why));
    *ret_pub = pub;
    return SR_OK;
}
