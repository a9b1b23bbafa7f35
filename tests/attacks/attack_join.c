/* Attacks on joins. What the attacker is after: a master in the clear, a joiner that takes the attacker's
 * master, membership that nobody granted. */
#include "node/sessions.h"
#include "proto/join_hash.h"
#include "tests/attacks/lab.h"

#include <pthread.h>
#include <stdatomic.h>

/* Two joins of two networks with the same parameters; the attacker knows everything of the second. */
static void pose(const struct net *as, const char *master, struct net *ret)
{
    net_make(ret, master);
    ret->cid = ret->g.cid = ret->bundle.cid = as->cid;
    buf_drop(&ret->record);
    wr_span(&ret->record, buf_span(&as->record));
}

/* The attacker's own granter checks nothing. */
static void evil_seal(const struct net *evil, struct lab_join *j)
{
    struct verified v = { .type = "tpm" };
    struct join_grant_random random;
    struct nonce_spent spent;
    fill(&random, sizeof random, "evil grant");
    T(join_open_attest(&evil->g, buf_span(&j->t.m[M3]), &j->t.granter_cb, NOW + 1, &j->attest, NULL) ==
      SR_OK);
    v.rd = j->attest.rd;
    spent.id = j->attest.nonce.id;
    T(join_grant(&evil->g, &j->attest, &v, &spent, &evil->bundle, SPAN_STR("tpm"), &random, &j->sealed,
                 NULL) == SR_OK);
}

static bool took(const struct lab_join *j, const struct key *master)
{
    const struct master_bundle *b = &j->t.got;
    return b->n > 0 && memcmp(b->epoch[b->n - 1].master.b, master->b, sizeof master->b) == 0;
}

/* A measured, certified, honest program that was started with the attacker's master. */
static bool seed_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(net) evil = { 0 };
    pose(&l->net, "the attacker's master", &evil);
    lab_hello(&j, &l->net.cid, &evil.g, "c");
    lab_m3(&j, &l->good);
    evil_seal(&evil, &j);
    lab_m4(&evil, &j, &l->good, SPAN_STR("\0\0"));
    return lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &evil.master);
}

/* The attacker's whole network under the victim's id. */
static bool genesis_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(net) evil = { 0 };
    struct maker machine;
    net_make(&evil, "the attacker's master");
    evil.cid = evil.g.cid = evil.bundle.cid = l->net.cid;
    lab_machine(&machine, &evil, GOOD);
    lab_hello(&j, &l->net.cid, &evil.g, "c");
    lab_m3(&j, &l->good);
    evil_seal(&evil, &j);
    lab_m4(&evil, &j, &machine, SPAN_STR("\0\0"));
    maker_drop(&machine);
    return lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &evil.master);
}

/* No machine at all: the evidence of a granter of another join, as it was recorded. */
static bool fake_granter(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) seen = { 0 };
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(net) evil = { 0 };
    SR_OWN(buf) recorded = { 0 };
    lab_hello(&seen, &l->net.cid, &l->net.g, "seen");
    lab_m3(&seen, &l->good);
    T(lab_grant(l, &l->net.g, buf_span(&seen.t.m[M3]), &seen.t.granter_cb, NOW + 1, &seen, NULL) == SR_OK);
    maker_evidence(&l->good, &seen.sealed.rd, &recorded);
    pose(&l->net, "the attacker's master", &evil);
    lab_hello(&j, &l->net.cid, &evil.g, "c");
    lab_m3(&j, &l->good);
    evil_seal(&evil, &j);
    const struct join_m4_parts parts = { buf_span(&recorded), buf_span(&evil.record), SPAN_STR("\0\0"),
                                         SPAN_STR("{\"policy\":1}"), SPAN_STR("checkpoint") };
    T(join_m4(&j.sealed, &parts, &evil.idb, &j.t.m[M4], &j.t.pending, NULL) == SR_OK);
    return lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &evil.master);
}

/* The joiner's own evidence, sent back to it as its granter's. */
static bool reflection(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(net) evil = { 0 };
    struct m3 m3;
    pose(&l->net, "the attacker's master", &evil);
    lab_hello(&j, &l->net.cid, &evil.g, "c");
    lab_m3(&j, &l->good);
    evil_seal(&evil, &j);
    T(m3_decode(buf_span(&j.t.m[M3]), &m3, NULL) == SR_OK);
    const struct join_m4_parts parts = { m3.evidence, buf_span(&evil.record), SPAN_STR("\0\0"),
                                         SPAN_STR("{\"policy\":1}"), SPAN_STR("checkpoint") };
    T(join_m4(&j.sealed, &parts, &evil.idb, &j.t.m[M4], &j.t.pending, NULL) == SR_OK);
    return lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &evil.master);
}

