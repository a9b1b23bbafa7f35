#include "tests/t.h"
#include "crypto/text.h"
#include "proto/announcement.h"
#include "proto/evidence/tpm_claims.h"

#define H(c)  H8(c) H8(c) H8(c) H8(c) H8(c) H8(c) H8(c) H8(c)
#define H8(c) c c c c c c c c
#define ONE   "{\"files\":[\"" H("1") "\"]}"
#define ALL                                                                                                  \
    "{\"config\":\"" H("2") "\",\"files\":[\"" H("1") "\",\"" H(                                             \
        "3") "\"],\"pcrs\":[{\"index\":4,\"value\":\"" H("4") "\"},"                                         \
                                                              "{\"index\":9,\"value\":\"" H(                 \
                                                                  "5") "\"}],\"start\":\"" H("6") "\"}"

static const struct {
    const char *name, *text;
    enum sr_err err;
    enum sr_reason reason;
} rows[] = {
    { "a program alone", ONE, SR_OK, R_NONE },
    { "everything", ALL, SR_OK, R_NONE },
    { "no program", "{\"files\":[]}", SR_EFORMAT, R_ANNOUNCEMENT },
    { "no files", "{\"pcrs\":[]}", SR_EFORMAT, R_JSON_MEMBER },
    { "a short digest", "{\"files\":[\"1111\"]}", SR_EFORMAT, R_ANNOUNCEMENT },
    { "a number for a digest", "{\"files\":[1]}", SR_EFORMAT, R_ANNOUNCEMENT },
    { "PCR 14", "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":14,\"value\":\"" H("4") "\"}]}", SR_EFORMAT,
      R_ANNOUNCEMENT },
    { "PCR 10, which no quote holds",
      "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":10,\"value\":\"" H("4") "\"}]}", SR_EFORMAT,
      R_ANNOUNCEMENT },
    { "PCR 16, which can be reset",
      "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":16,\"value\":\"" H("4") "\"}]}", SR_EFORMAT,
      R_ANNOUNCEMENT },
    { "a PCR beyond 32 bits",
      "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":4294967300,\"value\":\"" H("4") "\"}]}", SR_EFORMAT,
      R_ANNOUNCEMENT },
    { "a PCR twice",
      "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":4,\"value\":\"" H(
          "4") "\"},{\"index\":4,\"value\":\"" H("5") "\"}]}",
      SR_EFORMAT, R_ANNOUNCEMENT },
    { "not rising",
      "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":9,\"value\":\"" H(
          "4") "\"},{\"index\":4,\"value\":\"" H("5") "\"}]}",
      SR_EFORMAT, R_ANNOUNCEMENT },
    { "a PCR without value", "{\"files\":[\"" H("1") "\"],\"pcrs\":[{\"index\":4}]}", SR_EFORMAT,
      R_JSON_MEMBER },
    { "something else", "{\"code\":\"x\",\"files\":[\"" H("1") "\"]}", SR_EFORMAT, R_JSON_MEMBER },
    { "no object", "[]", SR_EFORMAT, R_JSON_SYNTAX },
};

static void only_what_is_written_down_is_read(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct announcement a;
        struct sr_why why = { 0 };
        SR_OWN(buf) again = { 0 };
        enum sr_err e = announcement_read(span_of(rows[i].text), &a, &why);
        T_ROW(e == rows[i].err && (e == SR_OK || why.reason == rows[i].reason), rows[i].name);
        if (e != SR_OK)
            continue;
        announcement_write(&a, &again);
        T_ROW(span_eq(buf_span(&again), span_of(rows[i].text)), rows[i].name);
    }
}

static void too_many_files_and_too_long_texts_are_refused(void)
{
    SR_OWN(buf) many = { 0 };
    SR_OWN(buf) pad = { 0 };
    struct announcement a;
    struct sr_why why = { 0 };
    wr_text(&many, "{\"files\":[");
    for (int i = 0; i < EVENTS_MAX; i++)
        wr_fmt(&many, "%s\"%s\"", i ? "," : "", H("1"));
    wr_text(&many, "]}");
    T(announcement_read(buf_span(&many), &a, &why) == SR_ETOOBIG);
    for (int i = 0; i <= ANNOUNCEMENT_MAX; i++)
        wr_u8(&pad, ' ');
    T(announcement_read(buf_span(&pad), &a, &why) == SR_ETOOBIG && why.reason == R_ANNOUNCEMENT);
}

