/* A network at its last epoch: the longest chain, with the most approvals that a link takes, and everything
 * that carries the chain or its masters. */
#include "node/keyring.h"
#include "proto/rotation.h"
#include "store/keystore.h"
#include "tests/handshake.h"

enum { LAST = EPOCHS_MAX };

static struct bound {
    struct net net;
    struct sign_key operator_key[APPROVALS_MAX];
    struct sign_pub operator_pub[APPROVALS_MAX]; /* ascending */
    struct approvers approvers;
    struct epoch_keys keys[LAST + 1]; /* one more than there may be */
    struct buf link[LAST + 1];        /* [i] leads to epoch i + 1 */
    struct buf chain;
} b;

static void make_operators(void)
{
    for (size_t i = 0; i < APPROVALS_MAX; i++) {
        char name[16];
        struct sign_key k;
        struct sign_pub p;
        size_t at = i;
        snprintf(name, sizeof name, "operator %zu", i);
        make_signer(name, &k, &p);
        for (; at > 0 && span_cmp(SPAN(b.operator_pub[at - 1].b), SPAN(p.b)) > 0; at--) {
            b.operator_key[at] = b.operator_key[at - 1];
            b.operator_pub[at] = b.operator_pub[at - 1];
        }
        b.operator_key[at] = k;
        b.operator_pub[at] = p;
    }
    b.approvers = (struct approvers){ b.operator_pub, APPROVALS_MAX, APPROVALS_MAX };
}

static void link_to(const struct epoch_pubs *next, const struct sign_key *old, struct buf *ret)
{
    struct approval a[APPROVALS_MAX];
    SR_OWN(buf) text = { 0 };
    T(epoch_link_text(&b.net.cid, next, &text) == SR_OK);
    for (size_t i = 0; i < APPROVALS_MAX; i++)
        a[i] = (struct approval){ b.operator_pub[i],
                                  sign_label(&b.operator_key[i], L_EPOCH_APPROVAL, buf_span(&text)) };
    T(epoch_link_make(&b.net.cid, next, old, a, APPROVALS_MAX, ret) == SR_OK);
}

static void make_epochs(void)
{
    b.keys[0] = b.net.keys;
    for (size_t i = 1; i <= LAST; i++) {
        struct key master = { { 2, (uint8_t)(i >> 8), (uint8_t)i } };
        T(epoch_keys_derive(&master, i + 1, b.net.genesis.params.salt, &b.keys[i]) == SR_OK);
        link_to(&b.keys[i].pub, &b.keys[i - 1].release, &b.link[i]);
    }
}

/* Whatever the bound says. */
static void chain_of(size_t links, struct buf *ret)
{
    buf_drop(ret);
    wr_u16be(ret, (uint16_t)links);
    for (size_t i = 1; i <= links; i++)
        wr_lp(ret, buf_span(&b.link[i]));
    T(buf_ok(ret));
}

static enum sr_err check(struct span chain, struct epoch_pubs *pubs, size_t *n, struct sr_why *why)
{
    return epoch_chain_check(chain, &b.net.cid, &b.keys[0].pub, &b.approvers, pubs, n, why);
}

static void the_longest_chain_is_taken_and_one_link_more_is_not(void)
{
    static struct epoch_pubs pubs[EPOCHS_MAX];
    struct sr_why why = { 0 };
    size_t n = 0;
    SR_OWN(buf) longer = { 0 };
    SR_OWN(buf) added = { 0 };
    T(b.link[1].n == EPOCH_LINK_MAX && b.chain.n == EPOCH_CHAIN_MAX);
    T(check(buf_span(&b.chain), pubs, &n, &why) == SR_OK && n == LAST);
    for (size_t i = 0; i < n; i++)
        T(pubs[i].epoch == i + 1 && memcmp(&pubs[i], &b.keys[i].pub, sizeof pubs[i]) == 0);
    T(epoch_chain_add(buf_span(&b.chain), buf_span(&b.link[LAST]), &added, &why) == SR_ETOOBIG);
    chain_of(LAST, &longer);
    why = (struct sr_why){ 0 };
    T(check(buf_span(&longer), pubs, &n, &why) == SR_EPROOF && why.reason == R_EPOCH_CHAIN);
}