/* In between: the cipher text of an honest granter's M4 replaced by one's own. */
static bool ciphertext_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(hpke) ctx = { 0 };
    SR_OWN(secret) plain = { 0 };
    SR_OWN(buf) info = { 0 };
    SR_OWN(buf) aad = { 0 };
    SR_OWN(buf) ct = { 0 };
    SR_OWN(buf) changed = { 0 };
    struct master_bundle evil = l->net.bundle;
    struct kem_key eph;
    struct m4 m4;
    fill(&evil.epoch[0].master, 32, "the attacker's master");
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    T(lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, NULL) == SR_OK);
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    T(m4_decode(buf_span(&j.t.m[M4]), &m4, NULL) == SR_OK);
    struct label_text t = label_text(L_JOIN_SEAL);
    wr_lp(&info, (struct span){ (const uint8_t *)t.b, t.n });
    wr_span(&info, SPAN(j.t.wait.th2.b));
    wr_span(&aad, SPAN(j.t.wait.th2.b));
    wr_u64be(&aad, 1);
    wr_u64be(&aad, 1);
    fill(&eph, sizeof eph, "evil eph");
    T(master_bundle_encode(&evil, &plain) == SR_OK);
    T(hpke_setup_send(&j.attest.ekj, buf_span(&info), NULL, &eph, &m4.enc, &ctx) == SR_OK);
    T(hpke_seal(&ctx, buf_span(&aad), secret_span(&plain), &ct) == SR_OK);
    m4.ct = buf_span(&ct);
    T(m4_encode(&m4, &changed) == SR_OK);
    return lab_take(l, &j, buf_span(&changed), why) == SR_OK && took(&j, &evil.epoch[0].master);
}

/* The owner of a joiner's machine has M3 say on its way that it runs at a higher level than it does. */
static bool level_changed(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(buf) changed = { 0 };
    struct m3 m3;
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    j.t.j.rollback = (struct rollback){ 0 };
    lab_m3(&j, &l->good);
    T(m3_decode(buf_span(&j.t.m[M3]), &m3, NULL) == SR_OK);
    m3.rollback.level = ROLLBACK_PEERS_TPM;
    T(m3_encode(&m3, &changed) == SR_OK);
    if (lab_grant(l, &l->net.g, buf_span(&changed), &j.t.granter_cb, NOW + 1, &j, why) != SR_OK)
        return false;
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    return j.attest.rollback.level == ROLLBACK_PEERS_TPM &&
           lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &l->net.master);
}

/* The same of a granter's, in M4. */
static bool granter_level_changed(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(buf) changed = { 0 };
    struct granter g = l->net.g;
    struct m4 m4;
    g.rollback = (struct rollback){ 0 };
    lab_hello(&j, &l->net.cid, &g, "c");
    lab_m3(&j, &l->good);
    T(lab_grant(l, &g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, NULL) == SR_OK);
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    T(m4_decode(buf_span(&j.t.m[M4]), &m4, NULL) == SR_OK);
    m4.rollback.level = ROLLBACK_PEERS_TPM;
    T(m4_encode(&m4, &changed) == SR_OK);
    return lab_take(l, &j, buf_span(&changed), why) == SR_OK && took(&j, &l->net.master);
}

/* An honest M3 whose session keys are replaced: good evidence, the attacker's keys. */
static bool key_swap(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) honest = { 0 };
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(buf) m3 = { 0 };
    struct join_wait wait;
    struct m3 seen;
    lab_hello(&honest, &l->net.cid, &l->net.g, "c");
    lab_m3(&honest, &l->good);
    T(m3_decode(buf_span(&honest.t.m[M3]), &seen, NULL) == SR_OK);
    struct join_keys mine = honest.t.k;
    fill(&mine.ekj, sizeof mine.ekj, "the attacker's ekJ");
    make_signer("the attacker's idJ", &mine.idj, &mine.idj_pub);
    make_signer("the attacker's member key", &mine.member, &mine.member_pub);
    T(join_m3(&honest.t.j, &honest.offer, &mine, seen.evidence, &m3, &wait) == SR_OK);
    return lab_grant(l, &l->net.g, buf_span(&m3), &honest.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &mine.ekj, &l->net.master);
}

