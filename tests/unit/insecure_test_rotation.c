/* Rotation among members that reach each other: drawn, linked, pulled, active everywhere; behind; killed. */
#include "crypto/file.h"
#include "node/freeze.h"
#include "node/joiner_parts.h"
#include "tests/attacks/governed.h"
#include "tests/rotation_ring.h"

static bool has_leaf(struct rotator *m, enum leaf_type type, uint64_t epoch)
{
    struct core *c = m->r->core;
    for (uint64_t i = 0; i < journal_size(c->journal); i++) {
        SR_OWN(buf) b = { 0 };
        struct leaf l;
        if (journal_read_leaf(c->journal, i, &b) == SR_OK && leaf_decode(buf_span(&b), &l, NULL) == SR_OK &&
            l.type == type && l.epoch == epoch)
            return true;
    }
    return false;
}

static void one_member(void)
{
    struct rotation_ring *l = ring_open(1);
    struct sr_why why = { 0 };
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    T(rotator_epoch(&l->m[0]) == 2);
    T(has_leaf(&l->m[0], LEAF_EPOCH_DRAWN, 2) && has_leaf(&l->m[0], LEAF_EPOCH, 2) &&
      has_leaf(&l->m[0], LEAF_EPOCH_HELD, 2) && has_leaf(&l->m[0], LEAF_EPOCH_ACTIVE, 2));
    rotator_again(&l->m[0]);
    T(rotator_epoch(&l->m[0]) == 2);
    ring_close(l);
}

/* The epoch of the certificate that `who` has, as m knows it. */
static uint64_t certified(struct rotator *m, struct rotator *who)
{
    struct member_cert c;
    for (size_t i = 0; members_at(m->r->core->members, i, &c) == SR_OK; i++)
        if (memcmp(&c.key, &who->r->core->home.member_pub, sizeof c.key) == 0)
            return c.epoch;
    return 0;
}

static void three_members(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    T(members_count(l->m[2].r->core->members) == 3);
    T_ROW(ring_link(l, 1, &why) == SR_OK, why.text);
    T(ring_all_at(l, 1)); /* one of three holds it */
    T(rotation_view(l->m[1].r->core->rotation).state == ROTATION_PENDING);
    ring_round(l);
    ring_round(l);
    T(ring_all_at(l, 2));
    size_t held = 0; /* the third may find the epoch active before it pulled the pending one */
    for (size_t i = 0; i < 3; i++) {
        held += has_leaf(&l->m[i], LEAF_EPOCH_HELD, 2);
        T(has_leaf(&l->m[i], LEAF_EPOCH_ACTIVE, 2));
    }
    T(held >= 2);
    ring_round(l);
    for (size_t i = 0; i < 3; i++) /* everybody has a certificate of the new epoch, and others know it */
        for (size_t j = 0; j < 3; j++)
            T(certified(&l->m[i], &l->m[j]) == 2);
    ring_close(l);
}

/* The host kills a member and starts it again after each step: what it had on disk counts. */
static void killed_at_each_step(void)
{
    struct rotation_ring *l = ring_open(3);
    SR_OWN(rotation_file) f = { 0 };
    SR_OWN(rotation_file) same = { 0 };
    const struct running *op = ring_operator(l);
    struct sr_why why = { 0 };
    T_ROW(ring_draw(l, 1, &f, &why) == SR_OK, why.text);
    rotator_again(&l->m[1]);
    T(rotation_view(l->m[1].r->core->rotation).state == ROTATION_DRAWN);
    T_ROW(ring_draw(l, 1, &same, &why) == SR_OK, why.text);
    T(span_eq(buf_span(&f.draw_bytes), buf_span(&same.draw_bytes)));
    T(rotation_approve(&f, &op->admin, &op->admin_pub, &why) == SR_OK);
    T_ROW(ring_submit(l, 1, &f, &why) == SR_OK, why.text);
    rotator_again(&l->m[1]);
    struct rotation_view v = rotation_view(l->m[1].r->core->rotation);
    T(v.state == ROTATION_PENDING && v.epoch == 2 && v.held == 1 && v.need == 2);
    T(rotator_epoch(&l->m[1]) == 1);
    ring_round(l);
    ring_round(l);
    for (size_t i = 0; i < 3; i++) {
        T(rotator_epoch(&l->m[i]) == 2);
        rotator_again(&l->m[i]);
        T(rotator_epoch(&l->m[i]) == 2);
    }
    ring_round(l);
    T_ROW(ring_link(l, 2, &why) == SR_OK, why.text); /* and on */
    ring_round(l);
    ring_round(l);
    T(ring_all_at(l, 3));
    ring_close(l);
}