static void a_chain_grows_link_by_link_to_the_longest(void)
{
    SR_OWN(buf) chain = { 0 };
    for (size_t i = 1; i < LAST; i++) {
        SR_OWN(buf) next = { 0 };
        T(epoch_chain_add(buf_span(&chain), buf_span(&b.link[i]), &next, NULL) == SR_OK);
        buf_drop(&chain);
        chain = SR_TAKE(next);
    }
    T(span_eq(buf_span(&chain), buf_span(&b.chain)));
}

/* Who knows n - 1 epochs looks at the link to the n-th and at no other: that the rest of what it is shown is
 * broken changes nothing. */
static void what_is_known_is_not_verified_again(void)
{
    static struct epoch_pubs pubs[EPOCHS_MAX];
    struct sr_why why = { 0 };
    size_t n = 0;
    SR_OWN(buf) chain = { 0 };
    chain_of(LAST - 2, &chain);
    T(check(buf_span(&chain), pubs, &n, NULL) == SR_OK && n == LAST - 1);
    chain_of(LAST - 1, &chain);
    for (size_t at = 2; at + 4 + EPOCH_LINK_MAX < chain.n; at += 4 + EPOCH_LINK_MAX)
        chain.p[at + 4 + 300] ^= 1; /* an approval in every link but the last */
    T(check(buf_span(&chain), pubs, &n, NULL) == SR_EPROOF);
    T(epoch_chain_follow(buf_span(&chain), &b.net.cid, &b.approvers, pubs, &n, &why) == SR_OK && n == LAST);
    T(memcmp(&pubs[LAST - 1], &b.keys[LAST - 1].pub, sizeof *pubs) == 0);
}

static void what_is_known_does_not_change(void)
{
    static struct epoch_pubs pubs[EPOCHS_MAX];
    struct epoch_keys other_two, other_three;
    struct sr_why why = { 0 };
    size_t n = 1;
    SR_OWN(buf) chain = { 0 };
    SR_OWN(buf) turn = { 0 };
    SR_OWN(buf) on = { 0 };
    const struct key two = { { 9, 2 } }, three = { { 9, 3 } };
    const uint8_t *salt = b.net.genesis.params.salt;
    T(epoch_keys_derive(&two, 2, salt, &other_two) == SR_OK &&
      epoch_keys_derive(&three, 3, salt, &other_three) == SR_OK);
    link_to(&other_two.pub, &b.keys[0].release, &turn);
    link_to(&other_three.pub, &other_two.release, &on);
    wr_u16be(&chain, 2);
    wr_lp(&chain, buf_span(&turn));
    wr_lp(&chain, buf_span(&on));
    T(check(buf_span(&chain), pubs, &n, NULL) == SR_OK && n == 3); /* right, for who knows nothing */
    SR_OWN(buf) ours = { 0 };
    chain_of(1, &ours);
    T(check(buf_span(&ours), pubs, &n, NULL) == SR_OK && n == 2);
    T(epoch_chain_follow(buf_span(&chain), &b.net.cid, &b.approvers, pubs, &n, &why) == SR_EPROOF && n == 2);
    T(why.reason == R_EPOCH_CHAIN && memcmp(&pubs[1], &b.keys[1].pub, sizeof *pubs) == 0);
    T(epoch_chain_follow(SPAN_STR("\0\0"), &b.net.cid, &b.approvers, pubs, &n, NULL) == SR_OK && n == 2);
    T(epoch_chain_follow(SPAN_STR("\0\0\0"), &b.net.cid, &b.approvers, pubs, &n, NULL) == SR_EPROOF &&
      n == 2);
}

