#pragma once
/* json_utf8.h - UTF-8 as RFC 3629, section 4 draws it: no overlong form, no surrogate, none past U+10FFFF. */
#include "crypto/bytes.h"

/* Bytes of the character that starts at s.p[at]: 1 to 4, or 0 when there is none. */
size_t json_utf8(struct span s, size_t at);
bool json_utf8_all(struct span s);
