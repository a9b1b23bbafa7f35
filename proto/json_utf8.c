#include "proto/json_utf8.h"

size_t json_utf8(struct span s, size_t at)
{
    uint8_t c = at < s.n ? s.p[at] : 0xff;
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (s.n - at < n)
        return 0;
    for (size_t k = 1; k < n; k++, low = 0x80, high = 0xbf)
        if (s.p[at + k] < low || s.p[at + k] > high)
            return 0;
    return n;
}

bool json_utf8_all(struct span s)
{
    for (size_t at = 0; at < s.n;) {
        size_t n = json_utf8(s, at);
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}
