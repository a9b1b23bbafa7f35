/* policy_witness.c - who must have witnessed a log before anything leaves. */
#include "proto/policy_body.h"

#include <string.h>

enum { WAIT_LEAST = 100, WAIT_MOST = 60000, WAIT_USUAL = 5000 }; /* ms */

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "policy: witnesses: %s", what);
}

/* One key under two names would be two witnesses. */
static bool is_there(const struct policy_witnesses *w, const struct note_key *k)
{
    for (size_t i = 0; i < w->outside_n; i++)
        if (memcmp(&w->outside[i].pub, &k->pub, sizeof k->pub) == 0)
            return true;
    return false;
}

static enum sr_err outside_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    struct policy_witnesses *w = &p->witnesses;
    struct note_key *keys = policy_alloc(p, json_count(array) + 1, sizeof *keys);
    if (!keys)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    w->outside = keys;
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct note_key *k = &keys[w->outside_n];
        if (json_type(v) != JSON_STR || note_key_read(json_str(v), k) != SR_OK || k->type != NOTE_COSIGNATURE)
            return bad(why, "outside: not the key of a witness, NAME+ID+KEY of type 04");
        if (is_there(w, k))
            return bad(why, "outside: the same key twice");
        w->outside_n++;
    }
    return SR_OK;
}

static enum sr_err head_read(struct policy *p, const struct json *object, struct policy_head *ret,
                             struct sr_why *why)
{
    const struct json_field fields[] = {
        { "member", JSON_HEX, ret->member, sizeof ret->member, false },
        { "root", JSON_HEX, ret->root.b, sizeof ret->root.b, false },
        { "size", JSON_U64, &ret->size, 0, false },
        { 0 },
    };
    SR_TRY(json_fields(object, fields, why));
    for (size_t i = 0; i < p->witnesses.heads_n; i++)
        if (memcmp(p->witnesses.heads[i].member, ret->member, sizeof ret->member) == 0)
            return bad(why, "heads: the same member twice");
    return SR_OK;
}

static enum sr_err heads_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    struct policy_head *heads = policy_alloc(p, json_count(array) + 1, sizeof *heads);
    if (!heads)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    p->witnesses.heads = heads;
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        SR_TRY(head_read(p, v, &heads[p->witnesses.heads_n], why));
        p->witnesses.heads_n++;
    }
    return SR_OK;
}

const struct policy_head *policy_head(const struct policy *p, const uint8_t member[16])
{
    for (size_t i = 0; i < p->witnesses.heads_n; i++)
        if (memcmp(p->witnesses.heads[i].member, member, sizeof p->witnesses.heads[i].member) == 0)
            return &p->witnesses.heads[i];
    return NULL;
}

enum sr_err policy_witnesses_read(struct policy *p, const struct json *object, struct sr_why *why)
{
    struct policy_witnesses *w = &p->witnesses;
    const struct json *outside = NULL, *heads = NULL;
    w->restart = UINT64_MAX;
    w->wait_ms = WAIT_USUAL;
    const struct json_field fields[] = {
        { "heads", JSON_ARRAY, &heads, POLICY_HEADS_MAX, true },
        { "need", JSON_U64, &w->need, 0, false },
        { "outside", JSON_ARRAY, &outside, POLICY_WITNESSES_MAX, true },
        { "restart", JSON_U64, &w->restart, 0, true },
        { "wait_ms", JSON_U64, &w->wait_ms, 0, true },
        { 0 },
    };
    SR_TRY(json_fields(object, fields, why));
    if (w->restart == UINT64_MAX)
        w->restart = w->need;
    if (w->need < 1 || w->need > POLICY_WITNESSES_MAX)
        return bad(why, "need is not 1 to 15");
    if (w->restart > POLICY_WITNESSES_MAX)
        return bad(why, "restart is not 0 to 15");
    if (w->wait_ms < WAIT_LEAST || w->wait_ms > WAIT_MOST)
        return bad(why, "wait_ms is not 100 to 60000");
    SR_TRY(outside_read(p, outside, why));
    SR_TRY(heads_read(p, heads, why));
    p->witnessed = true;
    return SR_OK;
}

const struct policy_witnesses *policy_witnesses(const struct policy *p)
{
    return p->witnessed ? &p->witnesses : NULL;
}
