/* Upgrades of a member's software and of the system under it: what will be measured, whether it may, and the
 * masters sealed ahead to it. */
#include "client/commands.h"
#include "client/preflight.h"
#include "crypto/text.h"
#include "node/platform/measure.h"

#include <stdlib.h>

/* ---- announce ---- */

struct announce_options {
    const char *config, *start, *out;
    struct option_list with, pcrs;
};

static enum sr_err take_file(const char *path, struct announcement *a, struct sr_why *why)
{
    if (a->nfiles >= ANNOUNCED_FILES_MAX)
        return sr_fail(why, SR_ETOOBIG, R_CONFIG, "at most %d files", ANNOUNCED_FILES_MAX);
    return measure_path(path, &a->file[a->nfiles++], why);
}

static enum sr_err take_digest(const char *hex, const char *option, struct sha256 *ret, bool *ret_has,
                               struct sr_why *why)
{
    *ret_has = hex != NULL;
    if (hex && hex_read(span_of(hex), ret->b, sizeof ret->b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "%s is 64 hex digits", option);
    return SR_OK;
}

/* INDEX=HEX; the order and the range are the announcement's own rules. */
static enum sr_err take_pcr(const char *text, struct announcement *a, struct sr_why *why)
{
    char *end = NULL;
    unsigned long index = strtoul(text, &end, 10);
    if (a->npcrs >= TPM_SELECTED || end == text || *end != '=' ||
        hex_read(span_of(end + 1), a->pcr[a->npcrs].value.b, sizeof(struct sha256)) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--pcr is INDEX=64 hex digits, rising");
    a->pcr[a->npcrs++].index = (unsigned)index;
    return SR_OK;
}

static enum sr_err announce_to_file(const char *program, const struct announce_options *o, struct sr_why *why)
{
    struct announcement a = { 0 }, again;
    SR_OWN(buf) text = { 0 };
    SR_TRY(take_file(program, &a, why));
    for (size_t i = 0; i < o->with.n; i++)
        SR_TRY(take_file(o->with.v[i], &a, why));
    for (size_t i = 0; i < o->pcrs.n; i++)
        SR_TRY(take_pcr(o->pcrs.v[i], &a, why));
    SR_TRY(take_digest(o->config, "--config-digest", &a.config, &a.has_config, why));
    SR_TRY(take_digest(o->start, "--start", &a.start, &a.has_start, why));
    announcement_write(&a, &text);
    SR_TRY(announcement_read(buf_span(&text), &again, why)); /* what nobody would read is not written */
    return cli_write_file(o->out, 0644, buf_span(&text), why);
}

static enum cli_exit announce(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct announce_options o = { 0 };
    const struct option_row rows[] = {
        { "config-digest", OPTION_TEXT, &o.config, "HEX", "as the new program's --print-config-digest says",
          NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "where the announcement goes; - is standard output", NULL,
          true },
        { "pcr", OPTION_LIST, &o.pcrs, "INDEX=HEX", "a boot PCR that will change, and its value then", NULL,
          false },
        { "start", OPTION_TEXT, &o.start, "HEX", "PCR 14 before the launcher, where firmware extends it",
          NULL, false },
        { "with", OPTION_LIST, &o.with, "FILE", "measured after the program, as sealring-launch --with", NULL,
          false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = announce_to_file(args.v[0], &o, &why);
    return done == SR_OK ? EXIT_DONE : cli_fail(c, done, &why);
}

/* ---- at the member's machine ---- */

static enum sr_err read_announcement(const char *path, struct announcement *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(cli_read_file(path, ANNOUNCEMENT_MAX, &text, why));
    return announcement_read(buf_span(&text), ret, why);
}

/* The administrator's socket; the owner frees it with http_client_free. */
static enum sr_err open_socket(const char *path, struct http_client **ret, struct sr_why *why)
{
    char base[128];
    if (snprintf(base, sizeof base, "unix:%s", path) >= (int)sizeof base)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--socket: the path is too long");
    enum sr_err e = http_client_new(&(struct http_client_options){ .base = base, .timeout_ms = 60000 }, ret);
    return e == SR_OK ? e : sr_fail(why, e, R_CONFIG, "--socket: no path of a socket");
}

static enum sr_err reseal_through(const char *socket, const struct announcement *a, struct sr_why *why)
{
    SR_OWN(buf) body = { 0 };
    SR_OWN(http_reply) reply = { 0 };
    struct http_client *http = NULL;
    announcement_write(a, &body);
    const struct http_call call = { .method = "POST",
                                    .path = "/sealring/v1/admin/reseal",
                                    .type = "application/json",
                                    .body = buf_span(&body) };
    SR_TRY(open_socket(socket, &http, why));
    enum sr_err e = http_client_call(http, &call, &reply, why);
    http_client_free(http);
    return e;
}

static enum cli_exit reseal(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct announcement a;
    const char *socket = NULL;
    const struct option_row rows[] = {
        { "socket", OPTION_TEXT, &socket, "PATH", "the member's admin-socket", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = read_announcement(args.v[0], &a, &why);
    if (done == SR_OK)
        done = reseal_through(socket, &a, &why);
    return done == SR_OK ? EXIT_DONE : cli_fail(c, done, &why);
}

/* ---- preflight ---- */

static void print_check(struct cli *c, const char *name, enum preflight_verdict v, const char *text)
{
    static const char *const words[] = { "ok", "warning", "fails", "skipped" };
    SR_OWN(buf) out = { 0 };
    if (cli_json(c)) {
        jw_object(&out);
        jw_member_text(&out, "check", name);
        jw_member_text(&out, "text", text);
        jw_member_text(&out, "verdict", words[v]);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "%-8s %s: %s", words[v], name, text);
    }
    (void)cli_print(c, &out);
}

static enum cli_exit run_checks(struct cli *c, const struct preflight *p)
{
    bool fails = false;
    for (const struct preflight_check *k = preflight_checks; k->name; k++) {
        char text[PREFLIGHT_TEXT_MAX] = "";
        enum preflight_verdict v = k->run(p, text);
        fails |= v == PREFLIGHT_FAILS;
        print_check(c, k->name, v, text);
    }
    return fails ? EXIT_REFUSED : EXIT_DONE;
}

struct flight {
    struct remote_options remote;
    const char *socket_path;
    struct http_client *socket;
    struct announcement what;
    struct buf status;
    struct json_doc doc;
};
static void flight_drop(struct flight *f)
{
    http_client_free(f->socket);
    json_doc_drop(&f->doc);
    buf_drop(&f->status);
}

static enum sr_err prepare(struct flight *f, const char *announcement, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    if (announcement)
        SR_TRY(read_announcement(announcement, &f->what, why));
    if (f->socket_path)
        SR_TRY(open_socket(f->socket_path, &f->socket, why));
    SR_TRY(remote_open(&f->remote, &r, why));
    SR_TRY(remote_get(&r, "/sealring/v1/status", &f->status, why));
    SR_TRY(json_parse(buf_span(&f->status), &f->doc, why));
    if (!span_eq(json_str(json_get(json_root(&f->doc), "cid")), span_of(f->remote.cid)))
        return sr_fail(why, SR_EPROOF, R_WRONG_NETWORK,
                       "the node serves another network than the pinned one");
    return SR_OK;
}

static enum cli_exit preflight(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    SR_OWN(flight) f = { 0 };
    const struct option_row rows[] = {
        REMOTE_ROWS(f.remote),
        { "socket", OPTION_TEXT, &f.socket_path, "PATH", "the admin-socket of --node, on its machine", NULL,
          false },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 1, &args, &e))
        return e;
    enum sr_err done = prepare(&f, args.n ? args.v[0] : NULL, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    struct preflight p = { .here = json_root(&f.doc), .socket = f.socket, .what = args.n ? &f.what : NULL };
    preflight_survey(&p, &f.remote);
    return run_checks(c, &p);
}

const struct command commands_upgrade[] = {
    { "upgrade announce", "PROGRAM", "write down how a member's machine will be started next",
      "Measures PROGRAM (and --with files) as sealring-launch will, for sealring upgrade preflight and "
      "reseal.\n"
      "Boot PCRs that a new kernel or firmware changes are given with --pcr; what is left out stays as it "
      "is.",
      announce },
    { "upgrade preflight", "[ANNOUNCEMENT]", "ask what can go wrong with the upgrade of a member, before it",
      "One line a check: ok, warning, fails or skipped. A network of one fails: nobody could give the "
      "masters\n"
      "back. With --socket, the member itself says whether the policy takes it for a member once it is "
      "started\n"
      "as announced. Exit status 1: a check fails.",
      preflight },
    { "upgrade reseal", "ANNOUNCEMENT", "seal a member's masters ahead to the announced start as well",
      "The member does so only if the policy in force would let a machine join that is started so, and "
      "writes\n"
      "it into its log first. The next start opens them if it is as announced; else the member joins again.",
      reseal },
    { 0 },
};
