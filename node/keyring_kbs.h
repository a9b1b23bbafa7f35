#pragma once
/* keyring_kbs.h - what the masters do for guests of Confidential Containers: seal their sessions, sign their
 * tokens, sign what is put over that protocol. Every member derives the same, so any of them finishes what
 * another began. specs/kbs.md, "Keys". */
#include "node/keyring.h"
#include "proto/jose.h"

/* A cookie's bytes, under the newest epoch's key. AAD: LP(label) || cid. */
enum sr_err keyring_kbs_seal(const struct keyring *k, const struct sha256 *cid, struct span plain,
                             struct buf *ret);
/* By the key of any epoch of the keyring from min_epoch on: whoever learnt an older master could have sealed
 * it. SR_EAUTH, R_KBS_SESSION. */
enum sr_err keyring_kbs_open(const struct keyring *k, uint64_t min_epoch, const struct sha256 *cid,
                             struct span box, struct buf *ret, struct sr_why *why);

/* A token with this payload, signed with the newest epoch's key. */
enum sr_err keyring_kbs_sign(const struct keyring *k, struct span payload, struct buf *ret);
/* By the key of the epoch that kid names, which must be one of ours from min_epoch on. SR_EAUTH, R_TOKEN. */
enum sr_err keyring_kbs_verify(const struct keyring *k, uint64_t min_epoch, const struct jws *token,
                               struct sr_why *why);
/* {"keys":[...]}: the public halves, of every epoch of the keyring. */
void keyring_kbs_jwks(const struct keyring *k, struct buf *ret);

/* The key that a tenant's policy may name among its administrators, so that members may store for it what is
 * put over KBS. Of the first epoch: the same for the network's whole life. */
struct sign_pub keyring_kbs_writer(const struct keyring *k);
/* A package of that key's, sealed to the newest epoch's network key. From p: cid, tenant, path, version,
 * prev, kind and created. As package_make(). */
enum sr_err keyring_kbs_package(const struct keyring *k, struct package *p, struct span value,
                                struct buf *ret, struct sr_why *why);
