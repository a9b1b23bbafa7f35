#include "client/claims_file.h"
#include "client/cli.h"
#include "client/commands.h"
#include "crypto/cert.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "proto/evidence.h"
#include "proto/genesis.h"
#include "proto/json.h"

#include <string.h>
#include <time.h>

enum { VENDOR_ROOTS_MAX = 16, ROOT_FILE_MAX = 64 << 10 };

struct evidence_options {
    const char *type, *at, *report_data, *bundle, *cid;
    struct option_list vendor_roots;
};

/* Whose word counts, kept while the verifier runs. */
struct evidence_trust {
    struct buf bundle;
    struct genesis_checked genesis;
    struct sha256 roots[VENDOR_ROOTS_MAX];
    struct ak_trust trust;
};

static enum sr_err trust_network(const struct evidence_options *o, struct evidence_trust *t,
                                 struct sr_why *why)
{
    struct sha256 cid;
    if (!o->cid)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--bundle wants --cid: nothing is trusted on first use");
    SR_TRY(cid_parse(span_of(o->cid), &cid, why));
    SR_TRY(cli_read_file(o->bundle, GENESIS_BUNDLE_MAX, &t->bundle, why));
    SR_TRY(genesis_check(buf_span(&t->bundle), &cid, (struct span){ 0 }, &t->genesis, why));
    t->trust.network = cid;
    t->trust.epoch = t->genesis.genesis.first.epoch;
    t->trust.akca = t->genesis.genesis.first.akca;
    return SR_OK;
}

static enum sr_err trust_vendors(const struct evidence_options *o, struct evidence_trust *t,
                                 struct sr_why *why)
{
    for (size_t i = 0; i < o->vendor_roots.n; i++) {
        SR_OWN(buf) pem = { 0 };
        SR_OWN(certs) certs = { 0 };
        SR_TRY(cli_read_file(o->vendor_roots.v[i], ROOT_FILE_MAX, &pem, why));
        SR_TRY(certs_read_pem(buf_span(&pem), &certs, why));
        if (t->trust.vendor_n == VENDOR_ROOTS_MAX)
            return sr_fail(why, SR_ETOOBIG, R_CONFIG, "more than %d roots", VENDOR_ROOTS_MAX);
        SR_TRY(cert_spki_hash(&certs.c[0], &t->roots[t->trust.vendor_n++]));
    }
    t->trust.vendor_roots = t->roots;
    return SR_OK;
}

static enum sr_err read_time(const char *text, time_t *ret, struct sr_why *why)
{
    struct tm tm = { 0 };
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
    if (text && (!end || *end))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--at is like 2026-11-22T12:00:00Z");
    *ret = text ? timegm(&tm) : time(NULL);
    return SR_OK;
}

static enum sr_err verify(const struct evidence_options *o, const char *file, struct claims *ret,
                          struct evidence_trust *t, struct sr_why *why)
{
    SR_OWN(buf) evidence = { 0 };
    struct verify_in in = { .ak = &t->trust };
    if (hex_read(span_of(o->report_data), in.rd.b, sizeof in.rd.b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--report-data is 64 bytes in hex");
    SR_TRY(read_time(o->at, &in.now, why));
    if (o->bundle)
        SR_TRY(trust_network(o, t, why));
    SR_TRY(trust_vendors(o, t, why));
    SR_TRY(cli_read_file(file, HANDSHAKE_EVIDENCE_MAX, &evidence, why));
    in.evidence = buf_span(&evidence);
    return evidence_verify(span_of(o->type), &in, ret, why);
}

/* A verdict, or a file that could not be read at all. */
static bool is_verdict(enum sr_err e, const struct sr_why *why)
{
    return e == SR_OK || ((e == SR_EPROOF || e == SR_EFORMAT) && why->reason != R_CONFIG);
}

static enum cli_exit print_verdict(const struct cli *c, enum sr_err verdict, struct claims *claims,
                                   const struct sr_why *why)
{
    SR_OWN(buf) out = { 0 };
    SR_OWN(buf) object = { 0 };
    const char *word = verdict == SR_OK ? "accept" : "reject";
    const char *reason = sr_reason_text(verdict == SR_OK ? R_NONE : why->reason);
    if (cli_json(c)) {
        claims_write_json(claims, &object);
        jw_object(&out);
        jw_name(&out, "claims");
        jw_raw(&out, buf_span(&object));
        jw_member_text(&out, "reason", reason);
        jw_member_text(&out, "verdict", word);
        jw_object_end(&out);
    } else {
        wr_fmt(&out, "%s%s%s%s%s", word, verdict == SR_OK ? "" : ": ", verdict == SR_OK ? "" : reason,
               verdict == SR_OK ? "" : ", ", verdict == SR_OK ? "" : why->text);
        claims_write_text(claims, &out);
    }
    enum cli_exit e = cli_print(c, &out);
    return e == EXIT_DONE && verdict != SR_OK ? EXIT_REFUSED : e;
}

static enum cli_exit verify_evidence(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    struct evidence_options o = { 0 };
    struct evidence_trust t = { 0 };
    struct claims claims = { 0 };
    const struct option_row rows[] = {
        { "type", OPTION_TEXT, &o.type, "TYPE", "kind of evidence: tpm", NULL, true },
        { "report-data", OPTION_TEXT, &o.report_data, "HEX", "the 64 bytes that it must be bound to", NULL,
          true },
        { "at", OPTION_TEXT, &o.at, "TIME", "judge as of this time, RFC 3339 in UTC (now)", NULL, false },
        { "bundle", OPTION_TEXT, &o.bundle, "FILE", "genesis bundle: trust AK certificates of that network",
          NULL, false },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network that the bundle must be of", "SEALRING_CID",
          false },
        { "vendor-root", OPTION_LIST, &o.vendor_roots, "FILE",
          "PEM root of vendors' AK certificates to trust", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    enum sr_err done = verify(&o, args.v[0], &claims, &t, &why);
    buf_drop(&t.bundle);
    return is_verdict(done, &why) ? print_verdict(c, done, &claims, &why) : cli_fail(c, done, &why);
}

const struct command commands_evidence[] = {
    { "verify-evidence", "FILE", "does this evidence verify, and what does it claim?",
      "Verifies one piece of evidence offline and prints the verdict and the claims. Exit status 0 accept, 1 "
      "reject,\n"
      "2 usage or unreadable. It says nothing about a policy: see policy explain.",
      verify_evidence },
    { 0 },
};
