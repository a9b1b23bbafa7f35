#pragma once
/* cid.h - the network id: 32 bytes that commit to one genesis record, and the text that people pin.
 * Text: the mode's prefix ("sr1", "srx1"), 52 characters for the 32 bytes, 6 for the checksum: BIP 350's
 * bech32m with the human-readable part "sr" or "srx". Any four wrong characters are noticed, so any one, and
 * any two that changed places. Lower case only: one spelling a network. specs/genesis.md, "Network id". */
#include "crypto/hash.h"

enum { CID_TEXT_MAX = 64 }; /* characters, with the NUL */

/* sr1... or, in the insecure mode, srx1..., with its checksum and a NUL. */
void cid_text(const struct sha256 *cid, char ret[CID_TEXT_MAX]);
/* SR_EFORMAT, R_CID_TEXT: another mode's prefix, another length or character, a wrong checksum. */
enum sr_err cid_parse(struct span text, struct sha256 *ret, struct sr_why *why);
