#include "crypto/text.h"
#include "proto/witness.h"
#include "tests/hex.h"
#include "tests/t.h"
#include "tests/vectors/log.h"

static struct note_key witness_key; /* of vec_witness_vkey */
static struct sign_key witness;

static struct witness_request request(void)
{
    struct witness_request q = { 0 };
    T(witness_request_read(span_of(vec_witness_request), &q) == SR_OK);
    return q;
}

static struct checkpoint newest(void)
{
    struct note_key log;
    struct checkpoint c = { 0 };
    T(note_key_read(span_of(vec_log_vkey), &log) == SR_OK);
    T(checkpoint_open(span_of(vec_note), vec_origin, &log.pub, &c, NULL) == SR_OK);
    return c;
}

static struct witness_state at_300(void)
{
    struct witness_state s = { .size = 300 };
    T(hex_read(span_of(vec_witness_old_root), s.root.b, sizeof s.root.b) == SR_OK);
    return s;
}

static void requests_are_those_of_the_other_implementation(void)
{
    struct witness_request q = request();
    SR_OWN(buf) again = { 0 };
    T(q.old == 300 && q.n > 0 && span_eq(q.note, span_of(vec_note)));
    witness_request_write(&q, &again);
    T(span_eq(buf_span(&again), span_of(vec_witness_request)));
}

static void every_shorter_request_is_another_or_none(void)
{
    size_t whole = sizeof vec_witness_request - 1;
    size_t head = whole - (sizeof vec_note - 1);
    for (size_t n = 0; n < whole; n++) {
        struct witness_request q = { 0 };
        enum sr_err e = witness_request_read((struct span){ (const uint8_t *)vec_witness_request, n }, &q);
        T(e == (n <= head ? SR_EFORMAT : SR_OK)); /* the note is not looked at here */
    }
}

