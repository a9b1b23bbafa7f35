/* A member's home on a machine that seals nothing: what is on disk, and who it is once the masters are back.
 */
#include "node/home.h"
#include "tests/t.h"

static void close_nothing(struct platform_state *s)
{
    (void)s;
}

static enum sr_err seal(struct platform_state *s, const struct key *k, struct buf *ret, struct sr_why *why)
{
    (void)s, (void)why;
    wr_span(ret, key_span(k));
    return SR_OK;
}

static enum sr_err unseal(struct platform_state *s, struct span blob, struct key *ret, struct sr_why *why)
{
    (void)s, (void)why;
    memcpy(ret->b, blob.p, sizeof ret->b);
    return SR_OK;
}

static enum sr_err digest(struct platform_state *s, struct sha256 *ret, struct sr_why *why)
{
    (void)s, (void)why;
    *ret = (struct sha256){ 0 };
    return SR_OK;
}

static const struct platform_row row = {
    .name = "fake", .close = close_nothing, .seal = seal, .unseal = unseal, .policy_digest = digest
};

static struct tpm_actor *actor(bool seals)
{
    struct platform p = { .row = &row, .sealer = seals ? &row : NULL };
    const struct tpm_actor_options o = { .queue = 4, .deadline_ms = 5000 };
    struct tpm_actor *a = NULL;
    T(tpm_actor_start(&p, &o, &a) == SR_OK);
    return a;
}

/* A network, and what a granter would hand over of it: the same masters each time. */
struct network {
    struct buf record;
    struct genesis genesis;
    struct keyring *keyring;
};

static struct network network(void)
{
    struct network n = { 0 };
    struct genesis_params *p = &n.genesis.params;
    random_fill(p->salt, sizeof p->salt);
    p->operators = (struct key_set){ .n = 1, .k = 1 };
    p->akcas = p->operators;
    T(keyring_generate(p->salt, &n.keyring) == SR_OK);
    n.genesis.first = *keyring_pubs(n.keyring, 1);
    T(genesis_encode(&n.genesis, &n.record, NULL) == SR_OK);
    return n;
}

static void network_drop(struct network *n)
{
    keyring_free(n->keyring);
    buf_drop(&n->record);
}

/* A keyring of its own, for each that is made of it takes one. */
static struct keyring *masters(const struct network *n)
{
    SR_OWN(buf) blob = { 0 };
    static const struct key kek;
    static const struct sha256 pcrs;
    struct keyring *k = NULL;
    const struct keyring_home home = { genesis_cid(buf_span(&n->record)), n->genesis.params.salt,
                                       &n->genesis.first, 1 };
    T(keyring_seal(n->keyring, &home.cid, &kek, &pcrs, &blob) == SR_OK);
    T(keyring_unseal(buf_span(&blob), &home, &kek, &pcrs, &k, NULL) == SR_OK);
    return k;
}

static enum sr_err make(struct store *s, struct tpm_actor *a, const struct network *n,
                        const struct sign_key *member, const struct sign_pub *pub, struct home *ret)
{
    static const uint8_t empty[2] = { 0, 0 };
    const struct home_parts parts = { buf_span(&n->record), SPAN(empty), masters(n), member, pub };
    struct sr_why why = { 0 };
    return home_make(s, a, &parts, ret, &why);
}

static bool there(struct store *s, enum keystore_clear what)
{
    SR_OWN(buf) b = { 0 };
    return keystore_clear_get(s, what, &b) == SR_OK && b.n > 0;
}

static void certify(struct home *h)
{
    SR_OWN(keystore_txn) t = { 0 };
    struct keystore_txn *const list[] = { &t };
    enum sr_err result = SR_EBUG;
    struct keystore_group g = { .txns = list, .results = &result, .n = 1 };
    home_put(&t, HOME_MEMBER_CERT, SPAN_STR("a certificate"));
    T(keystore_commit(h->ks, &g, NULL) == SR_OK && result == SR_OK);
}

static void nothing_on_disk_opens_the_masters(void)
{
    struct store *s = NULL;
    struct network n = network();
    struct sign_key k;
    struct sign_pub p;
    sign_random(&k, &p);
    for (int seals = 0; seals < 2; seals++) {
        SR_OWN(home) h = { 0 };
        SR_OWN(home) again = { 0 };
        struct tpm_actor *a = actor(seals);
        T(store_open("memory:", &s, NULL) == SR_OK);
        T(make(s, a, &n, &k, &p, &h) == SR_OK && h.has_member && !h.was_member);
        home_drop(&h);
        T(there(s, KC_GENESIS) && there(s, KC_TPM_BLOB) == seals && there(s, KC_MASTER_BUNDLE) == seals);
        T(home_load(s, a, NULL, &again, NULL) == (seals ? SR_OK : SR_ENOENT));
        home_drop(&again);
        tpm_actor_stop(a);
        store_close(s);
    }
    network_drop(&n);
}

static void who_it_is_once_the_masters_are_back(void)
{
    struct store *s = NULL;
    struct network n = network(), other = network();
    struct sign_key k[3];
    struct sign_pub p[3];
    struct tpm_actor *a = actor(false);
    for (int i = 0; i < 3; i++)
        sign_random(&k[i], &p[i]);
    T(store_open("memory:", &s, NULL) == SR_OK);
    SR_OWN(home) h = { 0 };
    T(make(s, a, &n, &k[0], &p[0], &h) == SR_OK);
    home_drop(&h);
    /* it ended before its M6: a new key is another try */
    T(make(s, a, &n, &k[1], &p[1], &h) == SR_OK && !h.was_member);
    T(memcmp(&h.member_pub, &p[1], sizeof p[1]) == 0);
    certify(&h);
    home_drop(&h);
    /* it was a member: it is that member again */
    T(make(s, a, &n, &k[2], &p[2], &h) == SR_OK && h.was_member);
    T(memcmp(&h.member_pub, &p[1], sizeof p[1]) == 0);
    home_drop(&h);
    /* another network's masters open nothing of it, and change nothing */
    T(make(s, a, &other, &k[2], &p[2], &h) != SR_OK && h.ks == NULL);
    T(make(s, a, &n, &k[2], &p[2], &h) == SR_OK && h.was_member);
    home_drop(&h);
    tpm_actor_stop(a);
    store_close(s);
    network_drop(&n);
    network_drop(&other);
}

int main(void)
{
    T(secret_init() == SR_OK);
    nothing_on_disk_opens_the_masters();
    who_it_is_once_the_masters_are_back();
    return t_end();
}
