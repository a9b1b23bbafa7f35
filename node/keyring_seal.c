/* How the masters leave a keyring: sealed to this machine, or sealed to an attested joiner. */
#include "crypto/aead.h"
#include "node/keyring_parts.h"

static void aad_of(struct buf *b, const struct sha256 *cid, const struct sha256 *pcrs)
{
    struct label_text l = label_text(L_MASTER_BUNDLE);
    wr_lp(b, (struct span){ (const uint8_t *)l.b, l.n });
    wr_span(b, SPAN(cid->b));
    wr_span(b, SPAN(pcrs->b));
}

enum sr_err keyring_seal(const struct keyring *k, const struct sha256 *cid, const struct key *kek,
                         const struct sha256 *pcrs, struct buf *ret)
{
    SR_OWN(buf) aad = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(master_bundle) b = k->parts->masters;
    aad_of(&aad, cid, pcrs);
    if (!buf_ok(&aad))
        return SR_ENOMEM;
    b.cid = *cid;
    SR_TRY(master_bundle_encode(&b, &plain));
    return aead_seal(kek, buf_span(&aad), secret_span(&plain), ret);
}

enum sr_err keyring_unseal(struct span blob, const struct keyring_home *home, const struct key *kek,
                           const struct sha256 *pcrs, struct keyring **ret, struct sr_why *why)
{
    SR_OWN(buf) aad = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(master_bundle) b = { 0 };
    aad_of(&aad, &home->cid, pcrs);
    if (!buf_ok(&aad))
        return SR_ENOMEM;
    if (blob.n > KEYRING_BLOB_MAX || aead_open(kek, buf_span(&aad), blob, &plain) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_UNSEAL,
                       "the sealed masters do not open for this network and machine");
    SR_TRY(master_bundle_decode(secret_span(&plain), &b, why));
    SR_TRY(master_bundle_check(&b, home->salt, home->epochs, home->n, why));
    return keyring_install(&b, home->salt, ret);
}

enum sr_err keyring_grant(const struct keyring *k, const struct granter *g, const struct join_attest *a,
                          const struct verified *verified, const struct nonce_spent *spent, struct span type,
                          struct join_sealed *ret, struct sr_why *why)
{
    SR_OWN(join_grant_random) random = { 0 };
    SR_OWN(master_bundle) b = { 0 };
    master_bundle_without(&k->parts->masters, g->epoch_lo, &k->parts->lasting, &b);
    b.cid = g->cid;
    random_fill(random.ekb.b, sizeof random.ekb.b);
    random_fill(random.eph.b, sizeof random.eph.b);
    return join_grant(g, a, verified, spent, &b, type, &random, ret, why);
}