/* The attacker has learnt the session key of a finished join and asks for the same again. */
static bool again(struct lab *l, uint64_t when, bool forgotten, struct sr_why *why)
{
    uint8_t seed[16] = { 0 };
    SR_OWN(lab_join) first = { 0 };
    SR_OWN(lab_join) second = { 0 };
    lab_hello(&first, &l->net.cid, &l->net.g, "c");
    lab_m3(&first, &l->good);
    T(lab_grant(l, &l->net.g, buf_span(&first.t.m[M3]), &first.t.granter_cb, NOW + 1, &first, NULL) == SR_OK);
    if (forgotten) {
        nonce_set_free(l->net.used);
        T(nonce_set_new(64, seed, &l->net.used) == SR_OK);
    }
    return lab_grant(l, &l->net.g, buf_span(&first.t.m[M3]), &first.t.granter_cb, when, &second, why) ==
               SR_OK &&
           lab_stolen(&second, &first.t.k.ekj, &l->net.master);
}
static bool replay(struct lab *l, struct sr_why *why)
{
    return again(l, NOW + 2, false, why);
}
/* ---- one challenge, many at a time ---- */

enum { AT_A_TIME = 64, ROUNDS = 30 };
struct race {
    struct nonce_set *set;
    struct nonce nonce;
    pthread_barrier_t start;
    atomic_uint won;
    _Atomic(int) lost_for; /* enum sr_reason */
    struct nonce_spent spent;
};
static void *take_nonce(void *arg)
{
    struct race *r = arg;
    struct nonce_spent spent;
    struct sr_why why = { 0 };
    pthread_barrier_wait(&r->start);
    if (nonce_consume(r->set, &r->nonce, NOW + 1, &spent, &why) != SR_OK)
        atomic_store(&r->lost_for, (int)why.reason);
    else if (atomic_fetch_add(&r->won, 1) == 0)
        r->spent = spent;
    return NULL;
}
static void race_once(struct race *r)
{
    const uint8_t seed[16] = { 0 };
    pthread_t t[AT_A_TIME];
    maker_need(nonce_set_new(64, seed, &r->set) == SR_OK, "nonces");
    pthread_barrier_init(&r->start, NULL, AT_A_TIME);
    for (int i = 0; i < AT_A_TIME; i++)
        maker_need(pthread_create(&t[i], NULL, take_nonce, r) == 0, "thread");
    for (int i = 0; i < AT_A_TIME; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&r->start);
    nonce_set_free(r->set);
}

/* M3 on 64 connections at a time: the attacker, who will learn the session key later, wants two grants. */
static bool raced(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(join_sealed) first = { 0 };
    struct appraiser by = lab_appraiser(l);
    struct verified v;
    struct race r = { .won = 0 };
    struct join_grant_random random;
    fill(&random, sizeof random, "grant");
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    T(join_open_attest(&l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j.attest, NULL) == SR_OK);
    T(lab_appraise(&by, LAB_JOIN, j.attest.type, j.attest.evidence, &j.attest.rd, &v, NULL) == SR_OK);
    r.nonce = j.attest.nonce;
    for (int i = 0; i < ROUNDS && atomic_load(&r.won) < 2; i++) {
        atomic_store(&r.won, 0);
        race_once(&r);
    }
    why->reason = (enum sr_reason)atomic_load(&r.lost_for);
    return atomic_load(&r.won) > 1 &&
           join_grant(&l->net.g, &j.attest, &v, &r.spent, &l->net.bundle, SPAN_STR("tpm"), &random, &first,
                      NULL) == SR_OK &&
           join_grant(&l->net.g, &j.attest, &v, &r.spent, &l->net.bundle, SPAN_STR("tpm"), &random, &j.sealed,
                      NULL) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &l->net.master);
}

/* After the deadline, when the set of used nonces no longer remembers. */
static bool replay_late(struct lab *l, struct sr_why *why)
{
    return again(l, NOW + 30001, true, why);
}

/* A challenge that no node made: evidence collected today for a join next year. */
static bool own_challenge(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    struct granter copy = l->net.g;
    struct key guessed;
    fill(&guessed, sizeof guessed, "not the node's key");
    copy.nonce_key = &guessed;
    lab_hello(&j, &l->net.cid, &copy, "c");
    lab_m3(&j, &l->good);
    return lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &l->net.master);
}

