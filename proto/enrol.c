#include "proto/enrol.h"
#include "crypto/cert.h"
#include "proto/evidence/tpm_check.h"
#include "proto/makecred.h"

#include <string.h>

enum { VERSION = 1, TYPE_E1 = 1, TYPE_E2 = 2, TYPE_E3 = 3, PUBLIC_MAX = AK_PUBLIC_MAX };
enum { BLOB_MAX = 256, SEED_MAX = 1024 };

static void head(struct buf *b, uint8_t type)
{
    wr_u8(b, VERSION);
    wr_u8(b, type);
}

static struct reader open(struct span s, size_t max, uint8_t type)
{
    struct reader r = rd_init(s);
    if (s.n > max || rd_u8(&r) != VERSION || rd_u8(&r) != type)
        r.bad = true;
    return r;
}

enum sr_err enrol_request_write(const struct enrol_request *e1, struct buf *ret)
{
    if (e1->n == 0 || e1->n > ENROL_CHAIN_MAX)
        return SR_EFORMAT;
    head(ret, TYPE_E1);
    wr_span(ret, SPAN(e1->network.b));
    wr_span(ret, SPAN(e1->nonce.b));
    wr_u8(ret, (uint8_t)e1->n);
    for (size_t i = 0; i < e1->n; i++)
        wr_lp(ret, e1->chain[i]);
    wr_lp(ret, e1->ek);
    wr_lp(ret, e1->ak);
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err enrol_request_read(struct span e1, struct enrol_request *ret, struct sr_why *why)
{
    struct reader r = open(e1, ENROL_E1_MAX, TYPE_E1);
    struct enrol_request q = { 0 };
    rd_copy(&r, q.network.b, sizeof q.network.b);
    rd_copy(&r, q.nonce.b, sizeof q.nonce.b);
    size_t n = rd_u8(&r);
    for (; !r.bad && q.n < n && q.n < ENROL_CHAIN_MAX; q.n++)
        q.chain[q.n] = rd_lp(&r, CERT_MAX);
    q.ek = rd_lp(&r, PUBLIC_MAX);
    q.ak = rd_lp(&r, PUBLIC_MAX);
    if (!rd_end(&r) || q.n != n || n == 0)
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "malformed E1");
    *ret = q;
    return SR_OK;
}

/* E2 in parts; mac covers E1 and everything before it. */
struct challenge {
    struct span blob, seed;
    uint64_t ts;
    struct enrol_rand rand;
    struct sha256 mac;
    struct span body;
};

static enum sr_err challenge_read(struct span e2, struct challenge *ret, struct sr_why *why)
{
    struct reader r = open(e2, ENROL_E2_MAX, TYPE_E2);
    struct challenge c = { 0 };
    c.blob = rd_lp(&r, BLOB_MAX);
    c.seed = rd_lp(&r, SEED_MAX);
    c.ts = rd_u64be(&r);
    rd_copy(&r, c.rand.b, sizeof c.rand.b);
    c.body = (struct span){ e2.p, e2.n - rd_left(&r) };
    rd_copy(&r, c.mac.b, sizeof c.mac.b);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "malformed E2");
    *ret = c;
    return SR_OK;
}

/* What is known once E1 was looked at. */
struct subject {
    struct enrol_request e1;
    struct tpm_public ek, ak;
    struct sha256 ek_hash, root;
};

static enum sr_err check_ek(const struct enroller *by, struct subject *s, struct sr_why *why)
{
    SR_OWN(certs) chain = { 0 };
    SR_OWN(pubkey) ek = { 0 };
    for (; chain.n < s->e1.n; chain.n++)
        if (cert_read(s->e1.chain[chain.n], &chain.c[chain.n], NULL) != SR_OK)
            return sr_fail(why, SR_EFORMAT, R_EK_CHAIN, "certificate %zu of the EK chain is malformed",
                           chain.n);
    SR_TRY(tpm_public_read(s->e1.ek, R_EK_TEMPLATE, &s->ek, why));
    SR_TRY(ek_template_check(&s->ek, why));
    if (tpm_public_key(&s->ek, &ek) != SR_OK || !cert_has_key(&chain.c[0], &ek))
        return sr_fail(why, SR_EPROOF, R_EK_KEY, "the EK is too weak, or not the certificate's");
    SR_TRY(cert_spki_hash(&chain.c[0], &s->ek_hash));
    return cert_chain_verify(&chain.c[0], chain.c + 1, chain.n - 1, by->roots, by->nroots, by->now, CERT_EK,
                             why, &s->root);
}