static void no_shorter_text_is_one(void)
{
    struct announcement a;
    for (size_t n = 0; n < strlen(ALL); n++)
        T(announcement_read((struct span){ (const uint8_t *)ALL, n }, &a, NULL) != SR_OK);
}

/* What is read after a bit changed is written as that text again, or nothing is read. */
static void no_bit_is_without_meaning(void)
{
    for (size_t i = 0; i < 8 * strlen(ALL); i++) {
        char text[sizeof ALL] = ALL;
        struct announcement a;
        SR_OWN(buf) again = { 0 };
        text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
        if (announcement_read((struct span){ (const uint8_t *)text, strlen(ALL) }, &a, NULL) != SR_OK)
            continue;
        announcement_write(&a, &again);
        T(span_eq(buf_span(&again), (struct span){ (const uint8_t *)text, strlen(ALL) }));
    }
}

/* ---- what follows from it ---- */

static void now(struct event_log *log, struct tpm_pcrs *pcrs)
{
    const struct sha256 program = { { 0xaa } }, config = { { 0xbb } };
    event_log_of(&program, 1, &config, log);
    memset(pcrs, 0, sizeof *pcrs);
    for (size_t i = 0; i < TPM_SELECTED; i++)
        pcrs->v[i].b[0] = (uint8_t)i;
    T(event_log_replay(log, log->n, &log->start, &pcrs->v[TPM_SELECTED - 1]) == SR_OK);
}

static void what_is_left_out_stays_and_the_rest_follows(void)
{
    struct event_log log, next;
    struct tpm_pcrs pcrs, then;
    struct announcement a;
    static struct claims c;
    now(&log, &pcrs);
    T(announcement_read(SPAN_STR(ONE), &a, NULL) == SR_OK);
    T(announcement_apply(&a, &log, &pcrs, &next, &then, NULL) == SR_OK);
    T(next.n == 2 && next.e[0].digest.b[0] == 0x11 && next.e[1].digest.b[0] == 0xbb);
    T(sha256_eq(tpm_pcr(&then, 9), tpm_pcr(&pcrs, 9)));
    T(!sha256_eq(tpm_pcr(&then, 14), tpm_pcr(&pcrs, 14)));
    T(tpm_claims_measured(&next, &then, &c, NULL) == SR_OK); /* the log leads to the PCR */
    T(announcement_read(SPAN_STR(ALL), &a, NULL) == SR_OK);
    T(announcement_apply(&a, &log, &pcrs, &next, &then, NULL) == SR_OK);
    T(next.n == 3 && next.e[1].digest.b[0] == 0x33 && next.e[2].digest.b[0] == 0x22);
    T(next.start.b[0] == 0x66 && tpm_pcr(&then, 4)->b[0] == 0x44 && tpm_pcr(&then, 9)->b[0] == 0x55);
    claims_clear(&c);
    T(tpm_claims_measured(&next, &then, &c, NULL) == SR_OK);
    next.e[0].digest.b[0] ^= 1;
    T(tpm_claims_measured(&next, &then, &c, NULL) != SR_OK);
    T(announcement_apply(&a, &(struct event_log){ 0 }, &pcrs, &next, &then, NULL) == SR_EFORMAT);
}

/* The same program announced is the present, to the last PCR. */
static void the_present_is_what_it_is(void)
{
    struct event_log log, next;
    struct tpm_pcrs pcrs, then;
    struct announcement a = { .nfiles = 1, .file = { { { 0xaa } } } };
    now(&log, &pcrs);
    T(announcement_apply(&a, &log, &pcrs, &next, &then, NULL) == SR_OK);
    T(memcmp(&then, &pcrs, sizeof then) == 0);
}

int main(void)
{
    only_what_is_written_down_is_read();
    too_many_files_and_too_long_texts_are_refused();
    no_shorter_text_is_one();
    no_bit_is_without_meaning();
    what_is_left_out_stays_and_the_rest_follows();
    the_present_is_what_it_is();
    return t_end();
}
