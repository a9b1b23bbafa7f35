/* fuzz_head.c - a request head, and the chunked body behind it: what is accepted is written such that it
 * reads as the same, and no engine could see more in it. */
#include "node/chunk.h"
#include "node/head.h"

#include <stdlib.h>

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_head(const struct head *h)
{
    SR_OWN(buf) one = { 0 };
    SR_OWN(buf) two = { 0 };
    struct head again;
    head_write(h, &one);
    size_t most = head_limit(buf_span(&one)) > HEAD_MAX ? HEAD_WIDE_REBUILT_MAX : HEAD_REBUILT_MAX;
    must(one.n <= most && head_parse(buf_span(&one), &again, NULL) == SR_OK);
    head_write(&again, &two);
    must(span_eq(buf_span(&one), buf_span(&two)));
    must(h->length == again.length && h->framing == again.framing && span_eq(h->path, again.path));
}

static void check_body(struct span s)
{
    struct chunk c = { 0 };
    uint64_t got = 0;
    while (s.n && c.at != CHUNK_DONE) {
        struct span data;
        size_t used;
        if (chunk_next(&c, s, 1 << 16, &used, &data, NULL) != SR_OK)
            return;
        must(used > 0 && used <= s.n && data.n <= used);
        got += data.n;
        s.p += used;
        s.n -= used;
    }
    must(got <= c.total && (c.at != CHUNK_DONE || got == c.total));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span all = { data, size };
    struct head h;
    size_t pos = 0;
    if (head_find(all, &pos, NULL) != SR_OK)
        return 0;
    if (head_parse((struct span){ data, pos }, &h, NULL) != SR_OK)
        return 0;
    check_head(&h);
    if (h.framing == FRAMING_CHUNKED)
        check_body((struct span){ data + pos, size - pos });
    return 0;
}
