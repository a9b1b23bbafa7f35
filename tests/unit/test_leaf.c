#include "crypto/text.h"
#include "proto/json.h"
#include "proto/leaf.h"
#include "tests/t.h"
#include "tests/vectors/log.h"

static size_t bytes_of(const char *hex, uint8_t *ret)
{
    size_t n = strlen(hex) / 2;
    T(hex_read(span_of(hex), ret, n) == SR_OK);
    return n;
}

static void leaves_of_the_other_implementation_read_and_write_back(void)
{
    for (size_t i = 0; i < sizeof vec_leaves / sizeof vec_leaves[0]; i++) {
        uint8_t bytes[LEAF_MAX];
        struct span s = { bytes, bytes_of(vec_leaves[i].hex, bytes) };
        struct leaf l = { 0 };
        SR_OWN(buf) again = { 0 }, json = { 0 };
        T_ROW(leaf_decode(s, &l, NULL) == SR_OK, vec_leaves[i].type);
        T_ROW(strcmp(leaf_type_text(l.type), vec_leaves[i].type) == 0, vec_leaves[i].type);
        T_ROW(l.time == 1700000000 + (uint64_t)l.type, vec_leaves[i].type);
        T_ROW(leaf_encode(&l, &again) == SR_OK, vec_leaves[i].type);
        T_ROW(span_eq(buf_span(&again), s), vec_leaves[i].type);
        leaf_describe(&l, &json);
        T_ROW(buf_ok(&json) && json_is_canonical(buf_span(&json)), vec_leaves[i].type);
    }
    size_t types = 0;
    for (int t = 0; t <= UINT8_MAX; t++)
        types += leaf_type_text((enum leaf_type)t) != NULL;
    T(sizeof vec_leaves / sizeof vec_leaves[0] == types);
}

