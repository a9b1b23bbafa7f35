/* The masters: drawn, sealed, brought back; and nothing opens under the wrong anything. */
#include "node/keyring.h"
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
    T(keyring_workload(a, &w, &one) == SR_OK && keyring_workload(b, &w, &two) == SR_OK);
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

int main(void)
{
    T(secret_init() == SR_OK);
    two_draws_differ_in_every_key();
    sealed_masters_come_back_the_same();
    nothing_else_opens_them();
    masters_that_are_not_what_was_committed_to_are_refused();
    return t_end();
}
