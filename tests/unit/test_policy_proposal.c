/* Proposals: who has signed, whether they still follow, who may sign, and what a draft becomes. The policies
 * are those that another implementation signed (tests/vectors/policy/make.py): number 2 by two of three
 * operators, 3 by all. */
#include "proto/policy_proposal.h"

#include "crypto/text.h"
#include "tests/t.h"

#include <stdlib.h>

enum { OPERATORS = 3, POLICIES = 3 };

struct lab {
    struct key_set operators; /* sorted, as in a record */
    struct sha256 cid, other_cid;
    struct policy_signed s[POLICIES + 1]; /* by number */
};

static void read_file(const char *path, struct buf *ret)
{
    uint8_t some[4096];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(some, 1, sizeof some, f) : 0;
    T_ROW(n > 0 && n < sizeof some, path);
    wr_span(ret, (struct span){ some, n });
    if (f)
        fclose(f);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static void lab_open(struct lab *l)
{
    SR_OWN(buf) facts = { 0 };
    char path[64];
    for (int i = 1; i <= POLICIES; i++) {
        SR_OWN(buf) text = { 0 };
        snprintf(path, sizeof path, "tests/vectors/policy/%d.json", i);
        read_file(path, &text);
        T(policy_signed_parse(buf_span(&text), &l->s[i], NULL) == SR_OK);
    }
    read_file("tests/vectors/policy/facts", &facts);
    struct reader r = rd_init(buf_span(&facts));
    for (int i = 0; i < OPERATORS; i++) {
        T(hex_read(rd_span(&r, 64), l->operators.key[i].b, 32) == SR_OK);
        (void)rd_u8(&r);
    }
    l->operators.n = OPERATORS;
    l->operators.k = 2;
    qsort(l->operators.key, OPERATORS, sizeof l->operators.key[0], by_bytes);
    for (int i = 0; i < 32; i++)
        l->cid.b[i] = (uint8_t)i;
    l->other_cid = (struct sha256){ { 9 } };
}

static void lab_close(struct lab *l)
{
    for (int i = 1; i <= POLICIES; i++)
        policy_signed_drop(&l->s[i]);
}

static struct policy_ground on(const struct lab *l, int now)
{
    return (struct policy_ground){ &l->cid, &l->operators, l->s[now].policy };
}

/* ---- how far it has come ---- */

static void signatures_are_counted(const struct lab *l)
{
    static const struct row {
        const char *name;
        int policy;
        size_t k, good, missing;
    } rows[] = {
        { "two of two", 2, 2, 2, 0 },  { "two of three", 2, 3, 2, 1 },   { "three of two", 3, 2, 3, 0 },
        { "none of two", 1, 2, 0, 2 }, { "three of three", 3, 3, 3, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key_set o = l->operators;
        o.k = rows[i].k;
        struct policy_ground g = { &l->cid, &o, l->s[1].policy };
        struct policy_progress p = policy_progress(&l->s[rows[i].policy], &g);
        size_t signers = 0;
        for (int j = 0; j < OPERATORS; j++)
            signers += p.operators[j] == SIGNER_GOOD;
        T_ROW(p.good == rows[i].good && p.missing == rows[i].missing && !p.spoilt, rows[i].name);
        T_ROW(signers == rows[i].good, rows[i].name);
    }
}

static void those_that_do_not_count_are_named(const struct lab *l)
{
    struct policy_ground elsewhere = { &l->other_cid, &l->operators, l->s[1].policy };
    struct policy_progress p = policy_progress(&l->s[2], &elsewhere);
    T(p.spoilt && p.good == 0 && p.missing == 2);
    T(p.sigs[0] == SIGNER_WRONG && p.sigs[1] == SIGNER_WRONG);

    struct key_set fewer = l->operators;
    memcpy(&fewer.key[0], &l->s[2].sigs.v[0].key, sizeof fewer.key[0]);
    fewer.n = fewer.k = 1;
    struct policy_ground g = { &l->cid, &fewer, l->s[1].policy };
    p = policy_progress(&l->s[2], &g);
    T(p.spoilt && p.good == 1 && p.sigs[0] == SIGNER_GOOD && p.sigs[1] == SIGNER_STRANGER);

    struct policy_signed moved = { .policy = l->s[3].policy, .sigs = l->s[2].sigs };
    g = on(l, 2);
    p = policy_progress(&moved, &g);
    T(p.spoilt && p.good == 0 && p.sigs[0] == SIGNER_WRONG && p.follows == R_NONE);
}

/* Number 2 once more, with another min_epoch. */
static void fork_of_2(const struct lab *l, struct policy **ret)
{
    SR_OWN(buf) document = { 0 };
    SR_OWN(buf) draft = { 0 };
    struct span d = policy_document(l->s[2].policy);
    const uint8_t *at = memmem(d.p, d.n, "\"min_epoch\":1", 13);
    T(at != NULL);
    wr_span(&draft, (struct span){ d.p, (size_t)(at - d.p) });
    wr_text(&draft, "\"min_epoch\":2");
    wr_span(&draft, (struct span){ at + 13, d.n - (size_t)(at + 13 - d.p) });
    T(policy_propose(buf_span(&draft), l->s[1].policy, &document, NULL) == SR_OK);
    T(policy_parse(buf_span(&document), ret, NULL) == SR_OK);
}

static void it_is_said_whether_it_follows(const struct lab *l)
{
    static const struct row {
        const char *name;
        int now, policy; /* policy 0: the fork of number 2 */
        enum sr_reason follows;
        bool in_force;
    } rows[] = {
        { "the next", 1, 2, R_NONE, false },
        { "the one in force", 2, 2, R_POLICY_OLD, true },
        { "superseded", 3, 2, R_POLICY_OLD, false },
        { "another of that number", 2, 0, R_POLICY_FORK, false },
        { "one is missing in between", 1, 3, R_POLICY_GAP, false },
    };
    SR_OWN(policy_hold) fork = { 0 };
    fork_of_2(l, &fork.p);
    const struct policy_signed forked = { .policy = fork.p };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy_ground g = on(l, rows[i].now);
        struct policy_progress p = policy_progress(rows[i].policy ? &l->s[rows[i].policy] : &forked, &g);
        T_ROW(p.follows == rows[i].follows && p.in_force == rows[i].in_force, rows[i].name);
    }
    struct policy_ground after = { &l->cid, &l->operators, fork.p };
    T(policy_progress(&l->s[3], &after).follows == R_POLICY_CHAIN);
}

/* ---- who may sign ---- */

static void who_may_sign(const struct lab *l)
{
    struct sr_why why = { 0 };
    const struct sign_pub stranger = { { 7 } };
    struct policy_ground g = on(l, 1);
    struct policy_signed fresh = { .policy = l->s[2].policy };
    struct policy_signed one = { .policy = l->s[2].policy, .sigs = { { l->s[2].sigs.v[0] }, 1 } };
    const struct sign_pub *first = &l->s[2].sigs.v[0].key, *second = &l->s[2].sigs.v[1].key;
    T(policy_may_sign(&fresh, &g, first, &why) == SR_OK);
    T(policy_may_sign(&one, &g, second, &why) == SR_OK);
    T(policy_may_sign(&one, &g, first, &why) == SR_EDENIED && why.reason == R_POLICY_SIGNATURES);
    T(policy_may_sign(&one, &g, &stranger, &why) == SR_EDENIED && why.reason == R_POLICY_SIGNATURES);
    T(policy_may_sign(&l->s[1], &g, first, &why) == SR_EDENIED && why.reason == R_POLICY_SIGNATURES);

    one.sigs.v[0].sig.b[5] ^= 1;
    T(policy_may_sign(&one, &g, second, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES);
    one.sigs.v[0] = l->s[2].sigs.v[0];
    one.sigs.v[0].key = stranger;
    T(policy_may_sign(&one, &g, second, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES);
    one.sigs.v[0] = l->s[2].sigs.v[0];
    struct policy_ground elsewhere = { &l->other_cid, &l->operators, l->s[1].policy };
    T(policy_may_sign(&one, &elsewhere, second, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES);

    g = on(l, 3);
    T(policy_may_sign(&fresh, &g, first, &why) == SR_ESTALE && why.reason == R_POLICY_OLD);
    struct policy_signed third = { .policy = l->s[3].policy };
    g = on(l, 1);
    T(policy_may_sign(&third, &g, first, &why) == SR_ENOENT && why.reason == R_POLICY_GAP);
}

/* ---- drafts ---- */

static void propose(const struct lab *l, const char *draft, struct buf *ret)
{
    struct sr_why why = { 0 };
    T_ROW(policy_propose(span_of(draft), l->s[2].policy, ret, &why) == SR_OK, why.text);
}

static void number_and_previous_are_set(const struct lab *l)
{
    static const char *const drafts[] = {
        "{\"version\":1, \"min_epoch\":1, \"channel_binding\":\"required\", \"join\":[], \"release\":[],\n"
        "\"tenants\":[]}",
        "{\"tenants\":[],\"previous\":\"00\",\"version\":1,\"number\":1,\"min_epoch\":1,\"channel_binding\":"
        "\"required\",\"join\":[],\"release\":[]}",
        "{\"previous\":[],\"version\":1,\"number\":{\"x\":1},\"tenants\":[],\"min_epoch\":1,\"channel_"
        "binding\":"
        "\"required\",\"join\":[],\"release\":[]}",
    };
    SR_OWN(buf) first = { 0 };
    propose(l, drafts[0], &first);
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
        SR_OWN(buf) document = { 0 };
        SR_OWN(policy_hold) p = { 0 };
        propose(l, drafts[i], &document);
        T_ROW(span_eq(buf_span(&document), buf_span(&first)), drafts[i]);
        T_ROW(policy_parse(buf_span(&document), &p.p, NULL) == SR_OK, drafts[i]);
        T(policy_number(p.p) == 3 && sha256_eq(policy_previous(p.p), policy_hash(l->s[2].policy)));
    }
}

static void a_draft_that_is_no_policy_is_refused(const struct lab *l)
{
    static const struct row {
        const char *draft;
        enum sr_reason want;
    } rows[] = {
        { "", R_JSON_SYNTAX },
        { "[]", R_JSON_SYNTAX },
        { "{}", R_JSON_MEMBER },
        { "{\"version\":1,\"version\":1}", R_JSON_MEMBER },
        { "{\"version\":1,\"min_epoch\":1,\"channel_binding\":\"required\",\"join\":[],\"release\":[],"
          "\"tenants\":[],\"extra\":1}",
          R_JSON_MEMBER },
        { "{\"version\":1,\"min_epoch\":0,\"channel_binding\":\"required\",\"join\":[],\"release\":[],"
          "\"tenants\":[]}",
          R_POLICY_FORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) document = { 0 };
        struct sr_why why = { 0 };
        T_ROW(policy_propose(span_of(rows[i].draft), l->s[2].policy, &document, &why) != SR_OK,
              rows[i].draft);
        T_ROW(why.reason == rows[i].want && document.n == 0, rows[i].draft);
    }
}

static void an_epoch_that_goes_back_is_refused(const struct lab *l)
{
    SR_OWN(policy_hold) later = { 0 };
    SR_OWN(buf) document = { 0 };
    struct sr_why why = { 0 };
    fork_of_2(l, &later.p);
    T(policy_propose(policy_document(l->s[2].policy), later.p, &document, &why) == SR_EPROOF);
    T(why.reason == R_POLICY_CHAIN && document.n == 0);
}

int main(void)
{
    static struct lab l;
    lab_open(&l);
    signatures_are_counted(&l);
    those_that_do_not_count_are_named(&l);
    it_is_said_whether_it_follows(&l);
    who_may_sign(&l);
    number_and_previous_are_set(&l);
    a_draft_that_is_no_policy_is_refused(&l);
    an_epoch_that_goes_back_is_refused(&l);
    lab_close(&l);
    return t_end();
}