static enum sr_err check_request(const struct enroller *by, struct span e1, struct subject *ret,
                                 struct sr_why *why)
{
    struct subject s = { 0 };
    SR_OWN(pubkey) ak = { 0 };
    SR_TRY(enrol_request_read(e1, &s.e1, why));
    if (!sha256_eq(&s.e1.network, &by->network))
        return sr_fail(why, SR_EDENIED, R_WRONG_NETWORK, "enrolment for another network");
    SR_TRY(tpm_public_read(s.e1.ak, R_AK_ATTRIBUTES, &s.ak, why));
    SR_TRY(tpm_ak_check(&s.ak, why));
    if (tpm_public_key(&s.ak, &ak) != SR_OK)
        return sr_fail(why, SR_EPROOF, R_AK_ATTRIBUTES, "the AK is no key");
    SR_TRY(check_ek(by, &s, why));
    *ret = s;
    return SR_OK;
}

static struct sha512 request_hash(struct span e1)
{
    struct hash512 h = hash512_start(L_ENROL_REQUEST);
    hash512_lp(&h, e1);
    return hash512_end(&h);
}

/* Known to the enroller alone, and drawn anew from E2's own fields when E3 comes. */
static enum sr_err secret_of(const struct enroller *by, struct span e1, uint64_t ts,
                             const struct enrol_rand *rand, struct key *ret)
{
    SR_OWN(buf) msg = { 0 };
    struct sha512 h = request_hash(e1);
    wr_span(&msg, SPAN(h.b));
    wr_u64be(&msg, ts);
    wr_span(&msg, SPAN(rand->b));
    if (!buf_ok(&msg))
        return SR_ENOMEM;
    struct sha256 d = hmac_label(by->key, L_ENROL_SECRET, buf_span(&msg));
    memcpy(ret->b, d.b, sizeof ret->b);
    sodium_memzero(&d, sizeof d);
    return SR_OK;
}

static enum sr_err challenge_mac(const struct enroller *by, struct span e1, struct span body,
                                 struct sha256 *ret)
{
    SR_OWN(buf) msg = { 0 };
    wr_lp(&msg, e1);
    wr_lp(&msg, body);
    if (!buf_ok(&msg))
        return SR_ENOMEM;
    *ret = hmac_label(by->key, L_ENROL_STATE, buf_span(&msg));
    return SR_OK;
}

enum sr_err enrol_challenge(const struct enroller *by, const struct enrol_rand *rand, struct span e1,
                            struct buf *ret_e2, struct sr_why *why)
{
    struct subject s;
    struct tpm_name name;
    struct sha256 mac;
    SR_OWN(key) secret = { 0 };
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) seed = { 0 };
    SR_OWN(buf) body = { 0 };
    SR_TRY(check_request(by, e1, &s, why));
    SR_TRY(tpm_public_name(&s.ak, &name));
    SR_TRY(secret_of(by, e1, (uint64_t)by->now, rand, &secret));
    SR_TRY(make_credential(&s.ek, &name, &secret, &blob, &seed, why));
    head(&body, TYPE_E2);
    wr_lp(&body, buf_span(&blob));
    wr_lp(&body, buf_span(&seed));
    wr_u64be(&body, (uint64_t)by->now);
    wr_span(&body, SPAN(rand->b));
    SR_TRY(challenge_mac(by, e1, buf_span(&body), &mac));
    wr_span(&body, SPAN(mac.b));
    wr_span(ret_e2, buf_span(&body));
    return buf_ok(&body) && buf_ok(ret_e2) ? SR_OK : SR_ENOMEM;
}

