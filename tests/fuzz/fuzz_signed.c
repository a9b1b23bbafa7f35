/* The Authorization header of signed requests: no other spelling of what was read is read. */
#include "crypto/text.h"
#include "proto/signed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    struct signed_header h;
    SR_OWN(buf) b = { 0 };
    if (signed_parse(s, &h, NULL) != SR_OK)
        return 0;
    wr_text(&b, "Sealring key=\"");
    wr_hex(&b, SPAN(h.key.b));
    wr_fmt(&b, "\", time=\"%llu\", id=\"", (unsigned long long)h.time);
    wr_hex(&b, SPAN(h.id));
    wr_text(&b, "\", sig=\"");
    wr_base64(&b, SPAN(h.sig.b));
    wr_text(&b, "\"");
    if (!span_eq(buf_span(&b), s))
        abort();
    return 0;
}
