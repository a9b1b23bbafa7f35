#include "crypto/text.h"
#include "proto/note.h"
#include "tests/t.h"
#include "tests/vectors/log.h"

static struct note_key log_key, witness_key;

static struct note_key key_of(const char *vkey)
{
    struct note_key k = { 0 };
    T_ROW(note_key_read(span_of(vkey), &k) == SR_OK, vkey);
    SR_OWN(buf) b = { 0 };
    note_key_write(&k, &b);
    T_ROW(span_eq(buf_span(&b), span_of(vkey)), vkey);
    return k;
}

static void seeded(uint8_t start, struct sign_key *k, struct sign_pub *pub)
{
    struct key seed;
    for (size_t i = 0; i < sizeof seed.b; i++)
        seed.b[i] = (uint8_t)(start + i);
    sign_from_seed(&seed, k, pub);
}

/* From the documentation of Go's package golang.org/x/mod/sumdb/note. */
static void the_published_note_verifies(void)
{
    static const char text[] =
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "\xe2\x80\x94 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
        "6KE6RyyBwJnAM=\n";
    struct note_key k = key_of("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    struct note_open open;
    T(note_open(span_of(text), &k, 1, &open, NULL) == SR_OK);
    T(open.signers == 1 && open.body.n == 99);
    (void)key_of("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
}

static void notes_are_those_of_the_other_implementation(void)
{
    struct sign_key k, w;
    struct sign_pub pub, wpub;
    struct checkpoint c;
    struct sr_why why = { 0 };
    seeded(0, &k, &pub);
    seeded(100, &w, &wpub);
    T(checkpoint_open(span_of(vec_note), vec_origin, &pub, &c, &why) == SR_OK);
    T(c.size == 1000);
    SR_OWN(buf) again = { 0 }, line = { 0 }, body = { 0 };
    checkpoint_sign(&c, &k, &pub, &again);
    T(span_eq(buf_span(&again), span_of(vec_note)));
    checkpoint_write(&c, &body);
    note_cosign(buf_span(&body), "witness.example/w1", &w, &wpub, 1700000000, &line);
    T(span_eq(buf_span(&line), span_of(vec_cosignature)));
    wr_span(&again, buf_span(&line));
    struct note_key keys[2] = { log_key, witness_key };
    struct note_open open;
    T(note_open(buf_span(&again), keys, 2, &open, &why) == SR_OK);
    T(open.signers == 3 && open.time[1] == 1700000000);
    T(note_open(buf_span(&again), &witness_key, 1, &open, &why) == SR_OK && open.signers == 1);
    T(checkpoint_open(buf_span(&again), vec_origin, &pub, &c, &why) == SR_OK);
    wr_span(&again, buf_span(&line)); /* the same witness twice */
    T(note_open(buf_span(&again), keys, 2, &open, &why) == SR_EPROOF && why.reason == R_NOTE_SIGNATURE);
}

static enum sr_err open_log(struct span note, struct sr_why *why)
{
    struct checkpoint c;
    return checkpoint_open(note, vec_origin, &log_key.pub, &c, why);
}

static void every_flip_and_every_shorter_note_is_refused(void)
{
    uint8_t copy[sizeof vec_note];
    struct span s = { copy, sizeof vec_note - 1 };
    unsigned accepted = 0;
    memcpy(copy, vec_note, sizeof copy);
    T(open_log(s, NULL) == SR_OK);
    for (size_t bit = 0; bit < s.n * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += open_log(s, NULL) == SR_OK;
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < s.n; n++)
        accepted += open_log((struct span){ copy, n }, NULL) == SR_OK;
    T(accepted == 0);
}

/* The note with every `from` replaced by `to`. */
static void replaced(const char *note, const char *from, const char *to, struct buf *ret)
{
    for (const char *at; (at = strstr(note, from)) != NULL; note = at + strlen(from)) {
        wr_span(ret, (struct span){ (const uint8_t *)note, (size_t)(at - note) });
        wr_text(ret, to);
    }
    wr_text(ret, note);
}

static void malformed_notes_are_refused_as_such(void)
{
    static const struct {
        const char *what, *from, *to;
        enum sr_reason reason;
    } rows[] = {
        { "CRLF", "\n", "\r\n", R_NOTE_FORMAT },
        { "CR in the body", "1000\n", "1000\r\n", R_NOTE_FORMAT },
        { "tab", "1000\n", "\t1000\n", R_NOTE_FORMAT },
        { "no dash", "\xe2\x80\x94 ", "", R_NOTE_FORMAT },
        { "a hyphen", "\xe2\x80\x94", "-", R_NOTE_FORMAT },
        { "two spaces", "\xe2\x80\x94 ", "\xe2\x80\x94  ", R_NOTE_FORMAT },
        { "no padding", "=\n", "\n", R_NOTE_FORMAT },
        { "an empty line at the end", "=\n", "=\n\n", R_NOTE_FORMAT },
        { "leading zero", "1000\n", "01000\n", R_NOTE_SIGNATURE },
        { "other size", "1000\n", "1001\n", R_NOTE_SIGNATURE },
        { "extension line", "1000\n", "1000\nmore\n", R_NOTE_SIGNATURE },
        { "other signer", "\xe2\x80\x94 sealring", "\xe2\x80\x94 tealring", R_NOTE_SIGNATURE },
        { "UTF-8 in the body", "1000\n", "1000\xc2\xa0\n", R_NOTE_FORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SR_OWN(buf) b = { 0 };
        struct sr_why why = { 0 };
        replaced(vec_note, rows[i].from, rows[i].to, &b);
        T_ROW(open_log(buf_span(&b), &why) != SR_OK, rows[i].what);
        T_ROW(why.reason == rows[i].reason, rows[i].what);
    }
}

/* Signed properly, and still not a checkpoint. */
static void malformed_checkpoints_are_refused_even_when_signed(void)
{
    static const char root[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    static const char *const rows[] = {
        "%s\n01\n%s\n",
        "%s\n+1\n%s\n",
        "%s\n-1\n%s\n",
        "%s\n1 \n%s\n",
        "%s\n0x1\n%s\n",
        "%s\n\n%s\n",
        "%s\n1\n%s\nx\n",
        "%s\n1\n%s\n\nx\n",
        "%s\n1\n",
        "%s\n",
        "%s\n281474976710656\n%s\n",
        "%s\n99999999999999999999\n%s\n",
        "%s\n1\n%.43s\n",
        "%s\n1\n%.40s\n",
        "%s\n1\nx%s\n",
        "\n%s\n1\n%s\n",
        "%s \n1\n%s\n",
        "%s+\n1\n%s\n",
    };
    struct sign_key k;
    struct sign_pub pub;
    seeded(0, &k, &pub);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SR_OWN(buf) body = { 0 };
        struct checkpoint c;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        wr_fmt(&body, rows[i], "o.example/log", root);
#pragma GCC diagnostic pop
        T_ROW(checkpoint_read(buf_span(&body), &c) == SR_EFORMAT, rows[i]);
    }
    struct checkpoint c;
    T(checkpoint_read(SPAN_STR("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), &c) == SR_OK);
    T(c.size == 0 && strcmp(c.origin, "o") == 0);
    T(checkpoint_read(SPAN_STR("o\n281474976710655\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), &c) ==
      SR_OK);
}

static void sixteen_signatures_are_the_limit(void)
{
    SR_OWN(buf) b = { 0 };
    wr_text(&b, vec_note);
    for (int i = 1; i < NOTE_SIGS_MAX; i++)
        wr_fmt(&b, "\xe2\x80\x94 someone%d AAAAAAAA\n", i);
    T(open_log(buf_span(&b), NULL) == SR_OK);
    wr_text(&b, "\xe2\x80\x94 onemore AAAAAAAA\n");
    struct sr_why why = { 0 };
    T(open_log(buf_span(&b), &why) == SR_EFORMAT && why.reason == R_NOTE_FORMAT);
}

static void a_known_key_with_a_bad_signature_refuses_the_whole_note(void)
{
    SR_OWN(buf) b = { 0 };
    struct note_key keys[2] = { log_key, witness_key };
    struct note_open open;
    struct sr_why why = { 0 };
    wr_text(&b, vec_note);
    wr_text(&b, vec_cosignature);
    T(note_open(buf_span(&b), keys, 2, &open, &why) == SR_OK);
    b.p[b.n - 10] = b.p[b.n - 10] == 'A' ? 'B' : 'A'; /* in the witness's signature */
    T(note_open(buf_span(&b), keys, 2, &open, &why) == SR_EPROOF && why.reason == R_NOTE_SIGNATURE);
    T(note_open(buf_span(&b), keys, 1, &open, &why) == SR_OK); /* a stranger's line: not ours to judge */
}

static void a_note_of_strangers_alone_is_refused(void)
{
    struct note_open open;
    struct sr_why why = { 0 };
    T(note_open(span_of(vec_note), &witness_key, 1, &open, &why) == SR_EPROOF);
    T(why.reason == R_NOTE_SIGNATURE);
    T(note_open(span_of(vec_note), NULL, 0, &open, &why) == SR_EPROOF);
}

/* The key signs for one origin; its note under another name does not count. */
static void the_origin_is_the_signers_name(void)
{
    struct sign_key k;
    struct sign_pub pub;
    struct checkpoint c = { .origin = "a.example/log", .size = 3 };
    struct sr_why why = { 0 };
    seeded(0, &k, &pub);
    SR_OWN(buf) note = { 0 }, body = { 0 }, other = { 0 };
    checkpoint_sign(&c, &k, &pub, &note);
    T(checkpoint_open(buf_span(&note), "a.example/log", &pub, &c, &why) == SR_OK);
    T(checkpoint_open(buf_span(&note), "b.example/log", &pub, &c, &why) == SR_EPROOF);
    T(why.reason == R_NOTE_SIGNATURE);
    /* the body of a, signed by a's key under b's name */
    strcpy(c.origin, "b.example/log");
    checkpoint_sign(&c, &k, &pub, &other);
    other.p[0] = 'a';
    T(checkpoint_open(buf_span(&other), "b.example/log", &pub, &c, &why) == SR_EPROOF);
    /* a note whose text names another log than its signer */
    struct note_key nk;
    T(note_key_of("b.example/log", NOTE_ED25519, &pub, &nk) == SR_OK);
    strcpy(c.origin, "c.example/log");
    checkpoint_write(&c, &body);
    struct sig s = sign_raw(&k, buf_span(&body));
    SR_OWN(buf) mixed = { 0 }, raw = { 0 };
    wr_u32be(&raw, note_key_id(&nk));
    wr_span(&raw, SPAN(s.b));
    wr_span(&mixed, buf_span(&body));
    wr_text(&mixed, "\n\xe2\x80\x94 b.example/log ");
    wr_base64(&mixed, buf_span(&raw));
    wr_text(&mixed, "\n");
    T(checkpoint_open(buf_span(&mixed), "b.example/log", &pub, &c, &why) == SR_EPROOF);
    T(why.reason == R_NOTE_ORIGIN);
}

static void bad_keys_and_names_are_refused(void)
{
    static const char *const rows[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    struct note_key k;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        T_ROW(note_key_read(span_of(rows[i]), &k) == SR_EFORMAT, rows[i]);
    char name[NOTE_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[NOTE_NAME_MAX + 1] = 0;
    T(note_key_of(name, NOTE_ED25519, &log_key.pub, &k) == SR_EFORMAT);
    name[NOTE_NAME_MAX] = 0;
    T(note_key_of(name, NOTE_ED25519, &log_key.pub, &k) == SR_OK);
    T(note_key_of("a\nb", NOTE_ED25519, &log_key.pub, &k) == SR_EFORMAT);
    struct sign_key sk;
    struct sign_pub pub;
    seeded(0, &sk, &pub);
    SR_OWN(buf) b = { 0 };
    note_cosign(SPAN_STR("x\n"), "w", &sk, &pub, UINT64_C(1) << 63, &b);
    T(!buf_ok(&b));
}

int main(void)
{
    T(secret_init() == SR_OK);
    log_key = key_of(vec_log_vkey);
    witness_key = key_of(vec_witness_vkey);
    T(witness_key.type == NOTE_COSIGNATURE);
    the_published_note_verifies();
    notes_are_those_of_the_other_implementation();
    every_flip_and_every_shorter_note_is_refused();
    malformed_notes_are_refused_as_such();
    malformed_checkpoints_are_refused_even_when_signed();
    sixteen_signatures_are_the_limit();
    a_known_key_with_a_bad_signature_refuses_the_whole_note();
    a_note_of_strangers_alone_is_refused();
    the_origin_is_the_signers_name();
    bad_keys_and_names_are_refused();
    return t_end();
}