/* Whatever is read is what was written: no two texts are one request. */
static void every_flip_is_another_request_or_none(void)
{
    char copy[sizeof vec_witness_request];
    struct span s = { (const uint8_t *)copy, sizeof copy - 1 };
    struct witness_state have = at_300();
    struct checkpoint c = newest();
    size_t head = s.n - (sizeof vec_note - 1);
    memcpy(copy, vec_witness_request, sizeof copy);
    for (size_t bit = 0; bit < head * 8; bit++) {
        struct witness_request q = { 0 };
        copy[bit / 8] ^= (char)(1 << bit % 8);
        T(witness_request_read(s, &q) != SR_OK || witness_judge(&have, &q, &c, NULL) != SR_OK);
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    struct witness_request q = { 0 };
    T(witness_request_read(s, &q) == SR_OK && witness_judge(&have, &q, &c, NULL) == SR_OK);
}

static void malformed_requests_are_refused(void)
{
    static const char *const rows[] = {
        "old 1\n\n",
        "old 01\n\nx",
        "old +1\n\nx",
        "old  1\n\nx",
        "old\n\nx",
        "Old 1\n\nx",
        "old 1\r\n\nx",
        "old 1\nAAAA\n\nx",
        "old 1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n\nx",
        "old 1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n\nx",
        "old 1234567890123456\n\nx",
    };
    struct witness_request q;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_ROW(witness_request_read(span_of(rows[i]), &q) == SR_EFORMAT, rows[i]);
    T(witness_request_read(SPAN_STR("old 0\n\nx"), &q) == SR_OK && q.n == 0 && q.note.n == 1);
}

static void sixty_three_lines_are_the_limit(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) more = { 0 };
    static struct witness_request q;
    q = (struct witness_request){ .old = 300, .n = WITNESS_HASHES_MAX, .note = span_of(vec_note) };
    struct witness_state have = at_300();
    struct checkpoint c = newest();
    struct sr_why why = { 0 };
    witness_request_write(&q, &b);
    T(witness_request_read(buf_span(&b), &q) == SR_OK && q.n == WITNESS_HASHES_MAX);
    T(witness_judge(&have, &q, &c, &why) == SR_EPROOF && why.reason == R_WITNESS_PROOF);
    wr_text(&more, "old 300\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    wr_span(&more, (struct span){ b.p + 8, b.n - 8 });
    T(witness_request_read(buf_span(&more), &q) == SR_EFORMAT);
}

static void sizes_have_one_spelling(void)
{
    static const char *const none[] = {
        "", "\n", "1", "01\n", "1\n\n", "1\r\n", " 1\n", "-1\n", "281474976710656\n", "99999999999999999999\n"
    };
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        T_ROW(witness_size_read(span_of(none[i]), &size) == SR_EFORMAT, none[i]);
    T(witness_size_read(SPAN_STR("0\n"), &size) == SR_OK && size == 0);
    T(witness_size_read(SPAN_STR("20852163\n"), &size) == SR_OK && size == 20852163);
}

static void judged_by_what_was_cosigned_last(void)
{
    const struct {
        const char *what;
        uint64_t have, old, size; /* of 300 or 1000 */
        bool other_root, forked;
        enum sr_err err;
        enum sr_reason reason;
    } rows[] = {
        { "extends", 300, 300, 1000, false, false, SR_OK, R_NONE },
        { "of another size", 300, 299, 1000, false, false, SR_ESTALE, R_WITNESS_SIZE },
        { "from nothing, to one who has something", 300, 0, 1000, false, false, SR_ESTALE, R_WITNESS_SIZE },
        { "old over size", 300, 1001, 1000, false, false, SR_EFORMAT, R_MALFORMED },
        { "another history", 300, 300, 1000, true, false, SR_EPROOF, R_WITNESS_PROOF },
        { "another root of one size", 1000, 1000, 1000, true, false, SR_ESTALE, R_LOG_FORK },
        { "another root of one size, old wrong too", 1000, 300, 1000, true, false, SR_ESTALE, R_LOG_FORK },
        { "smaller", 1001, 1000, 1000, false, false, SR_ESTALE, R_WITNESS_SIZE },
        { "after a fork", 300, 300, 1000, false, true, SR_EDENIED, R_LOG_FORK },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct witness_request q = request();
        struct witness_state have = at_300();
        struct checkpoint c = newest();
        struct sr_why why = { 0 };
        if (rows[i].have != 300)
            have.root = c.root;
        have.size = rows[i].have;
        have.root.b[0] ^= rows[i].other_root;
        have.forked = rows[i].forked;
        q.old = rows[i].old;
        c.size = rows[i].size;
        T_ROW(witness_judge(&have, &q, &c, &why) == rows[i].err, rows[i].what);
        T_ROW(why.reason == rows[i].reason, rows[i].what);
    }
}

static void the_first_and_the_same_again_need_no_hashes(void)
{
    struct witness_state have = { 0 };
    struct witness_request q = { .note = span_of(vec_note) };
    struct checkpoint c = newest(), none = { .root = sha256((struct span){ 0 }) };
    T(witness_judge(&have, &q, &c, NULL) == SR_OK);
    T(witness_judge(&have, &q, &none, NULL) == SR_OK); /* an empty log */
    none.root.b[0] ^= 1;
    T(witness_judge(&have, &q, &none, NULL) == SR_EPROOF);
    q.n = 1;
    T(witness_judge(&have, &q, &c, NULL) == SR_EPROOF);
    q.n = 0;
    q.old = have.size = c.size;
    have.root = c.root;
    T(witness_judge(&have, &q, &c, NULL) == SR_OK);
}

static void answers_give_the_witnesses_own_line(void)
{
    static const char others[] =
        "\xe2\x80\x94 witness.example/w0 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJb"
        "R1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==\n";
    SR_OWN(buf) answer = { 0 };
    struct witness_line got = { 0 };
    struct sr_why why = { 0 };
    wr_text(&answer, others);
    wr_text(&answer, vec_cosignature);
    wr_text(&answer, others);
    T(witness_answer_open(span_of(vec_note), buf_span(&answer), &witness_key, &got, &why) == SR_OK);
    T(got.time == 1700000000 && span_eq(got.line, span_of(vec_cosignature)));
    T(witness_answer_open(span_of(vec_note), span_of(others), &witness_key, &got, &why) == SR_EPROOF);
    T(why.reason == R_NOTE_SIGNATURE);
    wr_text(&answer, vec_cosignature); /* twice */
    T(witness_answer_open(span_of(vec_note), buf_span(&answer), &witness_key, &got, &why) == SR_EPROOF);
    T(witness_answer_open(span_of(vec_note), (struct span){ 0 }, &witness_key, &got, &why) != SR_OK);
    T(witness_answer_open(SPAN_STR("x"), span_of(vec_cosignature), &witness_key, &got, &why) == SR_EFORMAT);
}

static void no_changed_or_shorter_answer_counts(void)
{
    char copy[sizeof vec_cosignature];
    struct span s = { (const uint8_t *)copy, sizeof copy - 1 };
    struct witness_line got;
    memcpy(copy, vec_cosignature, sizeof copy);
    for (size_t bit = 0; bit < s.n * 8; bit++) {
        copy[bit / 8] ^= (char)(1 << bit % 8);
        T(witness_answer_open(span_of(vec_note), s, &witness_key, &got, NULL) != SR_OK);
        copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t n = 0; n < s.n; n++)
        T(witness_answer_open(span_of(vec_note), (struct span){ s.p, n }, &witness_key, &got, NULL) != SR_OK);
}

static struct witness_question question(void)
{
    SR_OWN(buf) b = { 0 };
    struct witness_question q = { 0 };
    unhex(&b, vec_witness_question);
    T(witness_question_read(buf_span(&b), &q) == SR_OK && strcmp(q.origin, vec_origin) == 0);
    return q;
}

static void questions_are_of_one_form(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) again = { 0 };
    struct witness_question q = question();
    unhex(&b, vec_witness_question);
    witness_question_write(&q, &again);
    T(span_eq(buf_span(&again), buf_span(&b)));
    for (size_t n = 0; n < b.n; n++)
        T(witness_question_read((struct span){ b.p, n }, &q) == SR_EFORMAT);
    b.p[b.n - 1] = '\0';
    T(witness_question_read(buf_span(&b), &q) == SR_EFORMAT);
    b.p[b.n - 1] = '\n';
    T(witness_question_read(buf_span(&b), &q) == SR_EFORMAT);
}

