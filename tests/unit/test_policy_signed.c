/* Policies signed by another implementation (tests/vectors/policy/make.py): what must be taken is, and
 * nothing near it. */
#include "crypto/text.h"
#include "proto/policy.h"
#include "tests/t.h"

#include <stdio.h>

enum { OPERATORS = 3 };

static struct sign_pub operators[OPERATORS];
static struct sha256 hashes[3];
static struct sha256 cid;
static struct buf texts[3];

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

static void read_vectors(void)
{
    SR_OWN(buf) facts = { 0 };
    char path[64];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "tests/vectors/policy/%d.json", i + 1);
        read_file(path, &texts[i]);
    }
    read_file("tests/vectors/policy/facts", &facts);
    struct reader r = rd_init(buf_span(&facts));
    for (int i = 0; i < 6; i++) {
        T(hex_read(rd_span(&r, 64), i < 3 ? operators[i].b : hashes[i - 3].b, 32) == SR_OK);
        (void)rd_u8(&r);
    }
    T(rd_end(&r));
    for (int i = 0; i < 32; i++)
        cid.b[i] = (uint8_t)i;
}

/* What a node does with bytes that claim to be a signed policy. */
static enum sr_err take(struct span text, size_t k, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(policy_signed_parse(text, &s, why));
    return policy_signed_check(&s, &cid, operators, OPERATORS, k, why);
}

static void another_implementation_s_policies_are_read(void)
{
    for (size_t i = 0; i < 3; i++) {
        SR_OWN(policy_signed) s = { 0 };
        SR_OWN(buf) again = { 0 };
        T(policy_signed_parse(buf_span(&texts[i]), &s, NULL) == SR_OK);
        T(policy_number(s.policy) == i + 1);
        T(sha256_eq(policy_hash(s.policy), &hashes[i]));
        policy_signed_write(&s, &again);
        T(span_eq(buf_span(&again), buf_span(&texts[i])));
    }
    T(take(buf_span(&texts[1]), 2, NULL) == SR_OK);
    T(take(buf_span(&texts[2]), 3, NULL) == SR_OK);
}

/* k signatures of n, in all small combinations: too few, or a k that makes no sense. */
static void fewer_than_k_signatures_are_refused(void)
{
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k <= 4; k++) {
            struct sr_why why = { 0 };
            size_t have = i == 0 ? 0 : i + 1;
            bool good = k >= 1 && k <= OPERATORS && have >= k;
            T(take(buf_span(&texts[i]), k, &why) == (good ? SR_OK : SR_EPROOF));
            T(why.reason == (good ? R_NONE : R_POLICY_SIGNATURES));
        }
    }
}

static void every_shorter_length_is_refused(void)
{
    for (size_t n = 0; n < texts[1].n; n++)
        T(take((struct span){ texts[1].p, n }, 2, NULL) != SR_OK);
}

