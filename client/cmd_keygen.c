#include "client/cli.h"
#include "client/commands.h"
#include "client/keyfile.h"
#include "crypto/text.h"

#include <stdio.h>

static enum cli_exit keygen(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    struct sign_pub pub;
    char pub_path[4096];
    enum cli_exit e;
    SR_OWN(buf) out = { 0 };
    if (!cli_read(c, (const struct option_row[]){ { 0 } }, 1, 1, &args, &e))
        return e;
    if ((size_t)snprintf(pub_path, sizeof pub_path, "%s.pub", args.v[0]) >= sizeof pub_path)
        return cli_usage(c, "the name is too long");
    enum sr_err made = keyfile_make(args.v[0], pub_path, &pub, &why);
    if (made != SR_OK)
        return cli_fail(c, made, &why);
    if (cli_json(c))
        wr_text(&out, "{\"public\":\"");
    wr_hex(&out, SPAN(pub.b));
    if (cli_json(c))
        wr_text(&out, "\"}");
    return cli_print(c, &out);
}

const struct command commands_keygen[] = {
    { "keygen", "FILE",
      "make an Ed25519 key: FILE (private, 0600) and FILE.pub; print the public half in hex",
      "Makes the key of an operator, an AK-CA or a tenant's administrator: FILE in PKCS #8 PEM, readable by "
      "its\n"
      "owner alone, and FILE.pub. Prints the public half in hex, as policies and genesis files name it.",
      keygen },
    { 0 },
};
