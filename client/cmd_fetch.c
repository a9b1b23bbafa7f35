#include "client/cli.h"
#include "client/commands.h"
#include "client/workload.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

struct fetch_options {
    struct remote_options remote;
    struct machine_options machine;
    const char *out, *out_dir;
    struct option_list witnesses;
    uint64_t witness_need;
};

static enum sr_err read_wants(const struct cli_args *args, struct want_list *ret, struct sr_why *why)
{
    for (size_t i = 0; i < args->n; i++)
        SR_TRY(want_parse_text(args->v[i], &ret->want[i], why));
    ret->n = args->n;
    return want_list_sort(ret, why);
}

static enum sr_err fetch_all(struct cli *c, const struct fetch_options *o, const struct want_list *wants,
                             struct fetched *ret, struct sr_why *why)
{
    SR_OWN(remote) remote = { 0 };
    SR_OWN(machine) machine = { 0 };
    struct network net = { 0 };
    SR_TRY(remote_open(&o->remote, &remote, why));
    SR_TRY(machine_open(&o->machine, &machine, why));
    cli_progress(c, "asking %s for the network's keys", o->remote.node);
    SR_TRY(network_learn(&remote, &net, why));
    SR_TRY(network_witnesses(&net, o->witnesses.v, o->witnesses.n, o->witness_need, why));
    cli_progress(c, "enrolling this machine, attesting");
    return workload_keys(&remote, &machine, &o->machine, &net, wants, ret, why);
}

static enum cli_exit print_json(const struct cli *c, const struct fetched *f)
{
    SR_OWN(buf) out = { 0 };
    jw_object(&out);
    jw_name(&out, "keys");
    jw_array(&out);
    for (size_t i = 0; i < f->released.values.n; i++) {
        const struct release_value *v = &f->released.values.v[i];
        jw_object(&out);
        jw_member_text(&out, "kind", want_kind_text(v->want.kind));
        if (v->lease)
            jw_member_u64(&out, "lease_s", v->lease);
        jw_member_text(&out, "path", v->want.path);
        if (v->npub)
            jw_member_hex(&out, "public", (struct span){ v->pub, v->npub });
        jw_member_text(&out, "tenant", v->want.tenant);
        jw_name(&out, "value");
        jw_base64(&out, secret_span(&v->value));
        jw_member_u64(&out, "version", v->version);
        jw_object_end(&out);
    }
    jw_array_end(&out);
    jw_member_u64(&out, "leaf_index", f->released.leaf_index);
    jw_object_end(&out);
    return cli_print(c, &out);
}

/* One file a key, named as it was asked for with every / as _, so that no name leaves the folder. */
static enum sr_err write_dir(const char *dir, const struct fetched *f, struct sr_why *why)
{
    for (size_t i = 0; i < f->released.values.n; i++) {
        const struct release_value *v = &f->released.values.v[i];
        char path[4096];
        int at = snprintf(path, sizeof path, "%s/", dir);
        int n = snprintf(path + at, sizeof path - (size_t)at, "%s_%s.%s", v->want.tenant, v->want.path,
                         want_kind_text(v->want.kind));
        if (at < 0 || n < 0 || (size_t)(at + n) >= sizeof path)
            return sr_fail(why, SR_ETOOBIG, R_CONFIG, "--out-dir: the name is too long");
        for (char *p = path + at; *p; p++)
            *p = *p == '/' ? '_' : *p;
        SR_TRY(cli_write_file(path, 0600, secret_span(&v->value), why));
    }
    return SR_OK;
}

static enum cli_exit hand_over(struct cli *c, const struct fetch_options *o, const struct fetched *f)
{
    struct sr_why why = { 0 };
    enum sr_err e;
    if (cli_json(c))
        return print_json(c, f);
    if (o->out_dir)
        e = write_dir(o->out_dir, f, &why);
    else
        e = cli_write_file(o->out ? o->out : "-", 0600, secret_span(&f->released.values.v[0].value), &why);
    return e == SR_OK ? EXIT_DONE : cli_fail(c, e, &why);
}

static enum cli_exit fetch(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct fetch_options o = { 0 };
    struct want_list wants = { 0 };
    SR_OWN(fetched) got = { 0 };
    const struct option_row rows[] = {
        REMOTE_ROWS(o.remote),
        MACHINE_ROWS(o.machine),
        { "out", OPTION_TEXT, &o.out, "FILE", "where the one key goes, mode 0600 (standard output)", NULL,
          false },
        { "out-dir", OPTION_TEXT, &o.out_dir, "DIR", "one file a key, mode 0600", NULL, false },
        { "witness", OPTION_LIST, &o.witnesses, "VKEY",
          "a witness that must have cosigned the node's log, as NAME+ID+KEY", NULL, false },
        { "witness-need", OPTION_UINT, &o.witness_need, "N", "how many of them (all)", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, WANTS_MAX, &args, &e))
        return e;
    if (args.n > 1 && !o.out_dir && !cli_json(c))
        return cli_usage(c, "several keys want --out-dir or --json");
    if (o.out && o.out_dir)
        return cli_usage(c, "--out and --out-dir exclude each other");
    enum sr_err done = read_wants(&args, &wants, &why);
    if (done == SR_OK)
        done = fetch_all(c, &o, &wants, &got, &why);
    return done == SR_OK ? hand_over(c, &o, &got) : cli_fail(c, done, &why);
}

const struct command commands_fetch[] = {
    { "fetch", "WANT...", "attest and fetch keys: all that are asked for, or none",
      "Attests as a workload and fetches keys. WANT is TENANT:PATH[@VERSION][#KIND[:SIZE]]:\n"
      "  demo:app/password         a stored secret, its newest version\n"
      "  demo:app/password@3       its version 3\n"
      "  demo:app/disk#raw:32      32 derived bytes\n"
      "  demo:app/disk@2#raw:32    the same name's bytes of epoch 2; without a version: of epoch 1\n"
      "  demo:app/id#ed25519       a derived key: ed25519, x25519, p256 or secp256k1\n"
      "A derived key's version is an epoch that the network was at (sealring status).\n"
      "Run it under sealring-launch, which measures it: policy decides by that measurement.",
      fetch },
    { 0 },
};
