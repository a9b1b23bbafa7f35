/* RFC 4648, section 10, and every second spelling that must not be taken. libsodium alone would take
 * upper-case hex, which text.c refuses; padding and unused bits it checks itself, which the rows hold. */
#include "crypto/text.h"
#include "tests/hex.h"

static void base64_gives_the_published_text_and_back(void)
{
    static const struct {
        const char *plain, *std, *url;
    } rows[] = {
        { "", "", "" },
        { "f", "Zg==", "Zg" },
        { "fo", "Zm8=", "Zm8" },
        { "foo", "Zm9v", "Zm9v" },
        { "foob", "Zm9vYg==", "Zm9vYg" },
        { "fooba", "Zm9vYmE=", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "+/+/", "-_-_" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) a = { 0 };
        SR_OWN(buf) b = { 0 };
        SR_OWN(buf) c = { 0 };
        SR_OWN(buf) d = { 0 };
        wr_base64(&a, span_of(rows[i].plain));
        wr_base64url(&b, span_of(rows[i].plain));
        T_ROW(span_eq(buf_span(&a), span_of(rows[i].std)) && span_eq(buf_span(&b), span_of(rows[i].url)),
              rows[i].std);
        T_ROW(base64_read(span_of(rows[i].std), &c) == SR_OK && span_eq(buf_span(&c), span_of(rows[i].plain)),
              rows[i].std);
        T_ROW(base64url_read(span_of(rows[i].url), &d) == SR_OK &&
                  span_eq(buf_span(&d), span_of(rows[i].plain)),
              rows[i].url);
    }
}

typedef enum sr_err reads(struct span text, struct buf *ret);

static void other_spellings_are_refused(void)
{
    static const struct {
        reads *read;
        const char *text;
    } rows[] = {
        { base64_read, "Zg" },        { base64_read, "Zg=" },      { base64_read, "Zg===" },
        { base64_read, "Zh==" },      { base64_read, "Zm9=" },     { base64_read, "Zm9v=" },
        { base64_read, "Zm9vYg" },    { base64_read, "Z" },        { base64_read, "Zm9v\n" },
        { base64_read, " Zm9v" },     { base64_read, "Zm 9v" },    { base64_read, "-_-_" },
        { base64_read, "Zg==Zg==" },  { base64_read, "====" },     { base64_read, "=" },
        { base64_read, "Zm9v!" },     { base64url_read, "Zg==" },  { base64url_read, "Zh" },
        { base64url_read, "Zm9" },    { base64url_read, "Z" },     { base64url_read, "+/+/" },
        { base64url_read, "Zm9v\n" }, { base64url_read, "Zm9v=" }, { base64url_read, "Zm9vZ" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SR_OWN(buf) b = { 0 };
        wr_text(&b, "kept");
        T_ROW(rows[i].read(span_of(rows[i].text), &b) == SR_EFORMAT, rows[i].text);
        T_ROW(span_eq(buf_span(&b), SPAN_STR("kept")), rows[i].text);
    }
}

/* Every byte in every place of a valid text: taken if and only if it writes back as itself. */
static void what_is_read_writes_back_as_itself(void)
{
    char std[] = "Zm9vYg==", url[] = "Zm9vYg";
    for (size_t at = 0; at < 8; at++)
        for (int c = 0; c < 256; c++) {
            SR_OWN(buf) plain = { 0 };
            SR_OWN(buf) again = { 0 };
            char text[9];
            memcpy(text, std, sizeof text);
            text[at] = (char)c;
            struct span s = { (const uint8_t *)text, 8 };
            if (base64_read(s, &plain) == SR_OK) {
                wr_base64(&again, buf_span(&plain));
                T_ROW(span_eq(buf_span(&again), s), text);
            }
            if (at >= 6)
                continue;
            memcpy(text, url, sizeof url);
            text[at] = (char)c;
            s.n = 6;
            plain.n = again.n = 0;
            if (base64url_read(s, &plain) == SR_OK) {
                wr_base64url(&again, buf_span(&plain));
                T_ROW(span_eq(buf_span(&again), s), text);
            }
        }
}

static void hex_has_one_spelling(void)
{
    static const struct {
        const char *text;
        size_t n;
        enum sr_err err;
    } rows[] = {
        { "00ff7f", 3, SR_OK },
        { "", 0, SR_OK },
        { "00FF7F", 3, SR_EFORMAT },
        { "00ff7", 3, SR_EFORMAT },
        { "00ff7f0", 3, SR_EFORMAT },
        { "00ff7f00", 3, SR_EFORMAT },
        { "00ff", 3, SR_EFORMAT },
        { "00 f7f", 3, SR_EFORMAT },
        { "0x00ff", 3, SR_EFORMAT },
        { "00ff7g", 3, SR_EFORMAT },
        { "00:f7f", 3, SR_EFORMAT },
        { "00ff7f", SIZE_MAX / 2 + 4, SR_EFORMAT },
        { "00ff7f", 0, SR_EFORMAT },
        { "0\xc0\xb0"
          "f7f",
          3, SR_EFORMAT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t out[8] = { 0 };
        T_ROW(hex_read(span_of(rows[i].text), out, rows[i].n) == rows[i].err, rows[i].text);
        T_ROW(rows[i].err || rows[i].n == 0 || memcmp(out, "\x00\xff\x7f", 3) == 0, rows[i].text);
    }
    SR_OWN(buf) b = { 0 };
    wr_hex(&b, SPAN_STR("\x00\xff\x7f"));
    T(span_eq(buf_span(&b), SPAN_STR("00ff7f")));
}

int main(void)
{
    T(secret_init() == SR_OK);
    base64_gives_the_published_text_and_back();
    other_spellings_are_refused();
    what_is_read_writes_back_as_itself();
    hex_has_one_spelling();
    return t_end();
}