/* Challenged under a policy that is superseded before M3 comes. */
static bool stale_policy(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    struct granter now = l->net.g;
    now.policy_number++;
    now.policy_hash.b[0] ^= 1;
    return lab_grant(l, &now, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &l->net.master);
}

/* Whoever learnt master 1 certifies a key of its own under epoch 1; the rotation lands between verdict and
 * seal. */
static bool rotation_between(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    struct verified v;
    struct nonce_spent spent;
    struct join_grant_random random;
    struct maker software;
    struct appraiser by = lab_appraiser(l);
    fill(&random, sizeof random, "grant");
    lab_machine(&software, &l->net, GOOD); /* certified with the leaked epoch 1 AK-CA key */
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &software);
    maker_drop(&software);
    T(join_open_attest(&l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j.attest, NULL) == SR_OK);
    T(lab_appraise(&by, LAB_JOIN, j.attest.type, j.attest.evidence, &j.attest.rd, &v, NULL) == SR_OK);
    T(nonce_consume(l->net.used, &j.attest.nonce, NOW + 1, &spent, NULL) == SR_OK);
    struct granter now = l->net.g;
    struct master_bundle both = l->net.bundle;
    struct key second;
    now.epoch_hi = 2;
    fill(&second, sizeof second, "master 2");
    both.n = 2;
    both.epoch[0].state = EPOCH_RETIRING;
    both.epoch[1] = (struct epoch_master){ 2, EPOCH_ACTIVE, second };
    return join_grant(&now, &j.attest, &v, &spent, &both, SPAN_STR("tpm"), &random, &j.sealed, why) ==
               SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &second);
}

/* Whoever learnt master 1 makes up an epoch 2 and approves of it. */
static bool epoch_fork(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(net) evil = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) link = { 0 };
    SR_OWN(buf) chain = { 0 };
    struct approval a;
    struct sign_key k;
    struct key second;
    struct maker machine;
    pose(&l->net, "master", &evil); /* epoch 1 is the real one */
    fill(&second, sizeof second, "the attacker's second master");
    T(epoch_keys_derive(&second, 2, evil.genesis.params.salt, &evil.keys) == SR_OK);
    make_signer("no operator", &k, &a.key);
    T(epoch_link_text(&evil.cid, &evil.keys.pub, &text) == SR_OK);
    a.sig = sign_label(&k, L_EPOCH_APPROVAL, buf_span(&text));
    T(epoch_link_make(&evil.cid, &evil.keys.pub, &l->net.keys.release, &a, 1, &link) == SR_OK);
    T(epoch_chain_add((struct span){ 0 }, buf_span(&link), &chain, NULL) == SR_OK);
    evil.g.epoch_hi = 2;
    evil.bundle.n = 2;
    evil.bundle.epoch[0].state = EPOCH_RETIRING;
    evil.bundle.epoch[1] = (struct epoch_master){ 2, EPOCH_ACTIVE, second };
    lab_machine(&machine, &evil, GOOD);
    lab_hello(&j, &l->net.cid, &evil.g, "c");
    lab_m3(&j, &l->good);
    evil_seal(&evil, &j);
    lab_m4(&evil, &j, &machine, buf_span(&chain));
    maker_drop(&machine);
    return lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &second);
}

/* Whoever learnt master 1 grants it to a joiner that has heard of epoch 2. */
static bool old_master(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    j.t.j.min_epoch = 2;
    if (join_read_challenge(&j.t.j, buf_span(&j.t.m[M1]), buf_span(&j.t.m[M2]), &j.challenged, why) != SR_OK)
        return false;
    lab_m3(&j, &l->good);
    evil_seal(&l->net, &j);
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    return lab_take(l, &j, buf_span(&j.t.m[M4]), why) == SR_OK && took(&j, &l->net.master);
}

/* Policy requires a bound channel; the one in between says there was none. */
static bool unbound(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    struct granter strict = l->net.g;
    strict.binding_required = true;
    lab_hello(&j, &l->net.cid, &strict, "c");
    j.t.joiner_cb = (struct binding){ 0 };
    lab_m3(&j, &l->good);
    return lab_grant(l, &strict, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &l->net.master);
}

