#pragma once
/* text.h - hex and base64 (RFC 4648), strict: one spelling a value, constant time where it matters. */
#include "crypto/secret.h"

/* Lower-case hex. ret holds 2n + 1 bytes. */
void hex_text(struct span s, char *ret);
void wr_hex(struct buf *b, struct span s);
/* Exactly n bytes from exactly 2n lower-case digits. */
enum sr_err hex_read(struct span text, void *ret, size_t n);

void wr_base64(struct buf *b, struct span s);    /* standard alphabet, padded */
void wr_base64url(struct buf *b, struct span s); /* no padding */
/* Appends the decoded bytes. SR_EFORMAT: other characters, wrong padding, bits set that carry nothing. */
enum sr_err base64_read(struct span text, struct buf *ret);
enum sr_err base64url_read(struct span text, struct buf *ret);
