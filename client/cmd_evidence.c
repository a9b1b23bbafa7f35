#include "client/cli.h"
#include "client/commands.h"
#include "client/evidence_input.h"
#include "client/evidence_print.h"
#include "client/policy_file.h"
#include "crypto/cert.h"
#include "crypto/text.h"
#include "proto/appraisal.h"
#include "proto/cid.h"
#include "proto/evidence/cc_log.h"
#include "proto/evidence/vendor_roots.h"
#include "proto/evidence_parts.h"
#include "proto/genesis.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

enum { VENDOR_ROOTS_MAX = 16, ROOT_FILE_MAX = 64 << 10 };

struct evidence_options {
    const char *type, *at, *report_data, *bundle, *cid, *collateral, *policy, *event_log;
    struct option_list vendor_roots, waive;
};

/* Whose word counts, kept while the verifier runs. */
struct evidence_trust {
    struct buf bundle;
    struct genesis_checked genesis;
    struct sha256 roots[VENDOR_ROOTS_MAX];
    struct ak_trust trust;
    struct pins pins;
    struct collateral *collateral;
    struct policy *policy; /* NULL: the baseline or the strict set */
    struct buf evidence, event_log;
};

static void evidence_trust_drop(struct evidence_trust *t)
{
    buf_drop(&t->bundle);
    buf_drop(&t->evidence);
    buf_drop(&t->event_log);
    policy_unref(t->policy);
    t->policy = NULL;
    collateral_free(t->collateral);
    t->collateral = NULL;
}

/* The kind that needs roots and collateral: of composite evidence the report, which comes first. */
static struct span report_type(const struct evidence_options *o)
{
    struct evidence_parts parts = evidence_parts(span_of(o->type));
    return span_of(parts.v[0].type ? parts.v[0].type : "");
}

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
    t->pins = genesis_report_pins(&t->genesis.genesis, span_of(o->type));
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
    if (t->trust.vendor_n)
        t->pins = (struct pins){ t->roots, t->trust.vendor_n };
    return SR_OK;
}

static enum sr_err report_data_text(const char *text, struct sha512 *ret, struct sr_why *why)
{
    char lower[2 * sizeof ret->b + 1] = { 0 };
    size_t n = strlen(text);
    for (size_t i = 0; i < n && i < sizeof lower; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    if (n != sizeof lower - 1 || hex_read(span_of(lower), ret->b, sizeof ret->b) != SR_OK)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--report-data is 64 bytes in hex");
    return SR_OK;
}

static enum sr_err read_time(const char *text, time_t *ret, struct sr_why *why)
{
    struct tm tm = { 0 };
    char again[21];
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
    *ret = text ? timegm(&tm) : time(NULL);
    /* A 31st of February does not come out as it went in. */
    if (text && (!end || *end || !gmtime_r(ret, &tm) ||
                 strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 || strcmp(again, text) != 0))
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--at is like 2026-11-22T12:00:00Z");
    return SR_OK;
}

/* What the operator says it must be bound to; without that, what the evidence itself says, and the trail
 * tells that nobody compared. */
static enum sr_err read_report_data(const struct evidence_options *o, struct span evidence,
                                    struct sha512 *ret, struct sr_why *why)
{
    const struct verifier *v = verifier_find(span_of(o->type));
    if (!v)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--type %s: this program verifies no such evidence",
                       o->type);
    if (o->report_data)
        return report_data_text(o->report_data, ret, why);
    if (!v->report_data)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--report-data is needed for this type");
    (void)!(v->report_data(evidence, ret, NULL) == SR_OK); /* else the verifier says what is wrong with it */
    return SR_OK;
}

static void mark_not_asked(struct check_trail *t, const char *check)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->c[i].name, check) == 0 && t->c[i].outcome == CHECK_PASSED)
            t->c[i].outcome = CHECK_NOT_ASKED;
}

static bool has_policy_file(const struct evidence_options *o)
{
    return o->policy && strcmp(o->policy, "strict") != 0;
}

static enum sr_err read_event_log(const struct evidence_options *o, struct buf *ret, struct sr_why *why)
{
    if (!o->event_log)
        return SR_OK;
    SR_TRY(cli_read_file(o->event_log, CC_LOG_MAX, ret, why));
    return ret->n ? SR_OK
                  : sr_fail(why, SR_EFORMAT, R_CONFIG, "%s: empty, which would be none", o->event_log);
}

/* Everything that is read before anything is judged. */
static enum sr_err prepare(const struct evidence_options *o, const char *file, struct evidence_trust *t,
                           struct verify_in *in, struct sr_why *why)
{
    t->pins = vendor_roots(report_type(o));
    SR_TRY(read_time(o->at, &in->now, why));
    if (o->bundle)
        SR_TRY(trust_network(o, t, why));
    SR_TRY(trust_vendors(o, t, why));
    if (o->collateral)
        SR_TRY(collateral_read_dir(o->collateral, &t->pins, &t->collateral, why));
    if (has_policy_file(o))
        SR_TRY(policy_read_file(o->policy, &t->policy, why));
    SR_TRY(read_event_log(o, &t->event_log, why));
    SR_TRY(evidence_read_file(file, &t->evidence, why));
    in->ak = &t->trust;
    in->roots = in->part_roots[0] = t->pins;
    in->collateral = t->collateral;
    in->event_log = buf_span(&t->event_log);
    in->evidence = buf_span(&t->evidence);
    return read_report_data(o, in->evidence, &in->rd, why);
}