/* M3 handed on over another TLS connection than it was made for. */
static bool relayed(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    struct binding other = { .bound = true };
    fill(other.exporter, sizeof other.exporter, "the connection of the one in between");
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    return lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &other, NOW + 1, &j, why) == SR_OK &&
           lab_stolen(&j, &j.t.k.ekj, &l->net.master);
}

static void until_m4(struct lab *l, struct lab_join *j)
{
    lab_hello(j, &l->net.cid, &l->net.g, "c");
    lab_m3(j, &l->good);
    T(lab_grant(l, &l->net.g, buf_span(&j->t.m[M3]), &j->t.granter_cb, NOW + 1, j, NULL) == SR_OK);
    lab_m4(&l->net, j, &l->good, SPAN_STR("\0\0"));
    T(lab_take(l, j, buf_span(&j->t.m[M4]), NULL) == SR_OK);
}

/* Does the network now vouch for that joiner as a member, by the M6 that follows? */
static bool vouched_for(struct lab *l, struct lab_join *j)
{
    struct m6 m6;
    struct member_cert c;
    return make_m6(&l->net, &j->t) == SR_OK && m6_decode(buf_span(&j->t.m[M6]), &m6, NULL) == SR_OK &&
           member_cert_check(m6.cert, &l->net.cid, 1, &l->net.keys.pub.member_ca, &c, NULL) == SR_OK &&
           memcmp(&c.key, &j->t.k.member_pub, sizeof c.key) == 0;
}

/* M4 is kept from the joiner and somebody without the masters confirms in its place: a certified member that
 * has nothing, in every list and log. */
static bool confirmed_by_nobody(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    struct m5 m = { 0 };
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    T(lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, NULL) == SR_OK);
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    m.sid = j.t.pending.sid;
    fill(&m.mac, sizeof m.mac, "guess");
    T(m5_encode(&m, &j.t.m[M5]) == SR_OK);
    return join_confirm(&l->net.g, &j.t.pending, buf_span(&j.t.m[M5]), NOW + 2, &j.t.confirmed, why) ==
               SR_OK &&
           vouched_for(l, &j);
}

/* The policy that let its code in is superseded, by one that does not, between M4 and M5. It goes on to be a
 * member. */
static bool member_of_the_past(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    struct join_member member;
    until_m4(l, &j);
    T(join_m5(&j.t.hold, &j.t.m[M5]) == SR_OK);
    struct granter now = l->net.g;
    now.policy_number++;
    now.policy_hash.b[0] ^= 1;
    return join_confirm(&now, &j.t.pending, buf_span(&j.t.m[M5]), NOW + 2, &j.t.confirmed, why) == SR_OK &&
           vouched_for(l, &j) &&
           join_read_m6(&j.t.j, &j.t.hold, &j.t.k, buf_span(&j.t.m[M6]), &member, why) == SR_OK &&
           took(&j, &l->net.master);
}

/* M6 with another place in the log. */
static bool leaf_moved(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(buf) changed = { 0 };
    struct join_member member;
    struct m6 m;
    until_m4(l, &j);
    T(join_m5(&j.t.hold, &j.t.m[M5]) == SR_OK);
    T(join_confirm(&l->net.g, &j.t.pending, buf_span(&j.t.m[M5]), NOW + 2, &j.t.confirmed, NULL) == SR_OK);
    T(make_m6(&l->net, &j.t) == SR_OK);
    T(m6_decode(buf_span(&j.t.m[M6]), &m, NULL) == SR_OK);
    m.leaf_index ^= 1;
    T(m6_encode(&m, &changed) == SR_OK);
    return join_read_m6(&j.t.j, &j.t.hold, &j.t.k, buf_span(&changed), &member, why) == SR_OK &&
           member.leaf_index == m.leaf_index;
}

/* ---- what was checked is what is used ---- */

/* The attacker's own M3, of a machine with other code. */
static void bad_m3(struct lab *l, struct lab_join *j)
{
    struct maker bad;
    lab_machine(&bad, &l->net, BAD);
    lab_hello(j, &l->net.cid, &l->net.g, "bad");
    fill(&j->t.k.ekj, sizeof j->t.k.ekj, "the attacker's ekJ");
    lab_m3(j, &bad);
    maker_drop(&bad);
    T(join_open_attest(&l->net.g, buf_span(&j->t.m[M3]), &j->t.granter_cb, NOW + 1, &j->attest, NULL) ==
      SR_OK);
}

