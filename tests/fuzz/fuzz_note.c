/* Notes, checkpoints and verifier keys: what is read writes back the same. */
#include "proto/note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct note_key k = { .name = "a.example/log", .type = NOTE_ED25519 };
    struct note_open open;
    struct checkpoint c;
    SR_OWN(buf) body = { 0 }, line = { 0 };
    if (note_open(s, &k, 1, &open, NULL) == SR_OK)
        abort(); /* nobody can sign for the zero key: it is of small order */
    if (checkpoint_read(s, &c) == SR_OK) {
        checkpoint_write(&c, &body);
        if (!span_eq(buf_span(&body), s))
            abort();
    }
    if (note_key_read(s, &k) == SR_OK) {
        note_key_write(&k, &line);
        if (!span_eq(buf_span(&line), s))
            abort();
    }
    return 0;
}