/* A flip may make another leaf (the log's tree is what protects it), but never one with two encodings. */
static void every_flip_and_every_shorter_leaf_is_another_or_none(void)
{
    unsigned shorter = 0, other = 0, refused = 0;
    for (size_t i = 0; i < sizeof vec_leaves / sizeof vec_leaves[0]; i++) {
        uint8_t bytes[LEAF_MAX];
        struct span s = { bytes, bytes_of(vec_leaves[i].hex, bytes) };
        struct leaf l;
        for (size_t n = 0; n < s.n; n++)
            shorter += leaf_decode((struct span){ bytes, n }, &l, NULL) == SR_OK;
        for (size_t bit = 0; bit < s.n * 8; bit++) {
            SR_OWN(buf) again = { 0 };
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (leaf_decode(s, &l, NULL) != SR_OK)
                refused++;
            else if (leaf_encode(&l, &again) != SR_OK || !span_eq(buf_span(&again), s))
                other++;
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        T(leaf_decode((struct span){ bytes, s.n + 1 }, &l, NULL) == SR_EFORMAT);
    }
    T(shorter == 0 && other == 0 && refused > 100);
}

static void what_a_leaf_says_is_what_was_written(void)
{
    uint8_t bytes[LEAF_MAX];
    struct leaf l;
    SR_OWN(buf) json = { 0 };
    T(leaf_decode((struct span){ bytes, bytes_of(vec_leaves[LEAF_REFUSALS_COUNTED - 1].hex, bytes) }, &l,
                  NULL) == SR_OK);
    T(l.counts.n == 2 && l.counts.row[1].count == 70000 && strcmp(l.counts.row[0].reason, "malformed") == 0);
    leaf_describe(&l, &json);
    T(span_eq(buf_span(&json),
              SPAN_STR("{\"counts\":{\"malformed\":3,\"nonce-expired\":70000},\"since\":1699999951,"
                       "\"time\":1700000011,\"type\":\"refusals-counted\"}")));
    SR_OWN(buf) big = { 0 };
    l = (struct leaf){ .type = LEAF_POLICY, .policy_number = UINT64_MAX };
    leaf_describe(&l, &big);
    T(buf_ok(&big) && json_is_canonical(buf_span(&big)));
}

static void what_can_not_be_read_is_not_written(void)
{
    SR_OWN(buf) b = { 0 };
    struct leaf ok = { .type = LEAF_RELEASE, .outcome = "none", .keys = { .n = 1 } };
    struct leaf l = ok;
    T(leaf_encode(&l, &b) == SR_OK);
    size_t n = b.n;
    l.keys.n = 0;
    T(leaf_encode(&l, &b) == SR_EBUG);
    l.keys.n = 2; /* twice the same */
    T(leaf_encode(&l, &b) == SR_EBUG);
    l.keys.n = LEAF_KEYS_MAX + 1;
    T(leaf_encode(&l, &b) == SR_EBUG);
    l = ok;
    l.outcome[0] = 0;
    T(leaf_encode(&l, &b) == SR_EBUG);
    strcpy(l.outcome, "No Rule");
    T(leaf_encode(&l, &b) == SR_EBUG);
    memset(l.outcome, 'a', sizeof l.outcome);
    T(leaf_encode(&l, &b) == SR_EBUG);
    l = (struct leaf){ .type = LEAF_MEMBER, .address = "a\nb" };
    T(leaf_encode(&l, &b) == SR_EBUG);
    l = (struct leaf){ .type = LEAF_REFUSALS_COUNTED, .counts = { 1, { { "busy", 0 } } } };
    T(leaf_encode(&l, &b) == SR_EBUG);
    l = (struct leaf){ .type = LEAF_REFUSALS_COUNTED, .counts = { 2, { { "b", 1 }, { "a", 1 } } } };
    T(leaf_encode(&l, &b) == SR_EBUG);
    l = (struct leaf){ .type = (enum leaf_type)99 };
    T(leaf_encode(&l, &b) == SR_EBUG);
    T(b.n == n);
}

static void bad_leaves_name_their_reason(void)
{
    static const struct {
        const char *what, *hex;
    } rows[] = {
        { "empty", "" },
        { "version 0", "000d0000000065530000" },
        { "version 2", "020d00000000655300000000000000000000000000000000000000" },
        { "type 0", "01000000000065530000" },
        { "type 16", "01100000000065530000" },
        { "no keys", "0109" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[64];
        struct leaf l;
        struct sr_why why = { 0 };
        size_t n = bytes_of(rows[i].hex, bytes);
        T_ROW(leaf_decode((struct span){ bytes, n }, &l, &why) == SR_EFORMAT, rows[i].what);
        T_ROW(why.reason == R_LOG_LEAF, rows[i].what);
    }
}

static void keys_are_kept_sorted_and_once(void)
{
    struct leaf l = { .type = LEAF_RELEASE, .outcome = "none" };
    for (unsigned i = 0; i < LEAF_KEYS_MAX; i++) {
        struct sha256 id = { { (uint8_t)(i * 37) } };
        T(leaf_add_key(&l, &id) == SR_OK);
        T(leaf_add_key(&l, &id) == SR_OK);
    }
    SR_OWN(buf) b = { 0 };
    T(l.keys.n == LEAF_KEYS_MAX && leaf_encode(&l, &b) == SR_OK);
    struct sha256 more = { { 1, 1 } };
    T(leaf_add_key(&l, &more) == SR_ETOOBIG);
}

static void every_reason_fits_a_leaf(void)
{
    for (int r = 0; r < SR_REASON_COUNT; r++) {
        struct leaf l = { .type = LEAF_REFUSAL, .step = "join" };
        SR_OWN(buf) b = { 0 };
        leaf_set_reason(&l.reason, (enum sr_reason)r);
        T_ROW(leaf_encode(&l, &b) == SR_OK, sr_reason_text((enum sr_reason)r));
        T_ROW(strcmp(l.reason, sr_reason_text((enum sr_reason)r)) == 0, l.reason);
    }
}

static void identifiers_are_salted_by_kind(void)
{
    struct key salt, other;
    for (size_t i = 0; i < sizeof salt.b; i++)
        salt.b[i] = (uint8_t)(200 + i);
    other = salt;
    other.b[31] ^= 1;
    struct span id = SPAN_STR("acme/db/password");
    struct sha256 a = leaf_id(&salt, LEAF_ID_KEY, id), b = leaf_id(&salt, LEAF_ID_TENANT, id),
                  c = leaf_id(&other, LEAF_ID_KEY, id);
    SR_OWN(buf) hex = { 0 };
    wr_hex(&hex, SPAN(a.b));
    T(span_eq(buf_span(&hex), span_of(vec_leaf_id)));
    T(!sha256_eq(&a, &b) && !sha256_eq(&a, &c));
}

int main(void)
{
    T(secret_init() == SR_OK);
    leaves_of_the_other_implementation_read_and_write_back();
    every_flip_and_every_shorter_leaf_is_another_or_none();
    what_a_leaf_says_is_what_was_written();
    what_can_not_be_read_is_not_written();
    bad_leaves_name_their_reason();
    keys_are_kept_sorted_and_once();
    every_reason_fits_a_leaf();
    identifiers_are_salted_by_kind();
    return t_end();
}