static void all_masters(struct master_bundle *ret)
{
    *ret = (struct master_bundle){ .cid = b.net.cid, .n = LAST };
    for (size_t i = 0; i < LAST; i++) {
        ret->epoch[i] = (struct epoch_master){ i + 1,
                                               i + 1 == LAST ? EPOCH_ACTIVE : EPOCH_RETIRING,
                                               { { 2, (uint8_t)(i >> 8), (uint8_t)i } } };
        if (i == 0)
            ret->epoch[0].master = b.net.master;
    }
}

static void every_master_goes_into_one_bundle(void)
{
    static struct master_bundle all, back, left;
    static const uint8_t one_more[41];
    struct lasting_keys last;
    SR_OWN(secret) s = { 0 };
    SR_OWN(secret) again = { 0 };
    SR_OWN(secret) most = { 0 };
    SR_OWN(buf) more = { 0 };
    all_masters(&all);
    T(lasting_keys_derive(&b.net.master, b.net.genesis.params.salt, &last) == SR_OK);
    master_bundle_without(&all, 2, &last, &left);
    T(master_bundle_encode(&left, &most) == SR_OK && most.n == MASTER_BUNDLE_MAX);
    T(master_bundle_encode(&all, &s) == SR_OK && s.n == 35 + EPOCHS_MAX * 41);
    T(master_bundle_decode(secret_span(&s), &back, NULL) == SR_OK && back.n == all.n);
    T(master_bundle_encode(&back, &again) == SR_OK && span_eq(secret_span(&again), secret_span(&s)));
    wr_span(&more, secret_span(&s));
    wr_span(&more, SPAN(one_more));
    more.p[33] = (LAST + 1) >> 8; /* the count */
    more.p[34] = (LAST + 1) & 0xff;
    T(master_bundle_decode(buf_span(&more), &back, NULL) == SR_EFORMAT);
}

static void a_keyring_holds_them_all_and_draws_no_more(void)
{
    static struct master_bundle all;
    static struct epoch_pubs pubs[EPOCHS_MAX];
    const uint8_t *salt = b.net.genesis.params.salt;
    const struct key kek = { { 9 } };
    struct keyring *k = NULL, *back = NULL, *next = NULL;
    SR_OWN(buf) blob = { 0 };
    all_masters(&all);
    for (size_t i = 0; i < LAST; i++)
        pubs[i] = b.keys[i].pub;
    const struct keyring_home home = { b.net.cid, salt, pubs, LAST };
    T(keyring_install(&all, salt, &k) == SR_OK);
    T(keyring_seal(k, &b.net.cid, &kek, &b.net.cid, &blob) == SR_OK && blob.n <= KEYRING_BLOB_MAX);
    T(keyring_unseal(buf_span(&blob), &home, &kek, &b.net.cid, &back, NULL) == SR_OK);
    for (size_t i = 0; back && i < LAST; i++)
        T(memcmp(keyring_pubs(back, i + 1), &pubs[i], sizeof pubs[i]) == 0);
    T(keyring_draw(back, salt, &next) == SR_ETOOBIG && !next);
    keyring_free(back);
    keyring_free(k);
}

static void a_keystore_holds_a_key_of_each(void)
{
    static struct keystore_epoch key[LAST];
    struct keystore_options o = { .cid = b.net.cid, .epoch = 1 };
    struct keystore *ks = NULL;
    T(store_open("memory:", &o.store, NULL) == SR_OK && keystore_create(&o, &ks, NULL) == SR_OK);
    for (uint32_t i = 1; i <= LAST; i++) {
        key[i - 1] = (struct keystore_epoch){ i, { { 0 } } };
        key[i - 1].kek.b[0] = (uint8_t)(i - 1); /* that of epoch 1 is all zeros, as above */
        key[i - 1].kek.b[1] = (uint8_t)((i - 1) >> 8);
        T(i == 1 || keystore_add_key(ks, &key[i - 1]) == SR_OK);
    }
    T(keystore_add_key(ks, &(struct keystore_epoch){ LAST + 1, { { 1 } } }) == SR_ETOOBIG);
    keystore_close(ks);
    o.epoch = LAST;
    o.kek = key[LAST - 1].kek;
    T(keystore_open(&o, key, LAST - 1, &ks, NULL) == SR_OK);
    keystore_close(ks);
    store_close(o.store);
}

