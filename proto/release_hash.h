#pragma once
/* release_hash.h - the transcript of a release, the same on both sides. specs/release.md, "Hashes". */
#include "proto/release_wire.h"

enum { W3_SIG = 64 }; /* bytes at the end of W3 */

struct release_rd_in {
    struct span w1;
    const struct kem_pub *ekw;
    struct span want, type;
    const struct binding *binding;
};
/* What the workload's evidence is over; the transcript; HPKE's info and aad for the sealed values. */
struct sha512 release_evidence_rd(const struct release_rd_in *in);
struct sha512 release_th(struct span w2, const struct binding *binding);
enum sr_err release_seal_info(const struct sha512 *th, struct buf *ret);
enum sr_err release_seal_aad(const struct w1 *w1, uint64_t leaf_index, struct buf *ret);
/* What the release key signs: th || H(W3 without sig). */
enum sr_err release_sig_text(const struct sha512 *th, struct span w3_body, struct buf *ret);