static void statements_are_those_of_the_other_implementation(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(buf) again = { 0 };
    struct witness_question q = question();
    struct witness_state s = { 0 };
    struct sr_why why = { 0 };
    unhex(&b, vec_witness_seen);
    T_ROW(witness_seen_check(buf_span(&b), &q, &witness_key.pub, &s, &why) == SR_OK, why.text);
    T(s.size == 1000 && s.start == 990 && s.boot[0] == 18 && !s.forked);
    witness_seen_sign(&q, &s, &witness, &again);
    T(span_eq(buf_span(&again), buf_span(&b)));
    q.nonce[0] ^= 1; /* an answer to somebody else, or of another day */
    T(witness_seen_check(buf_span(&b), &q, &witness_key.pub, &s, &why) == SR_EPROOF);
    T(why.reason == R_WITNESS_ANSWER);
}

static void no_changed_or_shorter_statement_counts(void)
{
    SR_OWN(buf) b = { 0 };
    struct witness_question q = question();
    struct witness_state s;
    unhex(&b, vec_witness_seen);
    for (size_t bit = 0; bit < b.n * 8; bit++) {
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(witness_seen_check(buf_span(&b), &q, &witness_key.pub, &s, NULL) != SR_OK);
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < b.n; n++)
        T(witness_seen_check((struct span){ b.p, n }, &q, &witness_key.pub, &s, NULL) != SR_OK);
}

