#include "client/cli.h"
#include "client/commands.h"
#include "crypto/text.h"
#include "node/platform/measure.h"
#include "proto/json.h"

#include <string.h>

static enum sr_err take_config(const char *hex, struct sha256 *ret, struct sr_why *why)
{
    if (hex && hex_read(span_of(hex), ret->b, sizeof ret->b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--config-digest is 64 hex digits");
    return SR_OK;
}

static enum cli_exit print(struct cli *c, const struct reference *ref)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_hex(&out, "code", SPAN(ref->code.b));
        jw_member_hex(&out, "measurement", SPAN(ref->measurement.b));
        jw_object_end(&out);
    } else {
        wr_text(&out, "code ");
        wr_hex(&out, SPAN(ref->code.b));
        wr_text(&out, "\nmeasurement ");
        wr_hex(&out, SPAN(ref->measurement.b));
    }
    return cli_print(c, &out);
}

static enum cli_exit measure(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    const char *config_hex = NULL;
    struct option_list with = { 0 };
    struct sha256 config;
    struct reference ref;
    const char *paths[OPTION_LIST_MAX + 1];
    const struct option_row rows[] = {
        { "with", OPTION_LIST, &with, "FILE", "measured after the program, as sealring-launch --with", NULL,
          false },
        { "config-digest", OPTION_TEXT, &config_hex, "HEX", "as sealring-node --print-config-digest says",
          NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    paths[0] = args.v[0];
    memcpy(paths + 1, with.v, with.n * sizeof *paths);
    enum sr_err done = take_config(config_hex, &config, &why);
    if (done == SR_OK)
        done = measure_reference(paths, with.n + 1, config_hex ? &config : NULL, &ref, &why);
    return done == SR_OK ? print(c, &ref) : cli_fail(c, done, &why);
}

const struct command commands_measure[] = {
    { "measure", "PROGRAM", "the reference values of a build, for policy: claims code and measurement",
      "Prints what evidence will claim of PROGRAM once sealring-launch has started it: code, the SHA-256 of "
      "the\n"
      "file, and measurement, the whole of PCR 14 with all that was measured beside it.",
      measure },
    { 0 },
};