static void every_flipped_bit_is_refused(void)
{
    SR_OWN(buf) copy = { 0 };
    wr_span(&copy, buf_span(&texts[1]));
    for (size_t bit = 0; bit < copy.n * 8; bit++) {
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(take(buf_span(&copy), 1, NULL) != SR_OK);
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(take(buf_span(&copy), 2, NULL) == SR_OK);
}

static void the_first_policy_is_the_pinned_one(void)
{
    SR_OWN(policy_signed) first = { 0 };
    SR_OWN(policy_signed) second = { 0 };
    struct sr_why why = { 0 };
    T(policy_signed_parse(buf_span(&texts[0]), &first, NULL) == SR_OK);
    T(policy_signed_parse(buf_span(&texts[1]), &second, NULL) == SR_OK);
    T(policy_first_check(first.policy, &hashes[0], NULL) == SR_OK);
    T(policy_first_check(first.policy, &hashes[1], &why) == SR_EPROOF && why.reason == R_POLICY_CHAIN);
    T(policy_first_check(second.policy, &hashes[1], &why) == SR_EPROOF && why.reason == R_POLICY_CHAIN);
}

static void a_flipped_bit_of_the_first_policy_is_another_policy(void)
{
    SR_OWN(buf) copy = { 0 };
    wr_span(&copy, buf_span(&texts[0]));
    for (size_t bit = 0; bit < copy.n * 8; bit++) {
        SR_OWN(policy_signed) s = { 0 };
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (policy_signed_parse(buf_span(&copy), &s, NULL) == SR_OK)
            T(policy_first_check(s.policy, &hashes[0], NULL) == SR_EPROOF);
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* The signed form with one piece of it replaced; texts[1] has two signatures. */
static const struct form_row {
    const char *label, *find, *replace;
    enum sr_reason want;
} form_rows[] = {
    { "no signatures member", ",\"signatures\":[", ",\"x\":[", R_JSON_MEMBER },
    { "unknown member", ",\"signatures\":[", ",\"q\":1,\"signatures\":[", R_JSON_MEMBER },
    { "no policy", "{\"policy\":{", "{\"police\":{", R_JSON_MEMBER },
    { "policy as text", "{\"policy\":{", "{\"policy\":\"\",\"q\":{", R_JSON_MEMBER },
    { "whitespace", ",\"signatures\"", ", \"signatures\"", R_JSON_CANONICAL },
    { "signature without key", "\"signatures\":[{\"key\":", "\"signatures\":[{\"kez\":", R_JSON_MEMBER },
    { "signature without sig", "\",\"sig\":\"", "\",\"sih\":\"", R_JSON_MEMBER },
    { "only a sig", "\"signatures\":[{", "\"signatures\":[{\"sig\":\"\"},{", R_JSON_MEMBER },
    { "an empty signature", "\"signatures\":[{", "\"signatures\":[{},{", R_JSON_MEMBER },
    { "a signature that is a text", "\"signatures\":[{", "\"signatures\":[\"\",{", R_JSON_MEMBER },
    { "a policy that is none", "\"version\":1}", "\"version\":2}", R_POLICY_FORMAT },
};

static void signed_forms_are_taken_strictly(void)
{
    for (size_t i = 0; i < sizeof form_rows / sizeof *form_rows; i++) {
        const struct form_row *r = &form_rows[i];
        SR_OWN(buf) text = { 0 };
        struct span whole = buf_span(&texts[1]);
        struct sr_why why = { 0 };
        const uint8_t *at = memmem(whole.p, whole.n, r->find, strlen(r->find));
        T_ROW(at != NULL, r->label);
        size_t head = (size_t)(at - whole.p), tail = head + strlen(r->find);
        wr_span(&text, (struct span){ whole.p, head });
        wr_text(&text, r->replace);
        wr_span(&text, (struct span){ whole.p + tail, whole.n - tail });
        T_ROW(take(buf_span(&text), 1, &why) != SR_OK && why.reason == r->want, r->label);
    }
}

/* Members that are there alone: one row for each half of a signature. */
static void half_a_signature_is_none(void)
{
    static const char *const halves[] = { "key", "sig" };
    for (size_t i = 0; i < 2; i++) {
        SR_OWN(policy_signed) s = { 0 };
        SR_OWN(buf) b = { 0 };
        struct span first = buf_span(&texts[0]);
        struct sr_why why = { 0 };
        uint8_t zeros[64] = { 0 };
        wr_span(&b, (struct span){ first.p, first.n - 2 });
        wr_fmt(&b, "{\"%s\":\"", halves[i]);
        wr_hex(&b, (struct span){ zeros, i == 0 ? 32 : 64 });
        wr_text(&b, "\"}]}");
        T_ROW(policy_signed_parse(buf_span(&b), &s, &why) == SR_EFORMAT, halves[i]);
        T_ROW(why.reason == R_JSON_MEMBER, halves[i]);
    }
}

static void a_signed_form_over_its_size_is_refused(void)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    T(wr_room(&b, POLICY_SIGNED_MAX + 1) != NULL);
    T(policy_signed_parse(buf_span(&b), &s, &why) == SR_ETOOBIG && why.reason == R_POLICY_FORMAT);
}

/* ---- threat T22: forged and rolled back policies, with keys of our own ---- */

static struct sign_key keys[5]; /* the operators are 0 to 2; 3 and 4 are strangers */
static struct sign_pub pubs[5];

static void make_keys(void)
{
    for (size_t i = 0; i < 5; i++) {
        struct key seed;
        memset(seed.b, (int)i + 1, sizeof seed.b);
        sign_from_seed(&seed, &keys[i], &pubs[i]);
    }
    for (size_t i = 0; i < 3; i++)
        T(memcmp(pubs[i].b, operators[i].b, 32) == 0); /* as OpenSSL derives them */
}

/* destroy_before: 0 leaves it out. */
static struct policy *draft_destroying(uint64_t number, const struct sha256 *previous, uint64_t min_epoch,
                                       uint64_t destroy_before)
{
    SR_OWN(buf) b = { 0 };
    struct policy *p = NULL;
    jw_object(&b);
    jw_member_text(&b, "channel_binding", "required");
    if (destroy_before)
        jw_member_u64(&b, "destroy_before", destroy_before);
    jw_name(&b, "join");
    jw_array(&b);
    jw_array_end(&b);
    jw_member_u64(&b, "min_epoch", min_epoch);
    jw_member_u64(&b, "number", number);
    jw_member_hex(&b, "previous", SPAN(previous->b));
    jw_name(&b, "release");
    jw_array(&b);
    jw_array_end(&b);
    jw_name(&b, "tenants");
    jw_array(&b);
    jw_array_end(&b);
    jw_member_u64(&b, "version", 1);
    jw_object_end(&b);
    T(policy_parse(buf_span(&b), &p, NULL) == SR_OK);
    return p;
}

static struct policy *draft(uint64_t number, const struct sha256 *previous, uint64_t min_epoch)
{
    return draft_destroying(number, previous, min_epoch, 0);
}

static enum sr_err checked(struct policy_signed *s, struct sr_why *why)
{
    *why = (struct sr_why){ 0 };
    return policy_signed_check(s, &cid, operators, OPERATORS, 2, why);
}

static void two_operators_are_enough_in_any_order(void)
{
    for (size_t a = 0; a < 3; a++) {
        for (size_t b = 0; b < 3; b++) {
            SR_OWN(policy_signed) s = { .policy = draft(2, &hashes[0], 1) };
            SR_OWN(buf) text = { 0 };
            struct sr_why why;
            struct approval one = policy_sign(s.policy, &cid, &keys[a], &pubs[a]);
            struct approval two = policy_sign(s.policy, &cid, &keys[b], &pubs[b]);
            T(policy_signed_add(&s, &one, NULL) == SR_OK);
            T(checked(&s, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES); /* k - 1 */
            enum sr_err e = policy_signed_add(&s, &two, &why);
            T(e == (a == b ? SR_EFORMAT : SR_OK)); /* the same signer twice */
            T(checked(&s, &why) == (a == b ? SR_EPROOF : SR_OK));
            policy_signed_write(&s, &text);
            T(take(buf_span(&text), 2, NULL) == (a == b ? SR_EPROOF : SR_OK));
        }
    }
}

/* Built by hand, because policy_signed_add() refuses it too. */
static void the_same_signer_twice_is_one_signer(void)
{
    SR_OWN(policy_signed) s = { .policy = draft(2, &hashes[0], 1) };
    SR_OWN(buf) text = { 0 };
    struct sr_why why;
    s.sigs.v[0] = s.sigs.v[1] = policy_sign(s.policy, &cid, &keys[0], &pubs[0]);
    s.sigs.n = 2;
    T(checked(&s, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES);
    policy_signed_write(&s, &text);
    T(take(buf_span(&text), 1, &why) == SR_EFORMAT && why.reason == R_POLICY_FORMAT);
}

static const struct forgery {
    const char *label;
    size_t signer, named; /* whose key signs, whose key is named */
    int other_cid, other_number, other_text;
} forgeries[] = {
    { "a stranger's", 3, 3, 0, 0, 0 },         { "a stranger's under an operator's name", 3, 1, 0, 0, 0 },
    { "for another network", 1, 1, 1, 0, 0 },  { "for another number", 1, 1, 0, 1, 0 },
    { "for another document", 1, 1, 0, 0, 1 },
};

static void a_signature_that_is_not_for_this_spoils_the_rest(void)
{
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const struct forgery *f = &forgeries[i];
        SR_OWN(policy_signed) s = { .policy = draft(2, &hashes[0], 1) };
        SR_OWN(policy_hold)
        signed_one = { draft(f->other_number ? 3 : 2, &hashes[0], f->other_text ? 2 : 1) };
        struct sha256 network = cid;
        struct sr_why why;
        network.b[31] ^= (uint8_t)f->other_cid;
        struct approval bad = policy_sign(signed_one.p, &network, &keys[f->signer], &pubs[f->named]);
        for (size_t k = 0; k < 3; k++) {
            struct approval good = policy_sign(s.policy, &cid, &keys[k], &pubs[k]);
            if (k != 1)
                T_ROW(policy_signed_add(&s, &good, NULL) == SR_OK, f->label);
        }
        T_ROW(checked(&s, &why) == SR_OK, f->label); /* its untampered twin */
        T_ROW(policy_signed_add(&s, &bad, NULL) == SR_OK, f->label);
        T_ROW(checked(&s, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES, f->label);
    }
}

static void there_is_room_for_so_many_signatures(void)
{
    SR_OWN(policy_signed) s = { .policy = draft(2, &hashes[0], 1) };
    struct approval sig = { 0 };
    for (size_t i = 0; i <= APPROVALS_MAX; i++) {
        sig.key.b[0] = (uint8_t)(255 - i);
        T(policy_signed_add(&s, &sig, NULL) == (i < APPROVALS_MAX ? SR_OK : SR_ETOOBIG));
    }
    for (size_t i = 1; i < s.sigs.n; i++)
        T(s.sigs.v[i - 1].key.b[0] < s.sigs.v[i].key.b[0]);
}

/* Operators who could sign another number 1 could rewrite what the genesis record pins. */
static void number_one_is_not_for_signing(void)
{
    struct sha256 none = { 0 };
    SR_OWN(policy_signed) s = { .policy = draft(1, &none, 1) };
    struct sr_why why;
    for (size_t k = 0; k < 3; k++) {
        struct approval good = policy_sign(s.policy, &cid, &keys[k], &pubs[k]);
        T(policy_signed_add(&s, &good, NULL) == SR_OK);
    }
    T(checked(&s, &why) == SR_EPROOF && why.reason == R_POLICY_SIGNATURES);
}

/* ---- the chain ---- */

static void only_the_next_policy_follows(void)
{
    SR_OWN(policy_hold) now = { draft(5, &hashes[0], 3) };
    const struct sha256 *hash = policy_hash(now.p);
    const struct {
        const char *label;
        uint64_t number;
        const struct sha256 *previous;
        uint64_t min_epoch;
        enum sr_err want;
        enum sr_reason reason;
    } rows[] = {
        { "next", 6, hash, 3, SR_OK, R_NONE },
        { "next, later epoch", 6, hash, 4, SR_OK, R_NONE },
        { "the same", 5, &hashes[0], 3, SR_ESTALE, R_POLICY_OLD },
        { "the same number, another text", 5, &hashes[1], 3, SR_EPROOF, R_POLICY_FORK },
        { "the same number, leading on from this", 5, hash, 3, SR_EPROOF, R_POLICY_FORK },
        { "one back", 4, &hashes[0], 3, SR_ESTALE, R_POLICY_OLD },
        { "one back, leading on from this", 4, hash, 3, SR_ESTALE, R_POLICY_OLD },
        { "next, from another", 6, &hashes[0], 3, SR_EPROOF, R_POLICY_CHAIN },
        { "next, earlier epoch", 6, hash, 2, SR_EPROOF, R_POLICY_CHAIN },
        { "one left out", 7, &hashes[0], 3, SR_ENOENT, R_POLICY_GAP },
        { "one left out, leading on from this", 7, hash, 3, SR_ENOENT, R_POLICY_GAP },
        { "far on", JSON_INT_MAX, hash, 3, SR_ENOENT, R_POLICY_GAP },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(policy_hold) next = { draft(rows[i].number, rows[i].previous, rows[i].min_epoch) };
        struct sr_why why = { 0 };
        T_ROW(policy_follows(now.p, next.p, &why) == rows[i].want, rows[i].label);
        T_ROW(why.reason == rows[i].reason, rows[i].label);
    }
}

/* What is destroyed stays so: no policy can bring it back, and none may seem to. */
static void destruction_never_goes_back(void)
{
    SR_OWN(policy_hold) now = { draft_destroying(5, &hashes[0], 4, 3) };
    static const struct {
        uint64_t destroy_before;
        enum sr_err want;
    } rows[] = { { 3, SR_OK }, { 4, SR_OK }, { 2, SR_EPROOF }, { 1, SR_EPROOF }, { 0, SR_EPROOF } };
    T(policy_destroy_before(now.p) == 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sr_why why = { 0 };
        SR_OWN(policy_hold) next = { draft_destroying(6, policy_hash(now.p), 4, rows[i].destroy_before) };
        T(policy_follows(now.p, next.p, &why) == rows[i].want);
        T(why.reason == (rows[i].want == SR_OK ? R_NONE : R_POLICY_CHAIN));
    }
}

static void the_vectors_are_a_chain(void)
{
    struct policy_signed s[3] = { 0 };
    for (size_t i = 0; i < 3; i++)
        T(policy_signed_parse(buf_span(&texts[i]), &s[i], NULL) == SR_OK);
    T(policy_follows(s[0].policy, s[1].policy, NULL) == SR_OK);
    T(policy_follows(s[1].policy, s[2].policy, NULL) == SR_OK);
    T(policy_follows(s[0].policy, s[2].policy, NULL) == SR_ENOENT);
    T(policy_follows(s[2].policy, s[1].policy, NULL) == SR_ESTALE); /* signed, but rolled back */
    for (size_t i = 0; i < 3; i++)
        policy_signed_drop(&s[i]);
}

static void a_result_is_untouched_by_a_refusal(void)
{
    SR_OWN(policy_signed) s = { .sigs.n = 7 };
    T(policy_signed_parse(SPAN_STR("{\"policy\":{},\"signatures\":[]}"), &s, NULL) != SR_OK);
    T(s.sigs.n == 7 && s.policy == NULL);
}

int main(void)
{
    T(secret_init() == SR_OK);
    read_vectors();
    make_keys();
    another_implementation_s_policies_are_read();
    fewer_than_k_signatures_are_refused();
    every_shorter_length_is_refused();
    every_flipped_bit_is_refused();
    signed_forms_are_taken_strictly();
    half_a_signature_is_none();
    a_signed_form_over_its_size_is_refused();
    the_first_policy_is_the_pinned_one();
    a_flipped_bit_of_the_first_policy_is_another_policy();
    two_operators_are_enough_in_any_order();
    the_same_signer_twice_is_one_signer();
    a_signature_that_is_not_for_this_spoils_the_rest();
    there_is_room_for_so_many_signatures();
    number_one_is_not_for_signing();
    only_the_next_policy_follows();
    destruction_never_goes_back();
    the_vectors_are_a_chain();
    a_result_is_untouched_by_a_refusal();
    for (size_t i = 0; i < 3; i++)
        buf_drop(&texts[i]);
    return t_end();
}