static void away_for_three(void)
{
    struct rotation_ring *l = ring_open(4);
    struct sr_why why = { 0 };
    rotator_silent(&l->m[3]);
    for (uint64_t e = 2; e <= 4; e++) {
        T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
        ring_round(l);
        ring_round(l);
        for (size_t i = 0; i < 3; i++)
            T(rotator_epoch(&l->m[i]) == e);
    }
    T(rotator_epoch(&l->m[3]) == 1);
    rotator_reachable(&l->m[3]);
    ring_round(l);
    T(ring_all_at(l, 4));
    ring_close(l);
}

/* The others have gone over to the next epoch by the time that one of them would say that it has it. */
static void switched_under_a_pull(void)
{
    struct rotation_ring *l = ring_open(3);
    const struct home *h = &l->m[2].r->core->home;
    struct attempt *a = NULL;
    struct join_member m;
    struct sr_why why = { 0 };
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    T(attempt_new(&l->m[2].r->node, l->m[0].address, l->m[2].address, &a, &why) == SR_OK);
    a->at = "?epoch=2";
    a->members = "/sealring/v1/epoch/members";
    a->who.cid = h->cid;
    a->keys.member = h->member;
    a->keys.member_pub = h->member_pub;
    T_ROW(attempt_grant(a, &why) == SR_OK, why.text);
    sync_round(&l->m[1].r->node, l->m[1].r->core);
    T(rotator_epoch(&l->m[0]) == 2);
    T_ROW(attempt_confirm(a, &m, &why) == SR_OK && m.cert.epoch == 2, why.text);
    attempt_free(a);
    ring_close(l);
}

/* Joins are frozen at whoever it could get the masters from: it is a member, and gets them. */
static void behind_a_freeze(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    rotator_silent(&l->m[2]);
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    ring_round(l);
    ring_round(l);
    for (size_t i = 0; i < 2; i++)
        T(rotator_epoch(&l->m[i]) == 2 && freeze_turn(l->m[i].r->core, true, &why) == SR_OK);
    rotator_reachable(&l->m[2]);
    ring_round(l);
    T(ring_all_at(l, 2));
    ring_close(l);
}

/* Who has no master of the epoch yet knows its members by the chain alone, if operators signed all of it. */
static void behind_and_knows_who_joined_since(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    SR_OWN(buf) cert = { 0 };
    SR_OWN(buf) chain = { 0 };
    bool is_new = false;
    struct members *behind = l->m[2].r->core->members;
    rotator_silent(&l->m[2]);
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    ring_round(l);
    ring_round(l);
    T(rotation_cert(ring_join(l)->r->core->rotation, &cert) == SR_OK);
    wr_span(&chain, buf_span(&maker_epochs_of(&l->m[0].r->core->home)->chain));
    chain.p[chain.n - 1] ^= 1;
    T(members_hear(behind, buf_span(&chain), &why) == SR_EPROOF && why.reason == R_EPOCH_CHAIN);
    SR_OWN(policy_hold) now = policy_holder_get(l->m[2].r->core->policy);
    T(members_take(behind, now.p, buf_span(&cert), &is_new, &why) == SR_EPROOF);
    chain.p[chain.n - 1] ^= 1;
    T_ROW(members_hear(behind, buf_span(&chain), &why) == SR_OK, why.text);
    T_ROW(members_take(behind, now.p, buf_span(&cert), &is_new, &why) == SR_OK && is_new, why.text);
    T(rotator_epoch(&l->m[2]) == 1);
    rotator_again(&l->m[2]);
    T(members_count(l->m[2].r->core->members) == 3);
    ring_round(l);
    T(ring_all_at(l, 2) && members_count(l->m[2].r->core->members) == 4);
    ring_close(l);
}

