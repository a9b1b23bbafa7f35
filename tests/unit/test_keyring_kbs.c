/* What the masters do for guests of Confidential Containers, over two epochs. */
#include "crypto/text.h"
#include "node/keyring_kbs.h"
#include "node/token_seen.h"
#include "proto/json_foreign.h"
#include "tests/t.h"

static const uint8_t salt[32] = { 5 };
static const struct sha256 cid = { { 6 } };

/* The first n epochs of one network. */
static struct keyring *network(size_t n)
{
    struct keyring *k = NULL;
    SR_OWN(master_bundle) b = { .cid = cid, .n = n };
    for (size_t i = 0; i < n; i++) {
        b.epoch[i].epoch = i + 1;
        b.epoch[i].state = i + 1 == n ? EPOCH_ACTIVE : EPOCH_RETIRING;
        memset(b.epoch[i].master.b, (int)(i + 1), sizeof b.epoch[i].master.b);
    }
    T(keyring_install(&b, salt, &k) == SR_OK);
    return k;
}

static enum sr_err opens(const struct keyring *k, uint64_t min, const struct sha256 *network_id,
                         struct span box)
{
    SR_OWN(buf) plain = { 0 };
    SR_TRY(keyring_kbs_open(k, min, network_id, box, &plain, NULL));
    return span_eq(buf_span(&plain), SPAN_STR("a session")) ? SR_OK : SR_EBUG;
}

static void test_cookies(const struct keyring *before, const struct keyring *after)
{
    SR_OWN(buf) old = { 0 };
    SR_OWN(buf) new = { 0 };
    struct sha256 other = cid;
    other.b[31] ^= 1;
    T(keyring_kbs_seal(before, &cid, SPAN_STR("a session"), &old) == SR_OK);
    T(keyring_kbs_seal(after, &cid, SPAN_STR("a session"), &new) == SR_OK);
    T(opens(before, 1, &cid, buf_span(&old)) == SR_OK && opens(after, 1, &cid, buf_span(&old)) == SR_OK);
    T(opens(after, 2, &cid, buf_span(&new)) == SR_OK && opens(after, 1, &cid, buf_span(&new)) == SR_OK);
    T(opens(after, 2, &cid, buf_span(&old)) == SR_EAUTH);  /* of a master that counts no more */
    T(opens(before, 1, &cid, buf_span(&new)) == SR_EAUTH); /* of one that it has not */
    T(opens(after, 1, &other, buf_span(&new)) == SR_EAUTH);
    for (size_t bit = 0; bit < new.n * 8; bit++) {
        new.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(opens(after, 1, &cid, buf_span(&new)) == SR_EAUTH);
        new.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < new.n; cut++)
        T(opens(after, 1, &cid, (struct span){ new.p, cut }) == SR_EAUTH);
}

static enum sr_err verifies(const struct keyring *k, uint64_t min, const struct buf *token)
{
    SR_OWN(jws) j = { 0 };
    SR_TRY(jws_read(buf_span(token), JWS_ES256, &j, NULL));
    return keyring_kbs_verify(k, min, &j, NULL);
}

