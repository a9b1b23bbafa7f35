#include "client/preflight.h"

#include "crypto/text.h"

#include <stdarg.h>
#include <stdio.h>

typedef enum preflight_verdict verdict;

static verdict say(char text[static PREFLIGHT_TEXT_MAX], verdict v, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static verdict say(char text[static PREFLIGHT_TEXT_MAX], verdict v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, PREFLIGHT_TEXT_MAX, fmt, ap);
    va_end(ap);
    return v;
}

static verdict check_members(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    const struct preflight_others *o = &p->others;
    if (o->n == 0)
        return say(text, PREFLIGHT_FAILS,
                   "a network of one: if the new start does not open its masters, every key is lost. Let a "
                   "second member join first");
    if (o->answer == 0)
        return say(text, PREFLIGHT_FAILS,
                   "none of the %zu other members answers: nobody would serve meanwhile", o->n);
    return say(text, o->answer < o->n ? PREFLIGHT_WARNING : PREFLIGHT_OK, "%zu of %zu other members answer",
               o->answer, o->n);
}

static verdict check_policy(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    return p->others.other_policy
               ? say(text, PREFLIGHT_WARNING, "not every member goes by the same policy yet")
               : say(text, PREFLIGHT_OK, "policy %llu everywhere",
                     (unsigned long long)json_u64(json_get(json_get(p->here, "policy"), "number")));
}

static verdict check_epoch(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    return p->others.other_epoch ? say(text, PREFLIGHT_WARNING, "a rotation is under way: finish it first")
                                 : say(text, PREFLIGHT_OK, "epoch %llu everywhere",
                                       (unsigned long long)json_u64(json_get(p->here, "epoch")));
}

static verdict check_frozen(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    const struct json *f = json_get(p->here, "frozen");
    return json_bool(json_get(f, "by_policy"))
               ? say(text, PREFLIGHT_WARNING,
                     "joins are frozen: a member that loses its masters can't come back")
               : say(text, PREFLIGHT_OK, "joins are not frozen");
}

static verdict check_admitted(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    SR_OWN(buf) body = { 0 };
    SR_OWN(http_reply) reply = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    struct sr_why why = { 0 };
    if (!p->socket || !p->what)
        return say(text, PREFLIGHT_SKIPPED, "needs --socket and an announcement");
    announcement_write(p->what, &body);
    const struct http_call call = { .method = "POST",
                                    .path = "/sealring/v1/admin/foresee",
                                    .type = "application/json",
                                    .body = buf_span(&body) };
    if (http_client_call(p->socket, &call, &reply, &why) != SR_OK ||
        json_parse(buf_span(&reply.body), &doc, &why) != SR_OK)
        return say(text, PREFLIGHT_FAILS, "the member can't tell (%s): %s", sr_reason_text(why.reason),
                   why.text);
    const struct json *root = json_root(&doc);
    struct span reason = json_str(json_get(root, "reason")), rule = json_str(json_get(root, "rule"));
    return json_bool(json_get(root, "allowed"))
               ? say(text, PREFLIGHT_OK, "rule %.*s of the policy lets it join", (int)rule.n,
                     (const char *)rule.p)
               : say(text, PREFLIGHT_FAILS,
                     "the policy would not let it join (%.*s): it may not be sealed to", (int)reason.n,
                     (const char *)reason.p);
}

static verdict check_sealed(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    struct sha256 code;
    struct span ahead = json_str(json_get(p->here, "sealed_ahead"));
    if (!p->what)
        return say(text, PREFLIGHT_SKIPPED, "needs an announcement");
    if (span_eq(json_str(json_get(p->here, "sealed")), SPAN_STR("none")))
        return say(text, PREFLIGHT_OK, "nothing is sealed here: each start fetches the masters");
    if (hex_read(ahead, code.b, sizeof code.b) != SR_OK)
        return say(text, PREFLIGHT_WARNING,
                   "not sealed ahead yet: sealring upgrade reseal, or it will have to join again");
    return sha256_eq(&code, &p->what->file[0])
               ? say(text, PREFLIGHT_OK, "the masters are sealed ahead to this program")
               : say(text, PREFLIGHT_WARNING, "the masters are sealed ahead to another program");
}

static verdict check_warnings(const struct preflight *p, char text[static PREFLIGHT_TEXT_MAX])
{
    const struct json *w = json_get(p->here, "warnings");
    struct span first = json_str(json_first(w));
    return json_count(w) == 0
               ? say(text, PREFLIGHT_OK, "the member warns of nothing")
               : say(text, PREFLIGHT_WARNING, "the member warns: %.*s%s", (int)first.n, (const char *)first.p,
                     json_count(w) > 1 ? " (and more: see status)" : "");
}

const struct preflight_check preflight_checks[] = {
    { "members", check_members },   { "policy", check_policy },
    { "epoch", check_epoch },       { "frozen", check_frozen },
    { "admitted", check_admitted }, { "sealed", check_sealed },
    { "warnings", check_warnings }, { 0 },
};