/* An M3 that passes: opened, verified. */
static void good_m3(struct lab *l, struct lab_join *j, struct verified *v)
{
    struct appraiser by = lab_appraiser(l);
    lab_hello(j, &l->net.cid, &l->net.g, "good");
    lab_m3(j, &l->good);
    T(join_open_attest(&l->net.g, buf_span(&j->t.m[M3]), &j->t.granter_cb, NOW + 1, &j->attest, NULL) ==
      SR_OK);
    T(lab_appraise(&by, LAB_JOIN, j->attest.type, j->attest.evidence, &j->attest.rd, v, NULL) == SR_OK);
}

/* Two joins at a time; one machine's verdict is taken for the other. */
static bool verdict_of_another(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) good = { 0 };
    SR_OWN(lab_join) bad = { 0 };
    struct verified v;
    struct nonce_spent spent;
    struct join_grant_random random;
    fill(&random, sizeof random, "grant");
    good_m3(l, &good, &v);
    bad_m3(l, &bad);
    T(nonce_consume(l->net.used, &bad.attest.nonce, NOW + 1, &spent, NULL) == SR_OK);
    return join_grant(&l->net.g, &bad.attest, &v, &spent, &l->net.bundle, SPAN_STR("tpm"), &random,
                      &bad.sealed, why) == SR_OK &&
           lab_stolen(&bad, &bad.t.k.ekj, &l->net.master);
}

/* A used challenge goes on, since another one was taken in its place. */
static bool nonce_of_another(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) good = { 0 };
    SR_OWN(lab_join) other = { 0 };
    struct verified v;
    struct nonce_spent spent;
    struct join_grant_random random;
    fill(&random, sizeof random, "grant");
    good_m3(l, &good, &v);
    bad_m3(l, &other);
    T(nonce_consume(l->net.used, &good.attest.nonce, NOW + 1, &spent, NULL) == SR_OK);
    T(nonce_consume(l->net.used, &other.attest.nonce, NOW + 1, &spent, NULL) == SR_OK);
    return join_grant(&l->net.g, &good.attest, &v, &spent, &l->net.bundle, SPAN_STR("tpm"), &random,
                      &good.sealed, why) == SR_OK &&
           lab_stolen(&good, &good.t.k.ekj, &l->net.master);
}

/* ---- sessions ---- */

/* Granted and kept in a member's table of sessions. */
static struct sessions *kept(struct lab *l, struct lab_join *j, struct sha256 *ret_m5)
{
    struct sessions *s = NULL;
    until_m4(l, j);
    T(join_m5(&j->t.hold, &j->t.m[M5]) == SR_OK);
    *ret_m5 = sha256(buf_span(&j->t.m[M5]));
    struct join_pending p = j->t.pending;
    maker_need(sessions_new(4, &s) == SR_OK && sessions_put(s, &p, NOW + 1) == SR_OK, "session");
    return s;
}

/* Granted today, confirmed when everybody has forgotten. */
static bool confirmed_late(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(join_pending) p = { 0 };
    SR_OWN(buf) m6 = { 0 };
    struct sha256 m5;
    struct sessions *s = kept(l, &j, &m5);
    uint64_t late = j.t.pending.expires_ms + 1;
    bool got = sessions_begin(s, &j.t.pending.sid, &m5, late, &p, &m6, why) == SR_OK &&
               join_confirm(&l->net.g, &p, buf_span(&j.t.m[M5]), late, &j.t.confirmed, why) == SR_OK &&
               vouched_for(l, &j);
    sessions_free(s);
    return got;
}

/* M6 is kept for the joiner whose answer got lost; somebody else asks for it. */
static bool answer_of_another(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    SR_OWN(join_pending) p = { 0 };
    SR_OWN(buf) none = { 0 };
    SR_OWN(buf) m6 = { 0 };
    struct sha256 m5, other = { .b = { 1 } };
    struct sessions *s = kept(l, &j, &m5);
    T(sessions_begin(s, &j.t.pending.sid, &m5, NOW + 2, &p, &none, NULL) == SR_OK && none.n == 0);
    sessions_end(s, &j.t.pending.sid, &m5, SPAN_STR("M6"));
    bool got = sessions_begin(s, &j.t.pending.sid, &other, NOW + 3, &p, &m6, why) == SR_OK &&
               span_eq(buf_span(&m6), SPAN_STR("M6"));
    sessions_free(s);
    return got;
}

/* A machine that policy lets in says that it is reached at a place where members are to do something for it:
 * they would send requests, of its choice, to what only they reach. */
