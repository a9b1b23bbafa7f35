/* bench_kbs.c - the cryptography that one handshake with a guest of Confidential Containers needs (auth,
 * attest, one resource; sample evidence), by itself: microseconds of processor time a handshake. bench/kbs
 * holds a node to it. */
#include "crypto/aead.h"
#include "proto/jose.h"
#include "proto/json_foreign.h"
#include "proto/package.h"
#include "tests/jose_keys.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HANDSHAKES = 2000, SESSION = 60, ATTESTED = 260, PAYLOAD = 900 };

static void must(enum sr_err e)
{
    if (e != SR_OK)
        exit(1);
}

struct bench {
    struct key session;
    struct jws_key token;
    struct jwk guest;
    struct sign_key admin, log;
    struct sign_pub admin_pub, log_pub;
    struct kem_key network;
    struct kem_pub network_pub;
    struct buf package;
};

static void setup(struct bench *b)
{
    static const uint8_t scalar[32] = { 1, 2, 3 };
    struct kem_key eph;
    struct package p = { .version = 1, .kind = PACKAGE_VALUE, .epoch = 1, .created = 1 };
    random_fill(&b->session, sizeof b->session);
    random_fill(&b->network, sizeof b->network);
    random_fill(&eph, sizeof eph);
    kem_pub_of(&b->network, &b->network_pub);
    sign_random(&b->admin, &b->admin_pub);
    sign_random(&b->log, &b->log_pub);
    const struct package_keys keys = { &b->network_pub, &eph, &b->admin, &b->admin_pub };
    must(jws_key_make(SPAN(scalar), &b->token));
    must(jwk_read(SPAN_STR(JWK_EC), &b->guest, NULL));
    strcpy(p.tenant, "demo");
    strcpy(p.path, "key/one");
    must(package_make(&p, SPAN_STR("the key of the disk"), &keys, &b->package, NULL));
}

static void seal_open(const struct bench *b, size_t n, int opens)
{
    SR_OWN(buf) box = { 0 };
    uint8_t plain[ATTESTED] = { 0 };
    must(aead_seal(&b->session, SPAN_STR("aad"), (struct span){ plain, n }, &box));
    for (int i = 0; i < opens; i++) {
        SR_OWN(buf) out = { 0 };
        must(aead_open_buf(&b->session, SPAN_STR("aad"), buf_span(&box), &out));
    }
}

/* The cookie is opened before the body of attest, and by its handler; the attested one by GET. */
static void handshake(const struct bench *b)
{
    SR_OWN(buf) token = { 0 };
    SR_OWN(buf) reply = { 0 };
    SR_OWN(secret) value = { 0 };
    SR_OWN(jwe_random) r = { 0 };
    uint8_t text[PAYLOAD], digest[48];
    struct package p;
    memset(text, 'x', sizeof text);
    seal_open(b, SESSION, 2);
    (void)SHA384(text, 300, digest);
    seal_open(b, ATTESTED, 1);
    must(jws_sign_es256(&b->token, "epoch-1", (struct span){ text, sizeof text }, &token));
    must(package_read(buf_span(&b->package), &p, NULL)); /* the tenant's signature */
    must(package_open(&p, &b->network, &value, NULL));
    (void)sign_raw(&b->log, SPAN(digest)); /* the checkpoint over the leaf */
    jwe_random_draw(&b->guest, &r);
    must(jwe_seal(&b->guest, JWE_FLATTENED, secret_span(&value), &r, &reply));
}

int main(void)
{
    static struct bench b;
    struct timespec t;
    must(secret_init());
    setup(&b);
    handshake(&b);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    double before = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
    for (int i = 0; i < HANDSHAKES; i++)
        handshake(&b);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    printf("%.1f\n", ((double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3 - before) / HANDSHAKES);
    return 0;
}