/* What a workload asks of the note beside its keys. */
static void pins_count_keys_and_look_at_origin_and_size(void)
{
    struct witness_pin pin = { .n = 2, .need = 1, .key = { { { 1 } }, witness_key.pub } };
    struct sha256 cid;
    struct sr_why why = { 0 };
    SR_OWN(buf) note = { 0 };
    for (size_t i = 0; i < sizeof cid.b; i++)
        cid.b[i] = (uint8_t)(1 + i); /* as in vec_origin */
    wr_text(&note, vec_note);
    T(witness_pin_check(&pin, &cid, buf_span(&note), 999, &why) == SR_EPROOF && why.reason == R_UNWITNESSED);
    wr_text(&note, vec_cosignature);
    T_ROW(witness_pin_check(&pin, &cid, buf_span(&note), 999, &why) == SR_OK, why.text);
    T(witness_pin_check(&pin, &cid, buf_span(&note), 1000, &why) == SR_EPROOF && why.reason == R_LOG_PROOF);
    pin.need = 2;
    wr_text(&note, vec_cosignature); /* one key twice is one */
    T(witness_pin_check(&pin, &cid, buf_span(&note), 999, &why) == SR_EPROOF && why.reason == R_UNWITNESSED);
    pin.need = 1;
    cid.b[31] ^= 1;
    T(witness_pin_check(&pin, &cid, buf_span(&note), 999, &why) == SR_EPROOF && why.reason == R_NOTE_ORIGIN);
    cid.b[31] ^= 1;
    for (size_t n = 0; n < sizeof vec_note - 1 + sizeof vec_cosignature - 1; n++)
        T(witness_pin_check(&pin, &cid, (struct span){ note.p, n }, 999, NULL) != SR_OK);
}

static void no_flip_makes_a_witness(void)
{
    struct witness_pin pin = { .n = 1, .need = 1, .key = { witness_key.pub } };
    char name[] = "sealring/0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20/";
    struct sha256 cid;
    SR_OWN(buf) note = { 0 };
    T(strncmp(vec_origin, name, strlen(name)) == 0 &&
      hex_read((struct span){ (const uint8_t *)name + 9, 64 }, cid.b, sizeof cid.b) == SR_OK);
    wr_text(&note, vec_note);
    size_t log_line = (size_t)(strstr(vec_note, "\n\n") + 2 - vec_note);
    wr_text(&note, vec_cosignature);
    for (size_t bit = 0; bit < note.n * 8; bit++) {
        bool others =
            bit / 8 >= log_line && bit / 8 < sizeof vec_note - 1; /* the log's own line: not looked at */
        bool name_too = bit / 8 >= sizeof vec_note - 1 + 4 && bit / 8 < sizeof vec_note - 1 + 4 + 18;
        note.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(others || name_too || witness_pin_check(&pin, &cid, buf_span(&note), 999, NULL) != SR_OK);
        note.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void)
{
    struct key seed;
    struct sign_pub pub;
    T(secret_init() == SR_OK);
    for (size_t i = 0; i < sizeof seed.b; i++)
        seed.b[i] = (uint8_t)(100 + i);
    sign_from_seed(&seed, &witness, &pub);
    T(note_key_read(span_of(vec_witness_vkey), &witness_key) == SR_OK);
    requests_are_those_of_the_other_implementation();
    every_shorter_request_is_another_or_none();
    every_flip_is_another_request_or_none();
    malformed_requests_are_refused();
    sixty_three_lines_are_the_limit();
    sizes_have_one_spelling();
    judged_by_what_was_cosigned_last();
    the_first_and_the_same_again_need_no_hashes();
    answers_give_the_witnesses_own_line();
    no_changed_or_shorter_answer_counts();
    questions_are_of_one_form();
    statements_are_those_of_the_other_implementation();
    no_changed_or_shorter_statement_counts();
    pins_count_keys_and_look_at_origin_and_size();
    no_flip_makes_a_witness();
    return t_end();
}
