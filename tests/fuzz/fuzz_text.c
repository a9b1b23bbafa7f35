/* Hex and base64: what is read is written back the same, and nothing else is read. */
#include "crypto/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct buf *written, struct span text)
{
    if (!buf_ok(written) || !span_eq(buf_span(written), text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = { data, size };
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(buf) again = { 0 };
    SR_OWN(buf) url = { 0 };
    SR_OWN(buf) url_again = { 0 };
    SR_OWN(buf) hex = { 0 };
    uint8_t room[64];
    if (base64_read(text, &bytes) == SR_OK) {
        wr_base64(&again, buf_span(&bytes));
        same(&again, text);
    }
    if (base64url_read(text, &url) == SR_OK) {
        wr_base64url(&url_again, buf_span(&url));
        same(&url_again, text);
    }
    if (size / 2 <= sizeof room && hex_read(text, room, size / 2) == SR_OK) {
        wr_hex(&hex, (struct span){ room, size / 2 });
        same(&hex, text);
    }
    return 0;
}