/* With a policy its join rules decide; without one the baseline, or the strict set. */
static enum sr_err appraise(const struct evidence_options *o, const struct policy *p,
                            struct evidence_verdict *v, struct sr_why *why)
{
    struct waivers w = { 0 };
    for (size_t i = 0; i < o->waive.n && w.n < WAIVERS_MAX; i++)
        w.name[w.n++] = o->waive.v[i];
    if (!p)
        return appraisal_check(o->policy ? APPRAISAL_STRICT : APPRAISAL_BASELINE, &v->claims, &w, &v->trail,
                               why);
    enum sr_err e = policy_join(p, &v->claims, NULL, NULL, why);
    check_note(&v->trail, "policy", e == SR_OK ? CHECK_PASSED : CHECK_FAILED,
               e == SR_OK ? R_NONE : why->reason);
    return e == SR_EDENIED ? SR_EPROOF : e;
}

static enum sr_err judge(const struct evidence_options *o, const struct verify_in *in, const struct policy *p,
                         struct evidence_verdict *v)
{
    enum sr_err e = evidence_verify(span_of(o->type), in, &v->claims, &v->why);
    if (!o->report_data)
        mark_not_asked(&v->trail, "report-data");
    if (!o->event_log)
        mark_not_asked(&v->trail, "event-log");
    return e == SR_OK ? appraise(o, p, v, &v->why) : e;
}

/* Nothing was judged. */
static enum cli_exit unreadable(const struct cli *c, enum sr_err e, const struct sr_why *why)
{
    enum cli_exit code = cli_fail(c, e, why);
    return e == SR_ENOMEM || e == SR_EBUG ? code : EXIT_USAGE;
}

/* What a verifier or an appraisal says, rather than this machine. */
static bool is_verdict(enum sr_err e)
{
    return e == SR_OK || e == SR_EPROOF || e == SR_EFORMAT || e == SR_ETOOBIG;
}

static enum cli_exit verify(const struct cli *c, const struct evidence_options *o, const char *file)
{
    SR_OWN(evidence_trust) t = { 0 };
    struct evidence_verdict v = { .appraisal = o->policy ? o->policy : "baseline" };
    struct verify_in in = { .trail = &v.trail };
    enum sr_err e = prepare(o, file, &t, &in, &v.why);
    if (e != SR_OK)
        return unreadable(c, e, &v.why);
    v.err = judge(o, &in, t.policy, &v);
    return is_verdict(v.err) ? evidence_print(c, &v) : cli_fail(c, v.err, &v.why);
}

static const char *unknown_waiver(const struct evidence_options *o)
{
    for (size_t i = 0; i < o->waive.n; i++)
        if (!appraisal_names(o->waive.v[i]))
            return o->waive.v[i];
    return NULL;
}

static enum cli_exit verify_evidence(struct cli *c)
{
    struct cli_args args = { 0 };
    enum cli_exit e;
    struct evidence_options o = { 0 };
    const struct option_row rows[] = {
        { "type", OPTION_TEXT, &o.type, "TYPE", "kind of evidence: snp, tdx, sgx, tpm, snp-tpm or tdx-tpm",
          NULL, true },
        { "at", OPTION_TEXT, &o.at, "TIME", "judge as of this time, RFC 3339 in UTC (now)", NULL, false },
        { "collateral", OPTION_TEXT, &o.collateral, "DIR",
          "certificates, revocation lists, TCB infos, QE identities", NULL, false },
        { "report-data", OPTION_TEXT, &o.report_data, "HEX", "the 64 bytes that it must be bound to", NULL,
          false },
        { "event-log", OPTION_TEXT, &o.event_log, "FILE",
          "tdx: the event log (CCEL) that must replay to the RTMRs", NULL, false },
        { "policy", OPTION_TEXT, &o.policy, "FILE", "appraise by this policy's join rules, or \"strict\"",
          NULL, false },
        { "waive", OPTION_LIST, &o.waive, "CHECK", "go without this check of the appraisal", NULL, false },
        { "bundle", OPTION_TEXT, &o.bundle, "FILE", "genesis bundle: trust whom that network trusts", NULL,
          false },
        { "cid", OPTION_TEXT, &o.cid, "CID", "the network that the bundle must be of", "SEALRING_CID",
          false },
        { "vendor-root", OPTION_LIST, &o.vendor_roots, "FILE",
          "PEM root to trust instead of the vendor's own", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 1, 1, &args, &e))
        return e;
    if (unknown_waiver(&o))
        return cli_usage(c, "--waive %s: there is no such check to waive", unknown_waiver(&o));
    if (o.waive.n && has_policy_file(&o))
        return cli_usage(c, "--waive is for the baseline and the strict appraisal, not for a policy");
    if (o.event_log && strcmp(o.type, "tdx") != 0)
        return cli_usage(c, "--event-log is for tdx");
    return verify(c, &o, args.v[0]);
}

const struct command commands_evidence[] = {
    { "verify-evidence", "FILE", "does this evidence verify, and what does it claim?",
      "Verifies one piece of evidence offline and prints the verdict, every check with its outcome, and the "
      "claims.\n"
      "FILE is raw, hex or base64. Files of the collateral folder are recognised by their content. Without "
      "--policy\n"
      "the baseline appraisal is applied. Exit status 0 accept, 1 reject, 2 usage or unreadable.",
      verify_evidence },
    { 0 },
};
