#include "client/proposal_print.h"

#include "crypto/text.h"
#include "proto/json.h"

static const char *const signer_words[] = {
    [SIGNER_NONE] = "not-signed",
    [SIGNER_GOOD] = "signed",
    [SIGNER_WRONG] = "wrong-signature",
    [SIGNER_STRANGER] = "no-operator",
};

static const char *follows_word(const struct policy_progress *p)
{
    if (p->in_force)
        return "in-force";
    return p->follows == R_NONE ? "next" : sr_reason_text(p->follows);
}

static bool counts(const struct policy_progress *p, size_t i)
{
    return p->sigs[i] == SIGNER_GOOD;
}

/* ---- in words ---- */

static void say_key(struct buf *b, enum policy_signer what, const struct sign_pub *key)
{
    wr_fmt(b, "  %-15s ", signer_words[what]);
    wr_hex(b, SPAN(key->b));
    wr_text(b, "\n");
}

static void say_follows(struct buf *b, const struct policy_ground *g, const struct policy_progress *p)
{
    unsigned long long now = policy_number(g->now);
    if (p->in_force)
        wr_fmt(b, "it is the policy in force, number %llu", now);
    else if (p->follows == R_NONE)
        wr_fmt(b, "it follows the policy in force, number %llu", now);
    else
        wr_fmt(b, "it does not follow the policy in force, number %llu (%s)", now,
               sr_reason_text(p->follows));
}

void proposal_text(const struct policy_signed *s, const struct policy_ground *g,
                   const struct policy_progress *p, struct buf *ret)
{
    wr_fmt(ret, "policy number %llu, hash ", (unsigned long long)policy_number(s->policy));
    wr_hex(ret, SPAN(policy_hash(s->policy)->b));
    wr_fmt(ret, "\n%zu of %zu signatures, %zu missing\n", p->good, g->operators->k, p->missing);
    for (size_t i = 0; i < g->operators->n; i++)
        say_key(ret, p->operators[i], &g->operators->key[i]);
    for (size_t i = 0; i < s->sigs.n; i++)
        if (p->sigs[i] == SIGNER_STRANGER)
            say_key(ret, p->sigs[i], &s->sigs.v[i].key);
    if (p->spoilt)
        wr_text(ret, "a signature that does not count spoils it: no member would take it\n");
    say_follows(ret, g, p);
}

/* ---- as JSON ---- */

static void put_operators(struct buf *b, const struct policy_ground *g, const struct policy_progress *p)
{
    jw_name(b, "operators");
    jw_array(b);
    for (size_t i = 0; i < g->operators->n; i++) {
        jw_object(b);
        jw_member_hex(b, "key", SPAN(g->operators->key[i].b));
        jw_member_bool(b, "signed", p->operators[i] == SIGNER_GOOD);
        jw_object_end(b);
    }
    jw_array_end(b);
}

static void put_spoilt(struct buf *b, const struct policy_signed *s, const struct policy_progress *p)
{
    jw_name(b, "spoilt");
    jw_array(b);
    for (size_t i = 0; i < s->sigs.n; i++) {
        if (counts(p, i))
            continue;
        jw_object(b);
        jw_member_hex(b, "key", SPAN(s->sigs.v[i].key.b));
        jw_member_text(b, "why", signer_words[p->sigs[i]]);
        jw_object_end(b);
    }
    jw_array_end(b);
}

void proposal_json(const struct policy_signed *s, const struct policy_ground *g,
                   const struct policy_progress *p, struct buf *ret)
{
    jw_object(ret);
    jw_member_text(ret, "follows", follows_word(p));
    jw_member_hex(ret, "hash", SPAN(policy_hash(s->policy)->b));
    jw_member_u64(ret, "missing", p->missing);
    jw_member_u64(ret, "needed", g->operators->k);
    jw_member_u64(ret, "number", policy_number(s->policy));
    put_operators(ret, g, p);
    put_spoilt(ret, s, p);
    jw_object_end(ret);
}
