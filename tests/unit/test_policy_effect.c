/* What a proposal changes: between documents, and for claims. */
#include "proto/policy_effect.h"

#include "proto/claims.h"
#include "proto/json.h"
#include "tests/t.h"

#define HEAD                                                                                                 \
    "{\"version\":1,\"number\":1,\"previous\":"                                                              \
    "\"00000000000000000000000000000000000000000000000000000000000000"                                       \
    "00\",\"channel_binding\":\"optional\","
#define ADMIN "\"0707070707070707070707070707070707070707070707070707070707070707\""
#define TENANT(name, secrets)                                                                                \
    "{\"name\":\"" name "\",\"admins\":[" ADMIN "],\"max_secrets\":" secrets ",\"max_bytes\":9}"
#define RULE(effect, name, code)                                                                             \
    "{" effect "\"name\":\"" name                                                                            \
    "\",\"type\":\"tpm\",\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"" code "\"}]}"
#define GIVE(effect, name, code, keys, usages)                                                               \
    "{" effect "\"name\":\"" name "\",\"type\":\"tpm\",\"tenant\":\"acme\",\"keys\":[" keys                  \
    "],\"usages\":[" usages "],\"where\":[{\"claim\":\"code\",\"op\":\"eq\",\"value\":\"" code "\"}]}"
#define DENY "\"effect\":\"deny\","
#define POLICY(more, join, release, tenants)                                                                 \
    HEAD more "\"join\":[" join "],\"release\":[" release "],\"tenants\":[" tenants "]}"
#define ACME TENANT("acme", "5")

static struct policy *made(const char *text)
{
    SR_OWN(buf) document = { 0 };
    struct policy *p = NULL;
    struct sr_why why = { 0 };
    T_ROW(json_canonical(span_of(text), &document, &why) == SR_OK, why.text);
    T_ROW(policy_parse(buf_span(&document), &p, &why) == SR_OK, why.text);
    return p;
}

/* ---- documents: one line a change, as "+join a", "~min_epoch", "!" when it waits ---- */

static void note(void *ctx, const struct policy_change *c)
{
    struct buf *b = ctx;
    wr_fmt(b, "%c", "+-~"[c->kind]);
    wr_span(b, c->member);
    if (c->name.n) {
        wr_text(b, " ");
        wr_span(b, c->name);
    }
    wr_text(b, c->waits ? "! " : " ");
    T((c->kind == CHANGE_ADDED) == (c->before.n == 0) && (c->kind == CHANGE_REMOVED) == (c->after.n == 0));
    T(!span_eq(c->before, c->after));
}

#define E1 "\"min_epoch\":1,"
#define D1 E1 "\"join_delay\":60,"

static const struct row {
    const char *name, *before, *after, *want;
} rows[] = {
    { "the same", POLICY(E1, RULE("", "a", "a"), "", ACME), POLICY(E1, RULE("", "a", "a"), "", ACME), "" },
    { "another order is no change", POLICY(E1, RULE("", "a", "a") "," RULE("", "b", "b"), "", ACME),
      POLICY(E1, RULE("", "b", "b") "," RULE("", "a", "a"), "", ACME), "" },
    { "a rule comes", POLICY(E1, RULE("", "a", "a"), "", ACME),
      POLICY(E1, RULE("", "a", "a") "," RULE("", "b", "b"), "", ACME), "+join b " },
    { "a rule goes", POLICY(E1, RULE("", "a", "a"), "", ACME), POLICY(E1, "", "", ACME), "-join a " },
    { "a rule says something else", POLICY(E1, RULE("", "a", "a"), "", ACME),
      POLICY(E1, RULE("", "a", "b"), "", ACME), "~join a " },
    { "an addition waits", POLICY(D1, RULE("", "a", "a"), "", ACME),
      POLICY(D1, RULE("", "a", "a") "," RULE("", "b", "b"), "", ACME), "+join b! " },
    { "other words under an old name wait", POLICY(D1, RULE("", "a", "a"), "", ACME),
      POLICY(D1, RULE("", "a", "b"), "", ACME), "~join a! " },
    { "what goes does not", POLICY(D1, RULE("", "a", "a"), "", ACME), POLICY(D1, "", "", ACME), "-join a " },
    { "a deny rule that goes waits", POLICY(D1, RULE(DENY, "a", "a"), "", ACME), POLICY(D1, "", "", ACME),
      "-join a! " },
    { "one that comes does not", POLICY(D1, "", "", ACME), POLICY(D1, RULE(DENY, "a", "a"), "", ACME),
      "+join a " },
    { "a release rule never waits", POLICY(D1, "", "", ACME),
      POLICY(D1, "", GIVE("", "w", "a", "\"k\"", "\"raw\""), ACME), "+release w " },
    { "a delay that goes waits", POLICY(D1, "", "", ACME), POLICY(E1, "", "", ACME), "-join_delay! " },
    { "one that comes does not", POLICY(E1, "", "", ACME), POLICY(D1, "", "", ACME), "+join_delay " },
    { "an epoch", POLICY(E1, "", "", ACME), POLICY("\"min_epoch\":2,", "", "", ACME), "~min_epoch " },
    { "a destruction", POLICY("\"min_epoch\":2,", "", "", ACME),
      POLICY("\"min_epoch\":2,\"destroy_before\":2,", "", "", ACME), "+destroy_before " },
    { "tenants", POLICY(E1, "", "", ACME "," TENANT("gone", "1")),
      POLICY(E1, "", "", TENANT("acme", "6") "," TENANT("new", "1")),
      "~tenants acme -tenants gone +tenants new " },
    { "a freeze", POLICY(E1, "", "", ACME), POLICY(E1 "\"frozen\":[\"join\"],", "", "", ACME), "+frozen " },
    { "the first of a list", POLICY(E1, "", "", ""), POLICY(E1, RULE("", "a", "a"), "", ACME),
      "+join a +tenants acme " },
};

