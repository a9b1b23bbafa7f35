#include "client/evidence_print.h"
#include "client/claims_file.h"
#include "proto/json.h"

static const char *word(const struct evidence_verdict *v)
{
    return v->err == SR_OK ? "accept" : "reject";
}

static const char *reason(const struct evidence_verdict *v)
{
    return sr_reason_text(v->err == SR_OK ? R_NONE : v->why.reason);
}

static void put_checks(struct buf *b, const struct check_trail *t)
{
    jw_name(b, "checks");
    jw_array(b);
    for (size_t i = 0; i < t->n; i++) {
        jw_object(b);
        jw_member_text(b, "name", t->c[i].name);
        jw_member_text(b, "outcome", check_outcome_text(t->c[i].outcome));
        if (t->c[i].reason != R_NONE)
            jw_member_text(b, "reason", sr_reason_text(t->c[i].reason));
        jw_object_end(b);
    }
    jw_array_end(b);
}

static void write_json(struct evidence_verdict *v, struct buf *b)
{
    SR_OWN(buf) claims = { 0 };
    claims_write_json(&v->claims, &claims);
    jw_object(b);
    jw_member_text(b, "appraisal", v->appraisal);
    put_checks(b, &v->trail);
    jw_name(b, "claims");
    jw_raw(b, buf_span(&claims));
    jw_member_text(b, "reason", reason(v));
    jw_member_text(b, "verdict", word(v));
    jw_object_end(b);
}

static void write_text(const struct evidence_verdict *v, struct buf *b)
{
    if (v->err == SR_OK)
        wr_fmt(b, "accept (%s appraisal)", v->appraisal);
    else
        wr_fmt(b, "reject: %s, %s (%s appraisal)", reason(v), v->why.text, v->appraisal);
    for (size_t i = 0; i < v->trail.n; i++) {
        const struct check_note *n = &v->trail.c[i];
        wr_fmt(b, "\n  %-22s %s%s%s", n->name, check_outcome_text(n->outcome), n->reason ? ": " : "",
               n->reason ? sr_reason_text(n->reason) : "");
    }
    if (v->claims.n)
        wr_fmt(b, "\nclaims");
    claims_write_text(&v->claims, b);
}

enum cli_exit evidence_print(const struct cli *c, struct evidence_verdict *v)
{
    SR_OWN(buf) out = { 0 };
    if (cli_json(c))
        write_json(v, &out);
    else
        write_text(v, &out);
    enum cli_exit e = cli_print(c, &out);
    return e == EXIT_DONE && v->err != SR_OK ? EXIT_REFUSED : e;
}
