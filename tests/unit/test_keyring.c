/* The masters: drawn, sealed, brought back; and nothing opens under the wrong anything. */
#include "node/keyring_kbs.h"
#include "tests/t.h"

static const uint8_t salt[32] = { 7 };
static const struct sha256 cid = { { 1 } }, other = { { 2 } };

static struct keyring_home home_of(const struct keyring *k, struct epoch_pubs *pubs)
{
    *pubs = *keyring_pubs(k, 1);
    return (struct keyring_home){ cid, salt, pubs, 1 };
}

static void two_draws_differ_in_every_key(void)
{
    struct keyring *a = NULL, *b = NULL;
    T(keyring_generate(salt, &a) == SR_OK && keyring_generate(salt, &b) == SR_OK);
    const struct epoch_pubs *p = keyring_pubs(a, 1), *q = keyring_pubs(b, 1);
    T(memcmp(&p->commit, &q->commit, sizeof p->commit) != 0);
    T(memcmp(&p->release, &q->release, 32) != 0 && memcmp(&p->network, &q->network, 32) != 0);
    T(memcmp(&p->akca, &q->akca, 32) != 0 && memcmp(&p->member_ca, &q->member_ca, 32) != 0);
    T(keyring_oldest(a) == 1 && keyring_newest(a) == 1 && keyring_pubs(a, 2) == NULL);
    keyring_free(a);
    keyring_free(b);
    keyring_free(NULL);
}

static void sealed_masters_come_back_the_same(void)
{
    struct keyring *a = NULL, *b = NULL;
    struct epoch_pubs pubs;
    struct sr_why why = { 0 };
    SR_OWN(buf) blob = { 0 };
    const struct key kek = { { 9 } };
    T(keyring_generate(salt, &a) == SR_OK);
    struct keyring_home home = home_of(a, &pubs);
    T(keyring_seal(a, &cid, &kek, &other, &blob) == SR_OK && blob.n <= KEYRING_BLOB_MAX);
    T(keyring_unseal(buf_span(&blob), &home, &kek, &other, &b, &why) == SR_OK);
    T(b && memcmp(keyring_pubs(a, 1), keyring_pubs(b, 1), sizeof pubs) == 0);
    struct keyring_want w = { SPAN_STR("demo"), SPAN_STR("app/x"), 1, derived_kind(DERIVED_RAW), 32 };
    SR_OWN(secret) one = { 0 };
    SR_OWN(secret) two = { 0 };
    T(keyring_workload(a, &w, &one, NULL) == SR_OK && keyring_workload(b, &w, &two, NULL) == SR_OK);
    T(span_eq_secret(secret_span(&one), secret_span(&two)) && one.n == 32);
    keyring_free(a);
    keyring_free(b);
}

static void nothing_else_opens_them(void)
{
    struct keyring *a = NULL, *b = NULL;
    struct epoch_pubs pubs;
    SR_OWN(buf) blob = { 0 };
    const struct key kek = { { 9 } }, wrong = { { 8 } };
    T(keyring_generate(salt, &a) == SR_OK);
    const struct keyring_home home = home_of(a, &pubs);
    T(keyring_seal(a, &cid, &kek, &other, &blob) == SR_OK);
    struct keyring_home foreign = home;
    foreign.cid = other;
    const struct {
        const char *label;
        const struct keyring_home *home;
        const struct key *kek;
        const struct sha256 *pcrs;
    } rows[] = {
        { "another key", &home, &wrong, &other },
        { "another network", &foreign, &kek, &other },
        { "another measured state", &home, &kek, &cid },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sr_why why = { 0 };
        T_ROW(keyring_unseal(buf_span(&blob), rows[i].home, rows[i].kek, rows[i].pcrs, &b, &why) == SR_EPROOF,
              rows[i].label);
        T_ROW(why.reason == R_UNSEAL, rows[i].label);
    }
    for (size_t i = 0; i < blob.n; i++) {
        struct sr_why why = { 0 };
        blob.p[i] ^= 1;
        T(keyring_unseal(buf_span(&blob), &home, &kek, &other, &b, &why) == SR_EPROOF);
        blob.p[i] ^= 1;
        T(keyring_unseal((struct span){ blob.p, i }, &home, &kek, &other, &b, &why) == SR_EPROOF);
    }
    T(b == NULL);
    keyring_free(a);
}

static void masters_that_are_not_what_was_committed_to_are_refused(void)
{
    struct keyring *a = NULL, *b = NULL, *back = NULL;
    struct epoch_pubs pubs;
    struct sr_why why = { 0 };
    SR_OWN(buf) blob = { 0 };
    const struct key kek = { { 9 } };
    T(keyring_generate(salt, &a) == SR_OK && keyring_generate(salt, &b) == SR_OK);
    struct keyring_home home = home_of(a, &pubs);
    T(keyring_seal(b, &cid, &kek, &other, &blob) == SR_OK);
    T(keyring_unseal(buf_span(&blob), &home, &kek, &other, &back, &why) == SR_EPROOF);
    T(why.reason == R_MASTER_COMMIT_MISMATCH && back == NULL);
    keyring_free(a);
    keyring_free(b);
}

