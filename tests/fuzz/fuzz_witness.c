/* What logs and witnesses send each other: what is read writes back the same, and nobody's word counts
 * without a signature. */
#include "proto/witness.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span s, const struct buf *again)
{
    if (!span_eq(buf_span(again), s))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct note_key nobody = { .name = "w.example/1", .type = NOTE_COSIGNATURE };
    struct witness_question asked = { .origin = "o.example/log" }, question;
    struct witness_request request;
    struct witness_state state;
    struct witness_pin pin = { .n = 1, .need = 1 };
    struct witness_line line;
    uint64_t n;
    SR_OWN(buf) a = { 0 }, b = { 0 }, c = { 0 };
    if (witness_request_read(s, &request) == SR_OK) {
        witness_request_write(&request, &a);
        same(s, &a);
    }
    if (witness_question_read(s, &question) == SR_OK) {
        witness_question_write(&question, &b);
        same(s, &b);
    }
    if (witness_size_read(s, &n) == SR_OK) {
        witness_size_write(n, &c);
        same(s, &c);
    }
    if (witness_seen_check(s, &asked, &nobody.pub, &state, NULL) == SR_OK ||
        witness_answer_open(s, s, &nobody, &line, NULL) == SR_OK ||
        witness_answer_open(SPAN_STR("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"), s, &nobody,
                            &line, NULL) == SR_OK ||
        witness_pin_check(&pin, &(struct sha256){ 0 }, s, 0, NULL) == SR_OK)
        abort(); /* nobody can sign for the zero key: it is of small order */
    return 0;
}
