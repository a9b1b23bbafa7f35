#pragma once
/* join_hash.h - the transcript and key schedule of a join, the same on both sides. specs/join.md, "Hashes".
 */
#include "proto/join_wire.h"

enum { M3_SIGS = 128, M4_SIG = 64, M6_MAC = 32 }; /* bytes at the end that th2, th3 and the mac leave out */

/* The transcript after M1 and M2, after M3, after M4; bodies are without their signatures. */
struct sha512 join_th1(struct span m1, struct span m2, const struct binding *binding);
struct sha512 join_th2(const struct sha512 *th1, struct span m3_body);
struct sha512 join_th3(const struct sha512 *th2, struct span m4_body);

struct join_joiner_rd {
    const struct sha512 *th1;
    const struct kem_pub *ekj;
    const struct sign_pub *idj, *member_key;
    struct span type;
    const struct rollback *rollback;
};
/* What the joiner's evidence is over. */
struct sha512 join_rd_joiner(const struct join_joiner_rd *in);

struct join_granter_rd {
    const struct sha512 *th2;
    const struct kem_pub *ekb;
    const struct sign_pub *idb;
    const struct kem_pub *enc;
    const struct sha512 *ct_hash;
    struct span type;
    const struct rollback *rollback;
};
/* What the granter's evidence is over. */
struct sha512 join_rd_granter(const struct join_granter_rd *in);

/* HPKE's info and aad for the sealed masters, and the two confirmation keys from its exporter. */
enum sr_err join_seal_info(const struct sha512 *th2, struct buf *ret);
enum sr_err join_seal_aad(const struct sha512 *th2, uint64_t epoch_lo, uint64_t epoch_hi, struct buf *ret);
enum sr_err join_confirm_keys(const struct hpke *ctx, struct key *ret_kcj, struct key *ret_kcb);
/* HMAC over th3 || more. */
enum sr_err join_confirm_mac(const struct key *k, enum label l, const struct sha512 *th3, struct span more,
                             struct sha256 *ret);