static bool led_elsewhere(struct lab *l, struct sr_why *why)
{
    static const char instead[] = "http://127.0.0.1/x?y=/";
    SR_OWN(lab_join) j = { 0 };
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    struct buf *m3 = &j.t.m[M3];
    uint8_t *at = memmem(m3->p, m3->n, j.t.j.address.p, j.t.j.address.n);
    T(at && j.t.j.address.n == sizeof instead - 1);
    memcpy(at, instead, sizeof instead - 1);
    struct sha512 th2 = join_th2(&j.offer.th1, wire_body(buf_span(m3), M3_SIGS));
    struct sig sigm = sign_label(&j.t.k.member, L_JOIN_SIG_MEMBER, SPAN(th2.b));
    struct sig sigj = sign_label(&j.t.k.idj, L_JOIN_SIG_JOINER, SPAN(th2.b));
    memcpy(m3->p + m3->n - M3_SIGS, sigm.b, sizeof sigm.b);
    memcpy(m3->p + m3->n - sizeof sigj.b, sigj.b, sizeof sigj.b);
    return lab_grant(l, &l->net.g, buf_span(m3), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK &&
           strcmp(j.sealed.pending.address, instead) == 0;
}

/* A granter that has masters which this network's policy destroys: a joiner must not have them, and would
 * show by taking them that the network is not what its policy says. */
static bool destroyed_granted(struct lab *l, struct sr_why *why)
{
    SR_OWN(lab_join) j = { 0 };
    lab_hello(&j, &l->net.cid, &l->net.g, "c");
    lab_m3(&j, &l->good);
    T(lab_grant(l, &l->net.g, buf_span(&j.t.m[M3]), &j.t.granter_cb, NOW + 1, &j, why) == SR_OK);
    lab_m4(&l->net, &j, &l->good, SPAN_STR("\0\0"));
    return lab_take_under(l, &j, buf_span(&j.t.m[M4]), 2, why) == SR_OK && took(&j, &l->net.master);
}

static const struct attack rows[] = {
    { "seed_swap", honest_join, seed_swap, R_MASTER_COMMIT_MISMATCH },
    { "genesis_swap", honest_join, genesis_swap, R_GENESIS_MISMATCH },
    { "fake_granter", honest_join, fake_granter, R_REPORT_DATA },
    { "reflection", honest_join, reflection, R_REPORT_DATA },
    { "ciphertext_swap", honest_join, ciphertext_swap, R_SIGNATURE },
    { "key_swap", honest_join, key_swap, R_REPORT_DATA },
    { "level_changed", honest_join, level_changed, R_SIGNATURE },
    { "granter_level_changed", honest_join, granter_level_changed, R_SIGNATURE },
    { "replay", honest_join, replay, R_NONCE_USED },
    { "replay_late", honest_join, replay_late, R_NONCE_EXPIRED },
    { "raced", honest_join, raced, R_NONCE_USED },
    { "own_challenge", honest_join, own_challenge, R_NONCE_FORGED },
    { "stale_policy", honest_join, stale_policy, R_STALE_CHALLENGE },
    { "rotation_between", honest_join, rotation_between, R_STALE_CHALLENGE },
    { "epoch_fork", honest_join, epoch_fork, R_EPOCH_CHAIN },
    { "old_master", honest_join, old_master, R_EPOCH },
    { "unbound", honest_join, unbound, R_CHANNEL_BINDING },
    { "relayed", honest_join, relayed, R_SIGNATURE },
    { "confirmed_by_nobody", honest_join, confirmed_by_nobody, R_CONFIRM_MAC },
    { "member_of_the_past", honest_join, member_of_the_past, R_POLICY_OLD },
    { "verdict_of_another", honest_join, verdict_of_another, R_EVIDENCE_SWAPPED },
    { "nonce_of_another", honest_join, nonce_of_another, R_EVIDENCE_SWAPPED },
    { "confirmed_late", honest_join, confirmed_late, R_SESSION_UNKNOWN },
    { "answer_of_another", honest_join, answer_of_another, R_CONFIRM_MAC },
    { "destroyed_granted", honest_join, destroyed_granted, R_EPOCH_DESTROYED },
    { "led_elsewhere", honest_join, led_elsewhere, R_MALFORMED },
    { "leaf_moved", honest_join, leaf_moved, R_CONFIRM_MAC },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