static void stop(struct rotator *m)
{
    rotator_silent(m);
    running_stop(m->r);
}

static void start(struct rotator *m)
{
    running_start(m->r);
    rotator_reachable(m);
}

/* Its disk is put back to before it knew any other member, and they are at a later epoch: it can't take their
 * certificates, and asks where its configuration says that members are. */
static void put_back_to_when_it_was_alone(void)
{
    enum { STORE_MAX = 8 << 20 };
    struct rotation_ring *l = ring_open(1);
    struct rotator *m = &l->m[0];
    SR_OWN(buf) alone = { 0 };
    struct sr_why why = { 0 };
    char store[CONFIG_TEXT + 16];
    snprintf(store, sizeof store, "%s/store.db", m->r->config.state_dir);
    stop(m);
    T(file_read(store, STORE_MAX, &alone, &why) == SR_OK);
    start(m);
    snprintf(m->r->config.join.v[0], sizeof m->r->config.join.v[0], "%s", ring_join(l)->address);
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    ring_round(l);
    ring_round(l);
    T(ring_all_at(l, 2));
    stop(m);
    T(file_write(store, 0600, buf_span(&alone), &why) == SR_OK);
    start(m);
    T(rotator_epoch(m) == 1 && members_count(m->r->core->members) == 1);
    ring_round(l);
    T(rotator_epoch(m) == 1);
    m->r->config.join.n = 1;
    ring_round(l);
    T(ring_all_at(l, 2));
    ring_close(l);
}

/* Two draws with links at the same time: whoever holds one takes no other, and one of them wins. */
static void one_link_an_epoch(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    SR_OWN(buf) other = { 0 };
    enum rotation_verdict verdict;
    T(ring_link(l, 0, &why) == SR_OK && ring_link(l, 1, &why) == SR_OK);
    T(rotation_write(l->m[1].r->core->rotation, &other) == SR_OK);
    struct reader r = rd_init(buf_span(&other));
    (void)rd_u64be(&r);
    (void)rd_lp(&r, MUSTER_MAX);
    struct span muster = rd_lp(&r, MUSTER_MAX);
    why = (struct sr_why){ 0 };
    T(rotation_take(l->m[0].r->core->rotation, muster, &verdict, &why) == SR_EPROOF &&
      why.reason == R_EPOCH_FORK);
    T(rotation_take(l->m[2].r->core->rotation, muster, &verdict, &why) == SR_OK && verdict == ROTATION_PULL);
    T(ring_all_at(l, 1));
    for (int i = 0; i < 4; i++)
        ring_round(l);
    T(ring_all_at(l, 2)); /* the third decided it, and the loser follows the quorum */
    const struct epochs *a = maker_epochs_of(&l->m[0].r->core->home);
    for (size_t i = 1; i < 3; i++)
        T(memcmp(&a->pub[1], &maker_epochs_of(&l->m[i].r->core->home)->pub[1], sizeof a->pub[1]) == 0);
    ring_close(l);
}

/* The set before the switch, put back by whoever has the disk. */
static void the_old_set_put_back(void)
{
    static const enum keystore_clear kept[] = { KC_GENESIS, KC_TPM_BLOB, KC_MASTER_BUNDLE };
    struct rotation_ring *l = ring_open(1);
    struct running *r = l->m[0].r;
    struct buf old[3] = { 0 };
    SR_OWN(home) home = { 0 };
    struct sr_why why = { 0 };
    for (size_t i = 0; i < 3; i++)
        T(keystore_clear_get(r->node.store, kept[i], &old[i]) == SR_OK);
    T(ring_link(l, 0, &why) == SR_OK && rotator_epoch(&l->m[0]) == 2);
    rotator_again(&l->m[0]); /* its start leaf is under the new epoch */
    rotator_silent(&l->m[0]);
    running_stop(r);
    T(node_open(&r->node, &r->config, &why) == SR_OK);
    for (size_t i = 0; i < 3; i++) {
        T(keystore_clear_put(r->node.store, kept[i], buf_span(&old[i])) == SR_OK);
        buf_drop(&old[i]);
    }
    why = (struct sr_why){ 0 };
    T(home_load(r->node.store, r->node.tpm, NULL, &home, &why) == SR_EPROOF && why.reason == R_EPOCH);
    ring_close(l);
}

