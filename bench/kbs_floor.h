#pragma once
/* kbs_floor.h - the cryptography of one handshake with a guest of Confidential Containers (auth, attest, one
 * resource; sample evidence) and nothing else, by the functions and with the sizes that the node uses:
 *
 *   auth       the session sealed into a cookie
 *   attest     the cookie opened, before the body and by the handler; SHA-384 of the runtime data; the
 *              attested session sealed; the token signed, ES256
 *   resource   the cookie opened; the package's row opened, its hash, HPKE opened; the reply sealed to the
 *              guest's key. Its signature was verified once for all guests (specs/packages.md)
 *   a commit   (shared by the resources of its group) the checkpoint signed, its row and the head sealed */
#include "bench/bench.h"
#include "crypto/aead.h"
#include "proto/jose.h"
#include "proto/package.h"
#include "tests/jose_keys.h"

#include <openssl/sha.h>
#include <string.h>

enum { SESSION = 60, ATTESTED = 260, TOKEN = 900, ROW = 400 }; /* bytes */

struct kbs_floor {
    struct key session, row;
    struct jws_key token;
    struct jwk guest;
    struct sign_key admin, log;
    struct sign_pub admin_pub, log_pub;
    struct kem_key network;
    struct kem_pub network_pub;
    struct buf package, sealed_row;
    struct package_known *known;
};

static inline void kbs_floor_make(struct kbs_floor *b)
{
    static const uint8_t scalar[32] = { 1, 2, 3 };
    struct kem_key eph;
    struct package p = { .version = 1, .kind = PACKAGE_VALUE, .epoch = 1, .created = 1 };
    random_fill(&b->session, sizeof b->session);
    random_fill(&b->row, sizeof b->row);
    random_fill(&b->network, sizeof b->network);
    random_fill(&eph, sizeof eph);
    kem_pub_of(&b->network, &b->network_pub);
    sign_random(&b->admin, &b->admin_pub);
    sign_random(&b->log, &b->log_pub);
    const struct package_keys keys = { &b->network_pub, &eph, &b->admin, &b->admin_pub };
    must(jws_key_make(SPAN(scalar), &b->token), "token key");
    must(jwk_read(SPAN_STR(JWK_EC), &b->guest, NULL), "guest's key");
    strcpy(p.tenant, "demo");
    strcpy(p.path, "key/one");
    must(package_make(&p, SPAN_STR("the key of the disk"), &keys, &b->package, NULL), "package");
    must(aead_seal(&b->row, SPAN_STR("aad"), buf_span(&b->package), &b->sealed_row), "row");
    b->known = package_known_new();
    must(b->known ? SR_OK : SR_ENOMEM, "known packages");
}

static inline void kbs_floor_seal(const struct kbs_floor *b, size_t n, int opens)
{
    SR_OWN(buf) box = { 0 };
    uint8_t plain[ATTESTED] = { 0 };
    must(aead_seal(&b->session, SPAN_STR("aad"), (struct span){ plain, n }, &box), "cookie");
    for (int i = 0; i < opens; i++) {
        SR_OWN(buf) out = { 0 };
        must(aead_open_buf(&b->session, SPAN_STR("aad"), buf_span(&box), &out), "cookie");
    }
}

static inline void kbs_floor_resource(const struct kbs_floor *b)
{
    SR_OWN(buf) row = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(secret) value = { 0 };
    SR_OWN(jwe_random) r = { 0 };
    struct package p;
    must(aead_open_buf(&b->row, SPAN_STR("aad"), buf_span(&b->sealed_row), &row), "row");
    must(package_read_known(b->known, buf_span(&row), &p, NULL), "package");
    must(package_open_by(&p, &b->network, &b->network_pub, &value, NULL), "package");
    jwe_random_draw(&b->guest, &r);
    must(jwe_seal(&b->guest, JWE_FLATTENED, secret_span(&value), &r, &reply), "reply");
}

static inline void kbs_floor_handshake(const struct kbs_floor *b)
{
    SR_OWN(buf) token = { 0 };
    uint8_t text[TOKEN], digest[48];
    memset(text, 'x', sizeof text);
    kbs_floor_seal(b, SESSION, 2);
    (void)SHA384(text, 300, digest);
    kbs_floor_seal(b, ATTESTED, 1);
    must(jws_sign_es256(&b->token, "epoch-1", SPAN(text), &token), "token");
    kbs_floor_resource(b);
}

static inline void kbs_floor_commit(const struct kbs_floor *b)
{
    uint8_t text[ROW] = { 0 };
    (void)sign_raw(&b->log, (struct span){ text, 250 });
    for (int i = 0; i < 2; i++) {
        SR_OWN(buf) box = { 0 };
        must(aead_seal(&b->row, SPAN_STR("aad"), SPAN(text), &box), "row");
    }
}
