#include "crypto/text.h"
#include "tests/t.h"

static bool in(uint8_t c, const char *alphabet)
{
    return c && strchr(alphabet, c);
}

/* Every byte value at every place of a group: only the alphabet's own, and only one spelling of each value.
 */
static void only_the_alphabet_is_taken(enum sr_err (*read)(struct span, struct buf *), const char *alphabet)
{
    unsigned wrong = 0;
    for (unsigned at = 0; at < 4; at++)
        for (unsigned c = 0; c < 256; c++) {
            uint8_t text[4] = { 'A', 'A', 'A', 'A' };
            SR_OWN(buf) b = { 0 };
            text[at] = (uint8_t)c;
            wrong += (read(SPAN(text), &b) == SR_OK) != in((uint8_t)c, alphabet) && !(at == 3 && c == '=');
        }
    T(wrong == 0);
}

int main(void)
{
    T(secret_init() == SR_OK);
    only_the_alphabet_is_taken(base64_read,
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    only_the_alphabet_is_taken(base64url_read,
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return t_end();
}
