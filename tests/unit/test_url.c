/* The one form of a node's address, and what else an address could be made to say. */
#include "crypto/url.h"
#include "tests/t.h"

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *text;
    bool good;
} rows[] = {
    { "https://node1.example.org:8443", true },
    { "http://127.0.0.1:1", true },
    { "https://node_2-b", true },
    { "https://[::1]:8443", true },
    { "https://[fd00::1.2.3.4]", true },
    { "http://h:65535", true },
    { "", false },
    { "https://", false },
    { "https://:1", false },
    { "HTTPS://h", false },
    { "ftp://h", false },
    { "unix:/run/sealring/admin", false },
    { "file:///etc/passwd", false },
    { "https://h/", false },
    { "https://h:1/", false },
    { "https://h:1/path", false },
    { "https://h?x=", false },
    { "https://h#x", false },
    { "https://user@h", false },
    { "https://user:password@h:1", false },
    { "https://h:", false },
    { "https://h:0", false },
    { "https://h:01", false },
    { "https://h:65536", false },
    { "https://h:99999", false },
    { "https://h:123456", false },
    { "https://h:-1", false },
    { "https://h:1:2", false },
    { "https://h%2f", false },
    { "https://h\\@evil", false },
    { "https://h b", false },
    { "https://h\n", false },
    { "https://[::1", false },
    { "https://[::1]x", false },
    { "https://[]", false },
    { "https://[fe80::1%25eth0]", false },
    { "https://\xc3\xa9", false },
    { "https://" LONG LONG LONG "/", false },
    { "https://" LONG LONG LONG LONG, false },
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        T_ROW(url_of_node(span_of(rows[i].text)) == rows[i].good, rows[i].text);
    T(!url_of_node((struct span){ (const uint8_t *)"https://h\0x", 11 }));
    return t_end();
}
