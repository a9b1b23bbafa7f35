/* Auditors' commands: all logs of a network, once or for good. Every line they print is one JSON object. */
#include "client/auditor.h"
#include "client/commands.h"
#include "crypto/text.h"
#include "proto/json.h"

#include <stdio.h>
#include <unistd.h>

/* What both commands share. */
struct desk {
    struct remote_options remote;
    const char *state;
    struct option_list known_text;
    struct sha256 known[OPTION_LIST_MAX];
    bool list;              /* audit: all leaves too */
    uint64_t every, rounds; /* watch */
    bool news;              /* watch: this is not the first round, so what is new to us is new */
    size_t measurements;    /* told so far */
    bool failed;            /* to print */
    struct auditor *auditor;
};

static void desk_drop(struct desk *d)
{
    auditor_free(d->auditor);
}

#define DESK_ROWS(d)                                                                                         \
    REMOTE_ROWS((d).remote), { "known",                                                                      \
                               OPTION_LIST,                                                                  \
                               &(d).known_text,                                                              \
                               "HEX",                                                                        \
                               "a measurement that members may have",                                        \
                               NULL,                                                                         \
                               false },                                                                      \
    {                                                                                                        \
        "state", OPTION_TEXT, &(d).state, "DIR", "keeps checkpoints between calls: logs must extend them",   \
            NULL, false                                                                                      \
    }

static void print(struct desk *d, const struct buf *line)
{
    struct span s = buf_span(line);
    if (!buf_ok(line) || fwrite(s.p, 1, s.n, stdout) != s.n || fputc('\n', stdout) == EOF || fflush(stdout))
        d->failed = true;
}

static void say_log(struct buf *b, const struct member_id *id)
{
    jw_member_hex(b, "log", SPAN(id->b));
}

static void print_leaf(struct desk *d, const struct member_id *log, uint64_t index, const struct leaf *l)
{
    SR_OWN(buf) b = { 0 };
    jw_object(&b);
    jw_member_u64(&b, "index", index);
    jw_name(&b, "leaf");
    leaf_describe(l, &b);
    say_log(&b, log);
    jw_object_end(&b);
    print(d, &b);
}

static void print_measurements(struct desk *d)
{
    size_t n;
    const struct audit_measurement *m = audit_measurements(auditor_audit(d->auditor), &n);
    for (; d->measurements < n; d->measurements++) {
        SR_OWN(buf) b = { 0 };
        const struct audit_measurement *at = &m[d->measurements];
        jw_object(&b);
        jw_member_u64(&b, "first_time", at->first_time);
        jw_member_hex(&b, "measurement", SPAN(at->value.b));
        jw_member_u64(&b, "members", at->members);
        jw_member_u64(&b, "policy_number", at->policy_number);
        jw_member_u64(&b, "workloads", at->workloads);
        jw_object_end(&b);
        print(d, &b);
    }
}

static void on_finding(void *ctx, const struct audit_finding *f)
{
    SR_OWN(buf) b = { 0 };
    jw_object(&b);
    jw_member_text(&b, "finding", audit_code_text(f->code));
    jw_member_u64(&b, "index", f->index);
    say_log(&b, &f->log);
    jw_member_text(&b, "text", f->text);
    jw_object_end(&b);
    print(ctx, &b);
}

static void on_state(void *ctx, const struct member_id *log, enum auditor_state s, const struct sr_why *why)
{
    static const char *const text[] = {
        [AUDITOR_FINE] = "fine", [AUDITOR_AWAY] = "away", [AUDITOR_BROKEN] = "broken"
    };
    SR_OWN(buf) b = { 0 };
    jw_object(&b);
    say_log(&b, log);
    jw_member_text(&b, "reason", sr_reason_text(s == AUDITOR_FINE ? R_NONE : why->reason));
    jw_member_text(&b, "state", text[s]);
    jw_object_end(&b);
    print(ctx, &b);
}

/* What members do all day is no news; what is not in this list is. */
static bool usual(enum leaf_type t)
{
    static const enum leaf_type types[] = { LEAF_ENROLMENT, LEAF_PUT,  LEAF_DELETE,          LEAF_RELEASE,
                                            LEAF_START,     LEAF_STOP, LEAF_REFUSALS_COUNTED };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i] == t)
            return true;
    return false;
}

static void on_leaf(void *ctx, const struct member_id *log, uint64_t index, const struct leaf *l)
{
    struct desk *d = ctx;
    if (d->list || (d->news && !usual(l->type)))
        print_leaf(d, log, index, l);
    if (d->news)
        print_measurements(d);
}

static enum sr_err open_desk(struct desk *d, struct auditor_options *o, struct sr_why *why)
{
    for (size_t i = 0; i < d->known_text.n; i++)
        if (hex_read(span_of(d->known_text.v[i]), d->known[i].b, sizeof d->known[i].b) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_CONFIG, "--known is 64 hex digits");
    *o = (struct auditor_options){ .remote = &d->remote,
                                   .state = d->state,
                                   .known = d->known,
                                   .known_n = d->known_text.n,
                                   .on_leaf = on_leaf,
                                   .on_finding = on_finding,
                                   .on_state = on_state,
                                   .ctx = d };
    return auditor_new(o, &d->auditor, why);
}

/* ---- audit: once ---- */