static void changes_are_found(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(policy_hold) before = { made(rows[i].before) };
        SR_OWN(policy_hold) after = { made(rows[i].after) };
        SR_OWN(buf) said = { 0 };
        T_ROW(policy_changes(before.p, after.p, note, &said) == SR_OK, rows[i].name);
        T_ROW(span_eq(buf_span(&said), span_of(rows[i].want)), rows[i].name);
    }
}

/* ---- claims ---- */

static void note_gift(void *ctx, const struct policy_gift *g)
{
    struct buf *b = ctx;
    wr_text(b, g->denied ? "!" : "");
    wr_span(b, g->keys);
    wr_fmt(b, "#%s ", policy_usage_name(g->usage));
}

static const struct gift_row {
    const char *name, *before, *after, *gains, *loses;
} gifts[] = {
    { "the same by another rule", GIVE("", "a", "x", "\"k\"", "\"raw\""),
      GIVE("", "b", "x", "\"k\"", "\"raw\""), "", "" },
    { "another pattern", GIVE("", "a", "x", "\"k\"", "\"raw\""), GIVE("", "a", "x", "\"l\"", "\"raw\""),
      "l#raw ", "k#raw " },
    { "another usage", GIVE("", "a", "x", "\"k\"", "\"raw\""),
      GIVE("", "a", "x", "\"k\"", "\"raw\",\"secret\""), "k#secret ", "" },
    { "for other code", GIVE("", "a", "x", "\"k\"", "\"raw\""), GIVE("", "a", "y", "\"k\"", "\"raw\""), "",
      "k#raw " },
    { "now for this code", GIVE("", "a", "y", "\"k\",\"l\"", "\"raw\""),
      GIVE("", "a", "x", "\"k\",\"l\"", "\"raw\""), "k#raw l#raw ", "" },
    { "twice is once", "", GIVE("", "a", "x", "\"k\"", "\"raw\"") "," GIVE("", "b", "x", "\"k\"", "\"raw\""),
      "k#raw ", "" },
    { "a deny rule that comes", GIVE("", "a", "x", "\"k\"", "\"raw\""),
      GIVE("", "a", "x", "\"k\"", "\"raw\"") "," GIVE(DENY, "d", "x", "\"**\"", "\"raw\""), "!**#raw ", "" },
    { "and one that goes", GIVE(DENY, "d", "x", "\"**\"", "\"raw\""), "", "", "!**#raw " },
};

static void what_claims_get_is_compared(void)
{
    static struct claims c;
    claims_put_text(&c, "type", SPAN_STR("tpm"));
    claims_put_text(&c, "code", SPAN_STR("x"));
    for (size_t i = 0; i < sizeof gifts / sizeof *gifts; i++) {
        char text[2][2048];
        snprintf(text[0], sizeof text[0], POLICY(E1, "", "%s", ACME), gifts[i].before);
        snprintf(text[1], sizeof text[1], POLICY(E1, "", "%s", ACME), gifts[i].after);
        SR_OWN(policy_hold) before = { made(text[0]) };
        SR_OWN(policy_hold) after = { made(text[1]) };
        SR_OWN(buf) gains = { 0 };
        SR_OWN(buf) loses = { 0 };
        policy_gifts_beyond(after.p, before.p, &(struct policy_asker){ &c, NULL }, note_gift, &gains);
        policy_gifts_beyond(before.p, after.p, &(struct policy_asker){ &c, NULL }, note_gift, &loses);
        T_ROW(span_eq(buf_span(&gains), span_of(gifts[i].gains)), gifts[i].name);
        T_ROW(span_eq(buf_span(&loses), span_of(gifts[i].loses)), gifts[i].name);
    }
}

/* Evidence of another type meets no rule, whatever its code. */
static void other_evidence_gets_nothing(void)
{
    static struct claims c;
    SR_OWN(policy_hold) none = { made(POLICY(E1, "", "", ACME)) };
    SR_OWN(policy_hold) some = { made(POLICY(E1, "", GIVE("", "a", "x", "\"k\"", "\"raw\""), ACME)) };
    SR_OWN(buf) gains = { 0 };
    claims_put_text(&c, "type", SPAN_STR("snp"));
    claims_put_text(&c, "code", SPAN_STR("x"));
    policy_gifts_beyond(some.p, none.p, &(struct policy_asker){ &c, NULL }, note_gift, &gains);
    T(gains.n == 0);
}

int main(void)
{
    changes_are_found();
    what_claims_get_is_compared();
    other_evidence_gets_nothing();
    return t_end();
}
