#include "crypto/bytes.h"
#include "crypto/secret.h"
#include "tests/t.h"

#include <string.h>

static void reads_past_the_end_are_zero_and_stick(void)
{
    struct reader r = rd_init(SPAN_STR("\x01\x02\x03"));
    T(rd_u16be(&r) == 0x0102);
    T(rd_u32be(&r) == 0);
    T(rd_u8(&r) == 0);
    T(!rd_end(&r));
}

static void a_length_can_not_wrap(void)
{
    struct reader r = rd_init(SPAN_STR("\xff\xff\xff\xff"
                                       "abc"));
    T(rd_lp(&r, SIZE_MAX).n == 0);
    T(r.bad);
    struct reader big = rd_init(SPAN_STR("abc"));
    T(rd_span(&big, SIZE_MAX).n == 0 && big.bad);
}

static void a_length_prefix_over_its_limit_is_bad(void)
{
    struct reader r = rd_init(SPAN_STR("\0\0\0\4"
                                       "abcd"));
    T(rd_lp(&r, 3).n == 0 && r.bad);
}

static void leftovers_are_not_the_end(void)
{
    struct reader r = rd_init(SPAN_STR("ab"));
    T(rd_u8(&r) == 'a' && !rd_end(&r));
    T(rd_u8(&r) == 'b' && rd_end(&r));
}

static void what_is_written_reads_back(void)
{
    SR_OWN(buf) b = { 0 };
    wr_u8(&b, 1);
    wr_u16be(&b, 0x0203);
    wr_u32be(&b, 0x04050607);
    wr_u64be(&b, UINT64_C(0x08090a0b0c0d0e0f));
    wr_lp(&b, SPAN_STR("hello"));
    wr_fmt(&b, "%d", 42);
    struct reader r = rd_init(buf_span(&b));
    T(rd_u8(&r) == 1);
    T(rd_u16be(&r) == 0x0203);
    T(rd_u32be(&r) == 0x04050607);
    T(rd_u64be(&r) == UINT64_C(0x08090a0b0c0d0e0f));
    T(span_eq(rd_lp(&r, 5), SPAN_STR("hello")));
    T(span_eq(rd_span(&r, 2), SPAN_STR("42")));
    T(rd_end(&r));
}

/* Whatever room there is: less, just as much, more. */
static void formatted_text_is_whole(void)
{
    size_t wrong = 0;
    for (int n = 1; n < 600; n++) {
        SR_OWN(buf) b = { 0 };
        char want[700];
        size_t len = (size_t)snprintf(want, sizeof want, "seed%*d", n, 7);
        wr_text(&b, "seed");
        wr_fmt(&b, "%*d", n, 7);
        wrong += !span_eq(buf_span(&b), (struct span){ (const uint8_t *)want, len });
        wr_fmt(&b, "%s", want);
        wrong += b.n != 2 * len || memcmp(b.p + len, want, len) != 0;
    }
    T(wrong == 0);
    struct buf bad = { .bad = true };
    wr_fmt(&bad, "%d", 7);
    T(!buf_ok(&bad) && bad.n == 0);
    buf_drop(&bad);
}

static void a_buffer_past_its_limit_goes_bad_and_stays(void)
{
    SR_OWN(buf) b = { 0 };
    T(wr_room(&b, BUF_MAX + 1) == NULL);
    wr_u8(&b, 1);
    T(!buf_ok(&b) && buf_span(&b).n == 0);
}

static void order_is_bytewise_with_prefixes_first(void)
{
    T(span_cmp(SPAN_STR("a"), SPAN_STR("ab")) < 0);
    T(span_cmp(SPAN_STR("b"), SPAN_STR("ab")) > 0);
    T(span_cmp(SPAN_STR("ab"), SPAN_STR("ab")) == 0);
}

int main(void)
{
    T(secret_init() == SR_OK);
    reads_past_the_end_are_zero_and_stick();
    a_length_can_not_wrap();
    a_length_prefix_over_its_limit_is_bad();
    leftovers_are_not_the_end();
    what_is_written_reads_back();
    formatted_text_is_whole();
    a_buffer_past_its_limit_goes_bad_and_stays();
    order_is_bytewise_with_prefixes_first();
    return t_end();
}
