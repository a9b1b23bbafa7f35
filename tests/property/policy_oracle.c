/* policy_oracle.c - the policy code as a filter, for policy.py to compare with its own. One question a line:
 *   J hex-of-text                                      canonical text in hex, or !reason
 *   P hex-of-document                                  hash in hex, or !reason
 *   G pattern path                                     0 or 1
 *   E policy claims own refs tenant path usage         the verdict explained, in JSON; the first four are
 * hex of JSON texts, "-" for no own claims and no reference values; tenant "-" asks about joining */
#include "crypto/text.h"
#include "proto/claims.h"
#include "proto/glob.h"
#include "proto/policy_explain.h"
#include "proto/policy_refs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void unhex(const char *word, struct buf *ret)
{
    size_t n = strlen(word) / 2;
    uint8_t *at = wr_room(ret, n);
    if (!at || hex_read(span_of(word), at, n) != SR_OK)
        exit(2);
}

static void answer(enum sr_err e, const struct sr_why *why, struct span text, int hex)
{
    SR_OWN(buf) b = { 0 };
    if (hex)
        wr_hex(&b, text);
    else
        wr_span(&b, text);
    if (e == SR_OK)
        printf("%.*s\n", (int)b.n, (const char *)b.p);
    else
        printf("!%s\n", sr_reason_text(why->reason));
}

static void canonical(const char *word)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) out = { 0 };
    struct sr_why why = { 0 };
    unhex(word, &text);
    enum sr_err e = json_canonical(buf_span(&text), &out, &why);
    answer(e, &why, buf_span(&out), 1);
}

static void parse(const char *word)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    struct sr_why why = { 0 };
    unhex(word, &text);
    enum sr_err e = policy_parse(buf_span(&text), &p.p, &why);
    answer(e, &why, e == SR_OK ? SPAN(policy_hash(p.p)->b) : (struct span){ 0 }, 1);
}

static void claims_from(const char *word, struct claims *ret)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    unhex(word, &text);
    if (json_parse(buf_span(&text), &doc, NULL) != SR_OK)
        exit(2);
    for (const struct json *v = json_first(json_root(&doc)); v; v = json_next(v)) {
        char name[JSON_NAME_MAX + 1] = { 0 };
        memcpy(name, json_name(v).p, json_name(v).n);
        if (json_type(v) == JSON_STR)
            claims_put_text(ret, name, json_str(v));
        else if (json_type(v) == JSON_BOOL)
            claims_put_bool(ret, name, json_bool(v));
        else
            claims_put_uint(ret, name, json_u64(v));
    }
    if (!claims_ok(ret))
        exit(2);
}

/* Whether there are any. */
static bool refs_from(const char *word, struct policy_refs *ret)
{
    SR_OWN(buf) text = { 0 };
    if (strcmp(word, "-") == 0)
        return false;
    unhex(word, &text);
    if (policy_refs_read_json(buf_span(&text), ret, NULL) != SR_OK)
        exit(2);
    return true;
}

static void evaluate(char *const word[7])
{
    static struct claims peer, own;
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) out = { 0 };
    SR_OWN(policy_hold) p = { 0 };
    SR_OWN(policy_refs) refs = { 0 };
    struct policy_verdict v;
    peer = own = (struct claims){ 0 };
    int has_own = strcmp(word[2], "-") != 0;
    unhex(word[0], &document);
    claims_from(word[1], &peer);
    if (has_own)
        claims_from(word[2], &own);
    if (policy_parse(buf_span(&document), &p.p, NULL) != SR_OK)
        exit(2);
    const struct claims *self = has_own ? &own : NULL;
    const struct policy_want want = { span_of(word[4]), span_of(word[5]),
                                      (enum policy_usage)policy_usage_find(span_of(word[6])),
                                      refs_from(word[3], &refs) ? &refs : NULL };
    enum sr_err e = strcmp(word[4], "-") == 0 ? policy_join(p.p, &peer, self, &v, NULL)
                                              : policy_release(p.p, &peer, self, &want, &v, NULL);
    policy_explain_json(p.p, &v, &out);
    if (e != v.err || !json_is_canonical(buf_span(&out)))
        exit(3);
    answer(SR_OK, NULL, buf_span(&out), 0);
}

int main(void)
{
    static char line[1 << 20];
    if (secret_init() != SR_OK)
        return 2;
    while (fgets(line, sizeof line, stdin)) {
        char *word[9] = { 0 };
        size_t n = 0;
        for (char *w = strtok(line, " \n"); w && n < 9; w = strtok(NULL, " \n"))
            word[n++] = w;
        if (n == 2 && *word[0] == 'J')
            canonical(word[1]);
        else if (n == 2 && *word[0] == 'P')
            parse(word[1]);
        else if (n == 3 && *word[0] == 'G')
            printf("%d\n", glob_match(span_of(word[1]), span_of(word[2])));
        else if (n == 8 && *word[0] == 'E')
            evaluate(word + 1);
        else
            return 2;
    }
    return 0;
}