/* Every part as long as it may be. */
static void the_largest_grant_travels(void)
{
    static uint8_t evidence[HANDSHAKE_EVIDENCE_MAX], ct[JOIN_CT_MAX], record[RECORD_MAX],
        policy[SIGNED_POLICY_MAX], checkpoint[CHECKPOINT_MAX], chain[EPOCH_CHAIN_MAX + 1];
    struct m4 m = { .type = SPAN_STR("tpm"),
                    .evidence = SPAN(evidence),
                    .ct = SPAN(ct),
                    .record = SPAN(record),
                    .chain = buf_span(&b.chain),
                    .policy = SPAN(policy),
                    .checkpoint = SPAN(checkpoint) };
    struct m4 back;
    SR_OWN(buf) s = { 0 };
    SR_OWN(buf) over = { 0 };
    T(m4_encode(&m, &s) == SR_OK && s.n <= M4_MAX);
    T(m4_decode(buf_span(&s), &back, NULL) == SR_OK && span_eq(back.chain, buf_span(&b.chain)));
    m.chain = SPAN(chain);
    T(m4_encode(&m, &over) == SR_EFORMAT);
}

static void the_largest_epoch_file_is_read(void)
{
    static uint8_t evidence[HANDSHAKE_EVIDENCE_MAX], record[GENESIS_RECORD_MAX];
    SR_OWN(rotation_file) f = { 0 };
    SR_OWN(rotation_file) back = { 0 };
    SR_OWN(buf) text = { 0 };
    struct epoch_draw d = {
        .cid = b.net.cid, .pubs = b.keys[LAST - 1].pub, .type = SPAN_STR("tpm"), .evidence = SPAN(evidence)
    };
    T(epoch_draw_encode(&d, &f.draw_bytes) == SR_OK);
    f.draw = d;
    for (size_t i = 0; i < APPROVALS_MAX; i++)
        T(rotation_approve(&f, &b.operator_key[i], &b.operator_pub[i], NULL) == SR_OK);
    rotation_file_write(&f, &text);
    T(text.n <= ROTATION_LINK_MAX);
    buf_drop(&text);
    wr_lp(&f.epochs, SPAN(record));
    wr_lp(&f.epochs, buf_span(&b.chain));
    T(f.epochs.n == EPOCHS_BYTES_MAX);
    rotation_file_write(&f, &text);
    T(text.n <= ROTATION_FILE_MAX && rotation_file_parse(buf_span(&text), &back, NULL) == SR_OK);
    T(back.approvals.n == APPROVALS_MAX && span_eq(buf_span(&back.epochs), buf_span(&f.epochs)));
}

int main(void)
{
    T(secret_init() == SR_OK);
    net_make(&b.net, "master");
    make_operators();
    make_epochs();
    chain_of(LAST - 1, &b.chain);
    the_longest_chain_is_taken_and_one_link_more_is_not();
    a_chain_grows_link_by_link_to_the_longest();
    what_is_known_is_not_verified_again();
    what_is_known_does_not_change();
    every_master_goes_into_one_bundle();
    a_keyring_holds_them_all_and_draws_no_more();
    a_keystore_holds_a_key_of_each();
    the_largest_grant_travels();
    the_largest_epoch_file_is_read();
    for (size_t i = 0; i <= LAST; i++)
        buf_drop(&b.link[i]);
    buf_drop(&b.chain);
    net_drop(&b.net);
    return t_end();
}