static void print_logs(struct desk *d)
{
    size_t n;
    const struct audit_log *l = audit_logs(auditor_audit(d->auditor), &n);
    for (size_t i = 0; i < n; i++) {
        SR_OWN(buf) b = { 0 };
        jw_object(&b);
        jw_member_u64(&b, "joins", l[i].by_type[LEAF_JOIN_GRANTED]);
        jw_member_u64(&b, "leaves", l[i].leaves);
        say_log(&b, &l[i].id);
        jw_member_u64(&b, "members", l[i].by_type[LEAF_MEMBER]);
        jw_member_u64(&b, "policy_number", l[i].policy_number);
        jw_member_u64(&b, "refusals", l[i].by_type[LEAF_REFUSAL]);
        jw_member_u64(&b, "releases", l[i].by_type[LEAF_RELEASE]);
        jw_object_end(&b);
        print(d, &b);
    }
}

static enum cli_exit verdict(struct desk *d, const struct auditor_round *r)
{
    SR_OWN(buf) b = { 0 };
    const struct audit *a = auditor_audit(d->auditor);
    jw_object(&b);
    jw_member_u64(&b, "away", r->away);
    jw_member_u64(&b, "broken", r->broken);
    jw_member_u64(&b, "findings", audit_findings(a));
    jw_member_u64(&b, "logs", r->members);
    jw_member_u64(&b, "unread_granters", audit_unread(a));
    jw_object_end(&b);
    print(d, &b);
    if (r->broken || audit_findings(a))
        return EXIT_REFUSED;
    return d->failed ? EXIT_INTERNAL : r->away ? EXIT_NO_PEER : EXIT_DONE;
}

static enum cli_exit log_audit_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    SR_OWN(desk) d = { 0 };
    struct auditor_options o;
    struct auditor_round r;
    const struct option_row rows[] = {
        DESK_ROWS(d),
        { "list", OPTION_FLAG, &d.list, NULL, "print every leaf of every log too", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    enum sr_err done = open_desk(&d, &o, &why);
    if (done == SR_OK)
        done = auditor_go(d.auditor, &r, &why);
    if (done != SR_OK)
        return cli_fail(c, done, &why);
    print_logs(&d);
    print_measurements(&d);
    return verdict(&d, &r);
}

/* ---- watch: for good ---- */

enum { EVERY_USUAL = 60, EVERY_MOST = 86400 };

/* A first node that does not answer is news as well, and no reason to stop watching. */
static void watch_round(struct desk *d, struct auditor_round *ret, enum sr_err *ret_err)
{
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    enum sr_err was = *ret_err;
    *ret_err = auditor_go(d->auditor, ret, &why);
    print_measurements(d);
    if (*ret_err == was)
        return;
    jw_object(&b);
    jw_member_text(&b, "network", *ret_err == SR_OK ? "answers" : "does not answer");
    jw_member_text(&b, "reason", sr_reason_text(*ret_err == SR_OK ? R_NONE : why.reason));
    jw_object_end(&b);
    print(d, &b);
}

static enum cli_exit watch(struct desk *d)
{
    struct auditor_round r = { 0 };
    enum sr_err e = SR_OK;
    for (uint64_t i = 0; (d->rounds == 0 || i < d->rounds) && !d->failed; i++) {
        if (i > 0)
            sleep((unsigned)d->every);
        watch_round(d, &r, &e);
        d->news = d->news || e == SR_OK;
    }
    if (r.broken || audit_findings(auditor_audit(d->auditor)) || e == SR_EPROOF)
        return EXIT_REFUSED;
    return d->failed ? EXIT_INTERNAL : e != SR_OK || r.away ? EXIT_NO_PEER : EXIT_DONE;
}

static enum cli_exit log_watch_command(struct cli *c)
{
    struct cli_args args = { 0 };
    struct sr_why why = { 0 };
    enum cli_exit e;
    SR_OWN(desk) d = { .every = EVERY_USUAL };
    struct auditor_options o;
    const struct option_row rows[] = {
        DESK_ROWS(d),
        { "every", OPTION_UINT, &d.every, "SECONDS", "between rounds (60)", NULL, false },
        { "rounds", OPTION_UINT, &d.rounds, "N", "ends after so many (0: never)", NULL, false },
        { 0 },
    };
    if (!cli_read(c, rows, 0, 0, &args, &e))
        return e;
    if (d.every == 0 || d.every > EVERY_MOST)
        return cli_usage(c, "--every is 1 to %d seconds", EVERY_MOST);
    enum sr_err done = open_desk(&d, &o, &why);
    return done == SR_OK ? watch(&d) : cli_fail(c, done, &why);
}

const struct command commands_audit[] = {
    { "log audit", NULL, "read all members' logs and say what they hold and what does not fit",
      "Asks one member for the others, verifies each log from its first leaf, and holds them against each\n"
      "other and against the published policies: a line for each log, each measurement, each finding and\n"
      "each log that was not read, then the sums. Exit status 1: something does not verify or does not fit;\n"
      "3: nothing of that, but not every log was read.",
      log_audit_command },
    { "log watch", NULL, "follow all members' logs and print what is new and matters",
      "As log audit, round after round. Prints joins, policies, refusals of genuine machines, measurements\n"
      "seen for the first time, epochs, recoveries, findings, and logs that stop answering or verifying.\n"
      "What was there before the first round is not printed.",
      log_watch_command },
    { 0 },
};