/* Version v is of epoch v's master and of no other, whatever epoch is active. */
static void a_derived_keys_version_is_an_epoch(void)
{
    struct keyring *a = NULL, *b = NULL;
    struct keyring_want w = { SPAN_STR("demo"), SPAN_STR("app/x"), 1, derived_kind(DERIVED_ED25519), 0 };
    SR_OWN(secret) before = { 0 };
    SR_OWN(secret) first = { 0 };
    SR_OWN(secret) second = { 0 };
    SR_OWN(secret) none = { 0 };
    SR_OWN(buf) pub = { 0 };
    T(keyring_generate(salt, &a) == SR_OK && keyring_workload(a, &w, &before, NULL) == SR_OK);
    T(keyring_draw(a, salt, &b) == SR_OK && keyring_workload(b, &w, &first, NULL) == SR_OK);
    w.version = 2;
    T(keyring_workload(b, &w, &second, NULL) == SR_OK);
    T(span_eq_secret(secret_span(&before), secret_span(&first)));
    T(!span_eq_secret(secret_span(&first), secret_span(&second)));
    static const struct {
        uint32_t version;
        bool newer;
    } rows[] = { { 0, true }, { 0, false }, { 2, false }, { 3, true }, { UINT32_MAX, true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sr_why why = { 0 };
        const struct keyring *k = rows[i].newer ? b : a;
        w.version = rows[i].version;
        T(keyring_workload(k, &w, &none, &why) == SR_ENOENT && why.reason == R_KEY_VERSION);
        T(keyring_workload_pub(k, &w, &pub, &why) == SR_ENOENT && pub.n == 0);
    }
    keyring_free(a);
    keyring_free(b);
}

/* Nobody makes it any more, with whatever masters are left. */
static void a_version_whose_master_is_missing(void)
{
    struct keyring *k = NULL;
    struct sr_why why = { 0 };
    SR_OWN(secret) got = { 0 };
    SR_OWN(master_bundle)
    b = { .n = 2, .epoch = { { 1, EPOCH_RETIRING, { { 1 } } }, { 3, EPOCH_ACTIVE, { { 3 } } } } };
    struct keyring_want w = { SPAN_STR("demo"), SPAN_STR("app/x"), 2, derived_kind(DERIVED_RAW), 32 };
    T(keyring_install(&b, salt, &k) == SR_OK);
    T(keyring_workload(k, &w, &got, &why) == SR_ENOENT && why.reason == R_KEY_DESTROYED && got.n == 0);
    w.version = 3;
    T(keyring_workload(k, &w, &got, &why) == SR_OK && got.n == 32);
    struct package p = { .epoch = 2 };
    T(keyring_open_package(k, &p, &got, &why) == SR_ENOENT && why.reason == R_EPOCH_DESTROYED);
    p.epoch = 4;
    T(keyring_open_package(k, &p, &got, &why) == SR_EPROOF && why.reason == R_EPOCH);
    keyring_free(k);
}

static struct sha256 tenant_id(const struct keyring *k)
{
    return keyring_leaf_id(k, LEAF_ID_TENANT, SPAN_STR("demo"));
}

/* The first of them too: what the network needs of it stays, and nothing else does. */
static void masters_are_taken_out(void)
{
    struct keyring *one = NULL, *two = NULL, *left = NULL, *back = NULL;
    struct keystore_options before = { 0 }, after = { 0 };
    static struct keystore_epoch older[EPOCHS_MAX];
    struct epoch_pubs pubs[2];
    struct keyring_want w = { SPAN_STR("demo"), SPAN_STR("app/x"), 1, derived_kind(DERIVED_RAW), 32 };
    const struct key kek = { { 9 } };
    size_t n = 9;
    SR_OWN(buf) blob = { 0 };
    SR_OWN(secret) got = { 0 };
    struct sr_why why = { 0 };
    T(keyring_generate(salt, &one) == SR_OK && keyring_draw(one, salt, &two) == SR_OK);
    T(keyring_without(two, 2, salt, &left) == SR_OK && keyring_oldest(left) == 2 &&
      keyring_newest(left) == 2);
    T(keyring_pubs(left, 1) == NULL &&
      memcmp(keyring_pubs(left, 2), keyring_pubs(two, 2), sizeof *pubs) == 0);
    T(keyring_workload(left, &w, &got, &why) == SR_ENOENT && why.reason == R_KEY_DESTROYED);
    for (size_t i = 0; i < 2; i++)
        pubs[i] = *keyring_pubs(two, i + 1);
    const struct keyring_home home = { cid, salt, pubs, 2 };
    T(keyring_seal(left, &cid, &kek, &other, &blob) == SR_OK);
    T(keyring_unseal(buf_span(&blob), &home, &kek, &other, &back, &why) == SR_OK);
    struct sha256 id = tenant_id(two), same = tenant_id(back);
    struct sign_pub writer = keyring_kbs_writer(two), still = keyring_kbs_writer(back);
    keyring_keystore(two, &before, older, &n);
    keyring_keystore(back, &after, older, &n);
    T(n == 0 && after.epoch == 2 && span_eq_secret(key_span(&before.index), key_span(&after.index)));
    T(sha256_eq(&id, &same) && memcmp(&writer, &still, sizeof writer) == 0);
    keyring_free(one);
    keyring_free(two);
    keyring_free(left);
    keyring_free(back);
}

int main(void)
{
    T(secret_init() == SR_OK);
    two_draws_differ_in_every_key();
    sealed_masters_come_back_the_same();
    nothing_else_opens_them();
    masters_that_are_not_what_was_committed_to_are_refused();
    a_derived_keys_version_is_an_epoch();
    a_version_whose_master_is_missing();
    masters_are_taken_out();
    return t_end();
}
