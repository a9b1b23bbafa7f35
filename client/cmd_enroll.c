#include "client/cli.h"
#include "client/commands.h"
#include "client/keyfile.h"
#include "client/workload.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/genesis_file.h"
#include "proto/json.h"
#include "proto/recovery_request.h"

#include <string.h>
#include <time.h>

/* For what: genesis, or one recovery when a ceremony is given. */
struct enroll_for {
    const char *genesis, *cid, *ceremony;
};
#define FOR_ROWS(o, needed)                                                                                     \
    { "genesis", OPTION_TEXT, &(o).genesis, "FILE", "genesis.json", NULL, needed },                             \
        { "cid", OPTION_TEXT, &(o).cid, "CID", "with --ceremony: the network that is recovered", NULL, false }, \
    {                                                                                                           \
        "ceremony", OPTION_TEXT, &(o).ceremony, "HEX", "for a recovery: the value that was agreed on", NULL,    \
            false                                                                                               \
    }

/* genesis.json, and the "network" of everything for which no member lives: the hash of the parameters, or
 * what recovery_request_network() gives. */
struct parameters {
    struct genesis_file file;
    struct sha256 network;
    uint8_t kind;
};

static enum sr_err for_recovery(const struct enroll_for *what, struct parameters *ret, struct sr_why *why)
{
    struct sha256 cid;
    struct recovery_ceremony c;
    if (!what->cid)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--ceremony wants --cid");
    SR_TRY(cid_parse(span_of(what->cid), &cid, why));
    if (hex_read(span_of(what->ceremony), c.b, sizeof c.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--ceremony is 64 hex digits");
    ret->network = recovery_request_network(&cid, &c);
    ret->kind = AK_CERT_RECOVERY;
    return SR_OK;
}

static enum sr_err read_parameters(const struct enroll_for *what, struct parameters *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) params = { 0 };
    SR_TRY(cli_read_file(what->genesis, GENESIS_FILE_MAX, &text, why));
    SR_TRY(genesis_file_read(buf_span(&text), &ret->file, why));
    if (what->ceremony)
        return for_recovery(what, ret, why);
    SR_TRY(genesis_params_encode(&ret->file.params, &params, why));
    ret->network = genesis_params_hash(buf_span(&params));
    ret->kind = AK_CERT_GENESIS;
    return SR_OK;
}

static enum cli_exit finish(const struct cli *c, enum sr_err e, const struct sr_why *why)
{
    return e == SR_OK ? EXIT_DONE : cli_fail(c, e, why);
}

/* ---- enroll request: on the machine ---- */

static enum sr_err make_request(const struct enroll_for *what, const struct machine_options *o,
                                const char *out, struct sr_why *why)
{
    struct parameters p = { 0 };
    SR_OWN(machine) m = { 0 };
    SR_OWN(buf) e1 = { 0 };
    SR_TRY(read_parameters(what, &p, why));
    SR_TRY(machine_open(o, &m, why));
    SR_TRY(machine_enrol_request(&m, &p.network, &e1, why));
    return cli_write_file(out, 0644, buf_span(&e1), why);
}

static enum cli_exit enroll_request(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct machine_options m = { 0 };
    struct enroll_for what = { 0 };
    const char *out = NULL;
    const struct option_row rows[] = {
        FOR_ROWS(what, true),
        { "out", OPTION_TEXT, &out, "FILE", "the request; - is standard output", NULL, true },
        MACHINE_ROWS(m),
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    return finish(c, make_request(&what, &m, out, &why), &why);
}

/* ---- enroll challenge: by an operator ---- */

/* The state file is the key that makes challenges stateless: made once, kept from challenge to certify. */
static enum sr_err state_key(const char *path, struct key *ret, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    enum sr_err e = cli_read_secret(path, sizeof ret->b, &b, why);
    if (e == SR_ENOENT) {
        random_fill(ret->b, sizeof ret->b);
        return cli_write_file(path, 0600, key_span(ret), why);
    }
    SR_TRY(e);
    struct reader r = rd_init(buf_span(&b));
    rd_copy(&r, ret->b, sizeof ret->b);
    return rd_end(&r) ? SR_OK : sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: not a state file", path);
}

static struct enroller enroller_of(const struct parameters *p, const struct key *key)
{
    const struct type_roots *roots = NULL;
    for (size_t i = 0; i < p->file.params.ntypes; i++)
        if (strcmp(p->file.params.types[i].type, "tpm") == 0)
            roots = &p->file.params.types[i];
    return (struct enroller){
        .network = p->network,
        .key = key,
        .roots = roots ? roots->root : NULL,
        .nroots = roots ? roots->n : 0,
        .now = time(NULL),
    };
}

static enum sr_err make_challenge(const struct enroll_for *what, const char *state, const char *request,
                                  const char *out, struct sr_why *why)
{
    struct parameters p = { 0 };
    SR_OWN(key) key = { 0 };
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    struct enrol_rand rand;
    random_fill(rand.b, sizeof rand.b);
    SR_TRY(read_parameters(what, &p, why));
    SR_TRY(cli_read_file(request, ENROL_E1_MAX, &e1, why));
    SR_TRY(state_key(state, &key, why));
    const struct enroller by = enroller_of(&p, &key);
    SR_TRY(enrol_challenge(&by, &rand, buf_span(&e1), &e2, why));
    return cli_write_file(out, 0644, buf_span(&e2), why);
}

static enum cli_exit enroll_challenge(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct enroll_for what = { 0 };
    const char *state = NULL, *out = NULL;
    const struct option_row rows[] = {
        FOR_ROWS(what, true),
        { "state", OPTION_TEXT, &state, "FILE", "a secret of the operator's, made if it is not there", NULL,
          true },
        { "out", OPTION_TEXT, &out, "FILE", "the challenge; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    return finish(c, make_challenge(&what, state, args.v[0], out, &why), &why);
}

/* ---- enroll answer: on the machine ---- */

static enum sr_err make_answer(const struct machine_options *o, const char *request, const char *challenge,
                               const char *out, struct sr_why *why)
{
    SR_OWN(machine) m = { 0 };
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    SR_OWN(buf) e3 = { 0 };
    SR_TRY(cli_read_file(request, ENROL_E1_MAX, &e1, why));
    SR_TRY(cli_read_file(challenge, ENROL_E2_MAX, &e2, why));
    SR_TRY(machine_open(o, &m, why));
    SR_TRY(platform_enrol_answer(&m.platform, buf_span(&e1), buf_span(&e2), &e3, why));
    return cli_write_file(out, 0644, buf_span(&e3), why);
}

static enum cli_exit enroll_answer(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct machine_options m = { 0 };
    const char *out = NULL;
    const struct option_row rows[] = {
        { "out", OPTION_TEXT, &out, "FILE", "the answer; - is standard output", NULL, true },
        MACHINE_ROWS(m),
        { 0 },
    };
    if (!cli_read(c, rows, 2, 2, &args, &e))
        return e;
    return finish(c, make_answer(&m, args.v[0], args.v[1], out, &why), &why);
}

/* ---- enroll certify: by operators, k of them ---- */

struct certify_options {
    struct enroll_for what;
    const char *state, *out, *add;
    struct option_list keys;
    uint64_t hours;
};

static enum sr_err add_signatures(const struct option_list *keys, struct buf *cert, struct sr_why *why)
{
    for (size_t i = 0; i < keys->n; i++) {
        SR_OWN(sign_key) key = { 0 };
        SR_OWN(buf) more = { 0 };
        struct sign_pub pub;
        struct ak_cert c;
        SR_TRY(ak_cert_read(buf_span(cert), &c, why));
        SR_TRY(keyfile_read(keys->v[i], &key, &pub, why));
        enum sr_err e = ak_cert_sign(&c, &key, &pub, &more);
        if (e != SR_OK)
            return sr_fail(why, e, R_AK_CERT, "%s has signed already, or no room is left", keys->v[i]);
        buf_drop(cert);
        *cert = SR_TAKE(more);
    }
    return SR_OK;
}

static enum sr_err first_certificate(const struct certify_options *o, const char *answer, struct buf *ret,
                                     struct sr_why *why)
{
    struct parameters p = { 0 };
    SR_OWN(key) key = { 0 };
    SR_OWN(buf) e3 = { 0 };
    struct ak_cert cert = { 0 };
    SR_TRY(read_parameters(&o->what, &p, why));
    SR_TRY(state_key(o->state, &key, why));
    SR_TRY(cli_read_file(answer, ENROL_E3_MAX, &e3, why));
    const struct enroller by = enroller_of(&p, &key);
    SR_TRY(enrol_certify(&by, buf_span(&e3), &cert, why));
    cert.kind = p.kind;
    cert.network = p.network;
    cert.epoch = 1;
    cert.not_before = (uint64_t)by.now;
    cert.not_after = cert.not_before + o->hours * 3600;
    return ak_cert_write(&cert, ret);
}

static enum sr_err certify(const struct certify_options *o, const char *answer, struct sr_why *why)
{
    SR_OWN(buf) cert = { 0 };
    if (o->add)
        SR_TRY(cli_read_file(o->add, AK_CERT_MAX, &cert, why));
    else
        SR_TRY(first_certificate(o, answer, &cert, why));
    SR_TRY(add_signatures(&o->keys, &cert, why));
    return cli_write_file(o->out, 0644, buf_span(&cert), why);
}

static enum cli_exit enroll_certify(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct certify_options o = { .hours = 24 };
    const struct option_row rows[] = {
        FOR_ROWS(o.what, false),
        { "state", OPTION_TEXT, &o.state, "FILE", "the secret that the challenge was made with", NULL,
          false },
        { "key", OPTION_LIST, &o.keys, "FILE", "AK-CA private key; may be given more than once", NULL, true },
        { "add", OPTION_TEXT, &o.add, "FILE", "sign this certificate of other operators too", NULL, false },
        { "hours", OPTION_UINT, &o.hours, "N", "lifetime of the certificate (24)", NULL, false },
        { "out", OPTION_TEXT, &o.out, "FILE", "the certificate; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 1, &args, &e))
        return e;
    if (!o.add && (args.n != 1 || !o.what.genesis || !o.state))
        return cli_usage(c, "wants --genesis, --state and ANSWER, or --add CERTIFICATE");
    if (o.hours < 1 || o.hours > 24 * 30)
        return cli_usage(c, "--hours is 1 to 720");
    return finish(c, certify(&o, args.n ? args.v[0] : NULL, &why), &why);
}

/* ---- enroll: with a member, in one go ---- */

static enum sr_err enrol_online(const struct remote_options *ro, struct machine_options *o, const char *out,
                                struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(machine) m = { 0 };
    struct network net = { 0 };
    o->ak_cert = NULL; /* a new one is asked for, whatever is kept */
    SR_TRY(remote_open(ro, &r, why));
    SR_TRY(machine_open(o, &m, why));
    SR_TRY(network_learn(&r, &net, why));
    SR_TRY(machine_enrol(&m, o, &r, net.n, why));
    return cli_write_file(out, 0644, buf_span(&m.ak_cert), why);
}

static enum cli_exit enroll(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct remote_options r = { 0 };
    struct machine_options m = { 0 };
    const char *out = NULL;
    const struct option_row rows[] = {
        REMOTE_ROWS(r),
        MACHINE_ROWS(m),
        { "out", OPTION_TEXT, &out, "FILE", "the AK certificate; - is standard output", NULL, true },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    return finish(c, enrol_online(&r, &m, out, &why), &why);
}

const struct command commands_enroll[] = {
    { "enroll request", NULL, "before genesis or a recovery: what this machine's TPM is, for the operators",
      NULL, enroll_request },
    { "enroll challenge", "REQUEST", "before genesis or a recovery: an operator's question to that TPM", NULL,
      enroll_challenge },
    { "enroll answer", "REQUEST CHALLENGE", "before genesis or a recovery: the TPM's answer", NULL,
      enroll_answer },
    { "enroll certify", "[ANSWER]",
      "before genesis or a recovery: sign the AK certificate with operators' AK-CA keys", NULL,
      enroll_certify },
    { "enroll", NULL, "get an AK certificate from a member of the network", NULL, enroll },
    { 0 },
};
