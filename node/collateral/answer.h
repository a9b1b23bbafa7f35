#pragma once
/* answer.h - how a PCCS writes certificates and lists: chains as percent-encoded PEM in a header, lists as
 * hexadecimal text. */
#include "crypto/bytes.h"
#include "crypto/err.h"

enum { COLL_CHAIN_MAX = 32 << 10 /* bytes of such a header */ };

/* Percent-decoded (RFC 3986, 2.1; a plus is a plus). SR_EFORMAT R_COLLATERAL_FORMAT: empty, too long, an
 * escape that is none, or something that is not text of PEM. Appends. */
enum sr_err coll_chain_decode(struct span header, struct buf *ret, struct sr_why *why);
/* The body, and when it is nothing but hexadecimal digits, perhaps with blanks around them, what they spell.
 * SR_ENOMEM. Appends. */
enum sr_err coll_body_decode(struct span body, struct buf *ret);