/* A token that was seen is nobody else's, and of no other time. */
static void test_seen(const struct keyring *k, const struct buf *old, const struct buf *new)
{
    SR_OWN(buf) changed = { 0 };
    size_t good = 0;
    T(verifies(k, 1, old) == SR_OK && verifies(k, 2, new) == SR_OK); /* seen */
    T(verifies(k, 2, old) == SR_EAUTH && verifies(k, 3, new) == SR_EAUTH);
    wr_span(&changed, buf_span(new));
    for (size_t bit = 0; bit < changed.n * 8; bit++) {
        changed.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        good += verifies(k, 1, &changed) == SR_OK;
        changed.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(good == 0);
    for (size_t cut = 0; cut < changed.n; cut++) {
        SR_OWN(buf) shorter = { 0 };
        wr_span(&shorter, (struct span){ changed.p, cut });
        good += verifies(k, 1, &shorter) == SR_OK;
    }
    T(good == 0 && verifies(k, 1, &changed) == SR_OK);
}

static enum sr_err reads(const struct buf *token, struct jws *ret)
{
    return jws_read(buf_span(token), JWS_ES256, ret, NULL);
}

/* What is remembered, by itself: full, it forgets; what it never had it never says. */
static void test_memory(const struct keyring *k)
{
    enum { MANY = 10000 };
    struct token_seen *s = token_seen_new();
    SR_OWN(buf) token = { 0 };
    SR_OWN(jws) j = { 0 };
    size_t known = 0, wrong = 0;
    T(s && keyring_kbs_sign(k, SPAN_STR("{}"), &token) == SR_OK && reads(&token, &j) == SR_OK);
    for (uint64_t i = 0; i < MANY; i++) {
        struct sha256 name = token_seen_name(i, &j);
        wrong += token_seen_has(s, &name);
        token_seen_add(s, &name);
        wrong += !token_seen_has(s, &name);
    }
    for (uint64_t i = 0; i < MANY; i++) {
        struct sha256 name = token_seen_name(i, &j);
        known += token_seen_has(s, &name);
    }
    T(wrong == 0 && known > 0 && known < MANY);
    struct sha256 none = { 0 };
    token_seen_add(s, &none);
    T(!token_seen_has(s, &none) && !token_seen_has(NULL, &none));
    token_seen_free(s);
}

static void test_tokens(const struct keyring *before, const struct keyring *after)
{
    SR_OWN(buf) old = { 0 };
    SR_OWN(buf) new = { 0 };
    SR_OWN(buf) keys = { 0 };
    struct span list = { 0 }, one;
    size_t n = 0;
    T(keyring_kbs_sign(before, SPAN_STR("{}"), &old) == SR_OK &&
      keyring_kbs_sign(after, SPAN_STR("{}"), &new) == SR_OK);
    T(verifies(before, 1, &old) == SR_OK && verifies(after, 1, &old) == SR_OK &&
      verifies(after, 2, &new) == SR_OK);
    T(verifies(after, 2, &old) == SR_EAUTH && verifies(before, 1, &new) == SR_EAUTH);
    test_seen(after, &old, &new);
    keyring_kbs_jwks(after, &keys);
    T(json_foreign_check(buf_span(&keys), NULL) == SR_OK);
    T(jf_members(buf_span(&keys), &(struct jf_member){ "keys", &list }, 1));
    for (struct jf_walk w = { .rest = list }; jf_next(&w, &one); n++)
        T(jf_is_object(one));
    T(n == 2);
}

static void test_writer(const struct keyring *before, const struct keyring *after)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(secret) value = { 0 };
    struct sign_pub a = keyring_kbs_writer(before), b = keyring_kbs_writer(after);
    struct package p = { .cid = cid, .version = 1, .kind = PACKAGE_VALUE, .created = 1 }, back;
    T(memcmp(&a, &b, sizeof a) == 0); /* for the network's whole life */
    strcpy(p.tenant, "demo");
    strcpy(p.path, "key/one");
    T(keyring_kbs_package(after, &p, SPAN_STR("value"), &bytes, NULL) == SR_OK);
    T(package_read(buf_span(&bytes), &back, NULL) == SR_OK && back.epoch == 2);
    T(package_check(&back, &cid, 2, &a, 1, NULL) == SR_OK);
    T(keyring_open_package(after, &back, &value, NULL) == SR_OK &&
      span_eq(secret_span(&value), SPAN_STR("value")));
    T(keyring_open_package(before, &back, &value, NULL) == SR_EPROOF);
}

/* Frozen, from another implementation (Python: hmac, cryptography), for the salt and first master above. */
static void test_frozen(const struct keyring *k)
{
    SR_OWN(buf) keys = { 0 };
    struct sign_pub writer = keyring_kbs_writer(k);
    char hex[65];
    hex_text(SPAN(writer.b), hex);
    T_ROW(strcmp(hex, "2c95eae6555c6fdee32d5c7291444696429750cd529ed54f6499025e39f8b104") == 0, hex);
    keyring_kbs_jwks(k, &keys);
    T(memmem(keys.p, keys.n, "\"lNITTC-Qrgr3vjCuf3FXwOfN3HqnmVzPHZ8tG255zfE\"", 45) != NULL);
    T(memmem(keys.p, keys.n, "\"epoch-1\"", 9) != NULL);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 2;
    struct keyring *before = network(1), *after = network(2);
    test_cookies(before, after);
    test_tokens(before, after);
    test_memory(after);
    test_writer(before, after);
    test_frozen(before);
    keyring_free(before);
    keyring_free(after);
    return t_end();
}