/* Of four, one that has said that it holds the next master; then policy expels it, and then all but the
 * first: what counts is what each policy leaves, and nobody has to say anything for that. */
static void expelled_while_pending(void)
{
    struct rotation_ring *l = ring_open(4);
    struct sr_why why = { 0 };
    struct core *first = l->m[0].r->core;
    char rows[400] = "[";
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    sync_round(&l->m[1].r->node, l->m[1].r->core);
    struct rotation_view v = rotation_view(first->rotation);
    T(v.state == ROTATION_PENDING && v.held == 2 && v.need == 3);
    for (size_t i = 1; i < 4; i++) {
        char hex[65];
        hex_text(SPAN(l->m[i].r->core->home.member_pub.b), hex);
        size_t at = strlen(rows);
        rows[at - 1] = i > 1 ? ',' : '[';
        snprintf(rows + at, sizeof rows - at, "{\"key\":\"%s\",\"name\":\"m%zu\"}]", hex, i);
        governed_by(l->m[0].r, "expelled", rows);
        rotation_review(first->rotation);
        v = rotation_view(first->rotation);
        T(i == 3 ? v.state == ROTATION_IDLE : v.state == ROTATION_PENDING && v.held == 1 && v.need == 2);
    }
    T(rotator_epoch(&l->m[0]) == 2);
    ring_close(l);
}

static enum sr_err derive_at(struct rotator *m, uint32_t version, struct secret *ret, struct sr_why *why)
{
    SR_OWN(epochs_hold) now = epochs_holder_get(m->r->core->home.epochs);
    const struct keyring_want w = { SPAN_STR("demo"), SPAN_STR("app/x"), version, derived_kind(DERIVED_RAW),
                                    32 };
    return keyring_workload(now.e->keyring, &w, ret, why);
}

/* Version v is the same at every member, and another than v + 1. */
static void derived_alike(struct rotation_ring *l, uint32_t versions, struct secret first[static 4])
{
    for (uint32_t v = 1; v <= versions; v++)
        for (size_t i = 0; i < l->n; i++) {
            SR_OWN(secret) one = { 0 };
            struct sr_why why = { 0 };
            T_ROW(derive_at(&l->m[i], v, &one, &why) == SR_OK, why.text);
            if (!first[v].n)
                T(secret_copy(&first[v], secret_span(&one)) == SR_OK);
            T(span_eq_secret(secret_span(&one), secret_span(&first[v])));
            T(v == 1 || !span_eq_secret(secret_span(&one), secret_span(&first[v - 1])));
        }
}

/* What a tenant keeps under version 1 stays, and after a rotation it gets another key: never before it. */
static void versions_are_epochs(void)
{
    struct rotation_ring *l = ring_open(3);
    struct secret got[4] = { 0 };
    struct sr_why why = { 0 };
    derived_alike(l, 1, got);
    T_ROW(ring_link(l, 1, &why) == SR_OK, why.text);
    for (size_t i = 0; i < 3; i++) /* one of them has the master already */
        T(derive_at(&l->m[i], 2, &got[2], &why) == SR_ENOENT && why.reason == R_KEY_VERSION);
    ring_round(l);
    ring_round(l);
    T(ring_all_at(l, 2));
    derived_alike(l, 2, got);
    for (size_t i = 0; i < 3; i++)
        rotator_again(&l->m[i]);
    derived_alike(l, 2, got);
    T(derive_at(&l->m[0], 3, &got[3], &why) == SR_ENOENT);
    for (size_t i = 0; i < 4; i++)
        secret_drop(&got[i]);
    ring_close(l);
}

int main(void)
{
    T(secret_init() == SR_OK);
    one_member();
    three_members();
    killed_at_each_step();
    away_for_three();
    switched_under_a_pull();
    behind_a_freeze();
    behind_and_knows_who_joined_since();
    put_back_to_when_it_was_alone();
    one_link_an_epoch();
    expelled_while_pending();
    the_old_set_put_back();
    versions_are_epochs();
    return t_end();
}