enum sr_err enrol_credential(struct span e2, struct span *ret_blob, struct span *ret_seed, struct sr_why *why)
{
    struct challenge c;
    SR_TRY(challenge_read(e2, &c, why));
    *ret_blob = c.blob;
    *ret_seed = c.seed;
    return SR_OK;
}

static struct sha256 proof_of(struct span e1, struct span e2, const struct key *secret)
{
    struct hash512 h = hash512_start(L_ENROL_PROOF);
    hash512_lp(&h, e1);
    hash512_lp(&h, e2);
    struct sha512 d = hash512_end(&h);
    return hmac_label(secret, L_ENROL_PROOF, SPAN(d.b));
}

enum sr_err enrol_answer(struct span e1, struct span e2, const struct key *secret, struct buf *ret_e3)
{
    struct sha256 proof = proof_of(e1, e2, secret);
    head(ret_e3, TYPE_E3);
    wr_lp(ret_e3, e1);
    wr_lp(ret_e3, e2);
    wr_span(ret_e3, SPAN(proof.b));
    return buf_ok(ret_e3) ? SR_OK : SR_ENOMEM;
}

/* Cheap first: our own MAC, the time and the proof, then the chain's signatures. */
static enum sr_err check_answer(const struct enroller *by, struct span e1, struct span e2,
                                const struct sha256 *proof, struct sr_why *why)
{
    struct challenge c;
    struct sha256 mac;
    SR_OWN(key) secret = { 0 };
    SR_TRY(challenge_read(e2, &c, why));
    SR_TRY(challenge_mac(by, e1, c.body, &mac));
    if (!span_eq_secret(SPAN(mac.b), SPAN(c.mac.b)))
        return sr_fail(why, SR_EPROOF, R_NONCE_FORGED, "the challenge is not ours, or for another E1");
    uint64_t now = (uint64_t)by->now;
    if (now < c.ts || now - c.ts > ENROL_AGE_MAX)
        return sr_fail(why, SR_EPROOF, R_NONCE_EXPIRED, "the challenge is too old");
    SR_TRY(secret_of(by, e1, c.ts, &c.rand, &secret));
    struct sha256 want = proof_of(e1, e2, &secret);
    if (!span_eq_secret(SPAN(want.b), SPAN(proof->b)))
        return sr_fail(why, SR_EPROOF, R_ACTIVATION, "the TPM with that EK does not hold that AK");
    return SR_OK;
}

enum sr_err enrol_certify(const struct enroller *by, struct span e3, struct ak_cert *ret_cert,
                          struct sr_why *why)
{
    struct reader r = open(e3, ENROL_E3_MAX, TYPE_E3);
    struct span e1 = rd_lp(&r, ENROL_E1_MAX);
    struct span e2 = rd_lp(&r, ENROL_E2_MAX);
    struct sha256 proof;
    struct subject s;
    rd_copy(&r, proof.b, sizeof proof.b);
    if (!rd_end(&r))
        return sr_fail(why, SR_EFORMAT, R_MALFORMED, "malformed E3");
    SR_TRY(check_answer(by, e1, e2, &proof, why));
    SR_TRY(check_request(by, e1, &s, why));
    *ret_cert = (struct ak_cert){ .network = by->network, .ak = s.e1.ak, .ek = s.ek_hash, .root = s.root };
    return SR_OK;
}

enum sr_err enrol_certify_network(const struct enroller *by, struct span e3, uint64_t epoch,
                                  const struct sign_key *akca, const struct sign_pub *akca_pub,
                                  struct buf *ret_e4, struct ak_cert *ret_cert, struct sr_why *why)
{
    struct ak_cert c;
    SR_TRY(enrol_certify(by, e3, &c, why));
    c.kind = AK_CERT_NETWORK;
    c.epoch = epoch;
    c.not_before = (uint64_t)by->now - AK_CERT_BACKDATE;
    c.not_after = (uint64_t)by->now + (by->lifetime ? by->lifetime : AK_CERT_LIFETIME);
    SR_TRY(ak_cert_sign(&c, akca, akca_pub, ret_e4));
    *ret_cert = c;
    return SR_OK;
}
