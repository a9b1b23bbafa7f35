/* Masters that policy destroys: when they go, what goes with them and what stays, at members, joiners and who
 * was away. */
#include "tests/destruction_lab.h"

static enum sr_err value_at(struct rotator *m, uint32_t version, struct sr_why *why)
{
    SR_OWN(secret) value = { 0 };
    uint32_t given;
    *why = (struct sr_why){ 0 };
    return secrets_open_value(m->r->core->secrets, SPAN_STR("demo"), SPAN_STR("app/x"), version, &value,
                              &given, why);
}

static enum sr_reason derived(struct rotator *m, uint32_t version, struct secret *ret)
{
    const struct keyring_want w = { SPAN_STR("demo"), SPAN_STR("app/k"), version, derived_kind(DERIVED_RAW),
                                    32 };
    struct sr_why why = { 0 };
    return keyring_workload(masters_of(m), &w, ret, &why) == SR_OK ? R_NONE : why.reason;
}

static size_t leaves(struct rotator *m, enum leaf_type type, uint64_t epoch)
{
    struct core *c = m->r->core;
    size_t n = 0;
    for (uint64_t i = 0; i < journal_size(c->journal); i++) {
        SR_OWN(buf) b = { 0 };
        struct leaf l;
        T(journal_read_leaf(c->journal, i, &b) == SR_OK && leaf_decode(buf_span(&b), &l, NULL) == SR_OK);
        n += l.type == type && l.epoch == epoch;
    }
    return n;
}

static bool says(struct rotator *m, const char *text)
{
    SR_OWN(buf) b = { 0 };
    struct sr_why why = { 0 };
    const struct asking a = { .method = GET, .path = "/sealring/v1/status" };
    T(running_ask(m->r, &a, &b, &why) == SR_OK);
    wr_u8(&b, '\0');
    return buf_ok(&b) && strstr((const char *)b.p, text) != NULL;
}

static void all_have(struct rotation_ring *l, uint64_t oldest)
{
    for (size_t i = 0; i < l->n; i++)
        T(keyring_oldest(masters_of(&l->m[i])) == oldest);
}

/* A secret that nobody has put again holds the first master, at all members, until somebody does. */
static void waits_for_what_refers_to_it(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    SR_OWN(secret) second = { 0 };
    T_ROW(put(l, 1, &why) == SR_OK, why.text);
    T(derived(&l->m[0], 1, &second) == R_NONE);
    secret_drop(&second);
    rounds(l);
    rotate(l);
    rounds(l);
    T(derived(&l->m[0], 2, &second) == R_NONE);
    all_have(l, 1); /* no policy asks for it */
    T(says(&l->m[0], "{\"epoch\":1,\"packages\":1,\"state\":\"retiring\"}") &&
      !says(&l->m[0], "destruction"));
    destroy_before(l, "2");
    rounds(l);
    all_have(l, 1);
    for (size_t i = 0; i < 3; i++)
        T(says(&l->m[i], "\"destruction\":{\"before\":2,\"packages\":1,\"rows\":0}") &&
          says(&l->m[i], "{\"epoch\":1,\"packages\":1,\"state\":\"withdrawn\"}"));
    T(put(l, 1, &why) == SR_ESTALE && why.reason == R_EPOCH_DESTROYED); /* none is added */
    T_ROW(put(l, 2, &why) == SR_OK, why.text);
    rounds(l);
    all_have(l, 2);
    for (size_t i = 0; i < 3; i++) {
        SR_OWN(secret) got = { 0 };
        T(leaves(&l->m[i], LEAF_EPOCH_DESTROYED, 1) == 1);
        T(says(&l->m[i], "{\"epoch\":1,\"state\":\"destroyed\"}") && !says(&l->m[i], "destruction"));
        T(derived(&l->m[i], 1, &got) == R_KEY_DESTROYED && derived(&l->m[i], 2, &got) == R_NONE);
        T(span_eq_secret(secret_span(&got), secret_span(&second)));
        T(value_at(&l->m[i], 0, &why) == SR_OK);
    }
    T(value_at(&l->m[0], 1, &why) == SR_ENOENT && why.reason == R_EPOCH_DESTROYED);
    ring_close(l);
}

/* Tenants that policy does not name can put nothing again: what they left holds nothing. Nor does a
 * tombstone. */
static void what_nobody_can_put_again_holds_nothing(void)
{
    struct rotation_ring *l = ring_open(1);
    struct sr_why why = { 0 };
    T_ROW(put(l, 1, &why) == SR_OK, why.text);
    rotate(l);
    governed_by(l->m[0].r, "release", "[]");
    governed_by(l->m[0].r, "tenants", "[]");
    destroy_before(l, "2");
    rounds(l);
    all_have(l, 2);
    ring_close(l);
}

/* Its rows open by it alone until they are sealed anew. */
static void waits_for_its_rows(void)
{
    struct rotation_ring *l = ring_open(1);
    struct rotator *m = &l->m[0];
    struct sr_why why = { 0 };
    rotate(l);
    destroy_before(l, "2");
    T_ROW(destruction_round(&m->r->node, m->r->core, &why) == SR_OK, why.text);
    all_have(l, 1);
    T(says(m, "\"destruction\":{\"before\":2,\"packages\":0,\"rows\":"));
    round_at(m);
    all_have(l, 2);
    T(rotation_destroy(m->r->core->rotation, 2, &why) == SR_ESTALE); /* the only one that is left */
    ring_close(l);
}

/* Killed right after, and started on what lies on the disk: all of the new. Then on to the next. */
static void starts_again_and_goes_on(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    const struct sha256 id = keyring_leaf_id(masters_of(&l->m[1]), LEAF_ID_TENANT, SPAN_STR("demo"));
    const struct sign_pub writer = keyring_kbs_writer(masters_of(&l->m[1]));
    rotate(l);
    T_ROW(put(l, 2, &why) == SR_OK, why.text);
    rounds(l);
    destroy_before(l, "2");
    for (size_t i = 0; i < 3; i++)
        rotator_again(&l->m[i]); /* before: all of the old */
    all_have(l, 1);
    rounds(l);
    for (size_t i = 0; i < 3; i++) {
        rotator_again(&l->m[i]);
        T(value_at(&l->m[i], 0, &why) == SR_OK);
    }
    all_have(l, 2);
    for (uint64_t e = 3; e <= 4; e++) {
        rotate(l);
        T(ring_all_at(l, e));
    }
    T_ROW(put(l, 4, &why) == SR_OK, why.text);
    destroy_before(l, "4");
    rounds(l);
    all_have(l, 4);
    for (size_t i = 0; i < 3; i++)
        rotator_again(&l->m[i]);
    all_have(l, 4);
    const struct sha256 same = keyring_leaf_id(masters_of(&l->m[1]), LEAF_ID_TENANT, SPAN_STR("demo"));
    const struct sign_pub still = keyring_kbs_writer(masters_of(&l->m[1]));
    T(sha256_eq(&id, &same) && memcmp(&writer, &still, sizeof still) == 0);
    T(leaves(&l->m[1], LEAF_EPOCH_DESTROYED, 3) == 1 && value_at(&l->m[1], 0, &why) == SR_OK);
    ring_close(l);
}

/* One that joins gets what policy leaves, also from a member that waits; and is the same to everybody. */
static void joins_without_it(void)
{
    struct rotation_ring *l = ring_open(2);
    struct sr_why why = { 0 };
    T_ROW(put(l, 1, &why) == SR_OK, why.text);
    rotate(l);
    destroy_before(l, "2");
    rounds(l);
    all_have(l, 1);
    struct rotator *m = ring_join(l);
    T(keyring_oldest(masters_of(m)) == 2 && keyring_newest(masters_of(m)) == 2);
    const struct sha256 ours = keyring_leaf_id(masters_of(m), LEAF_ID_TENANT, SPAN_STR("demo"));
    const struct sha256 theirs = keyring_leaf_id(masters_of(&l->m[0]), LEAF_ID_TENANT, SPAN_STR("demo"));
    T(sha256_eq(&ours, &theirs));
    rounds(l);
    T(value_at(m, 0, &why) == SR_ENOENT && why.reason == R_EPOCH_DESTROYED);
    T(value_at(&l->m[0], 0, &why) == SR_OK);
    rotator_again(m);
    T(keyring_oldest(masters_of(m)) == 2);
    rotate(l); /* and it goes along */
    T(ring_all_at(l, 3));
    ring_close(l);
}

/* While the next master is pending: it is sealed with those before it, so it is sealed again. */
static void destroyed_while_one_is_pending(void)
{
    struct rotation_ring *l = ring_open(3);
    struct sr_why why = { 0 };
    rotate(l);
    rounds(l);
    destroy_before(l, "2");
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    round_at(&l->m[0]);
    T(keyring_oldest(masters_of(&l->m[0])) == 2);
    SR_OWN(epochs_hold) pending = rotation_pending(l->m[0].r->core->rotation);
    T(pending.e && keyring_oldest(pending.e->keyring) == 2 && keyring_newest(pending.e->keyring) == 3);
    epochs_hold_drop(&pending);
    rotator_again(&l->m[0]);
    T(rotation_view(l->m[0].r->core->rotation).state == ROTATION_PENDING);
    rounds(l);
    rounds(l);
    T(ring_all_at(l, 3));
    all_have(l, 2);
    ring_close(l);
}

/* Drawn, and waiting for operators: the same master afterwards. */
static void destroyed_while_one_is_drawn(void)
{
    struct rotation_ring *l = ring_open(1);
    SR_OWN(rotation_file) before = { 0 };
    SR_OWN(rotation_file) after = { 0 };
    struct sr_why why = { 0 };
    const struct running *op = ring_operator(l);
    rotate(l);
    T_ROW(ring_draw(l, 0, &before, &why) == SR_OK, why.text);
    destroy_before(l, "2");
    rounds(l);
    all_have(l, 2);
    rotator_again(&l->m[0]);
    T(ring_draw(l, 0, &after, &why) == SR_OK);
    T(span_eq(buf_span(&before.draw_bytes), buf_span(&after.draw_bytes)));
    T(rotation_approve(&after, &op->admin, &op->admin_pub, &why) == SR_OK);
    T_ROW(ring_submit(l, 0, &after, &why) == SR_OK, why.text);
    T(ring_all_at(l, 3));
    all_have(l, 2);
    ring_close(l);
}

/* Away for the rotation and the destruction: it comes to the new epoch with its own masters, reads its rows
 * by them, seals them anew, and then does what the others did. */
static void away_meanwhile(void)
{
    struct rotation_ring *l = ring_open(4);
    rotator_silent(&l->m[3]);
    rotate(l);
    destroy_before(l, "2");
    rounds(l);
    T(keyring_oldest(masters_of(&l->m[0])) == 2 && rotator_epoch(&l->m[3]) == 1);
    rotator_reachable(&l->m[3]);
    rounds(l);
    rounds(l);
    T(ring_all_at(l, 2));
    all_have(l, 2);
    rotator_again(&l->m[3]);
    all_have(l, 2);
    T(leaves(&l->m[3], LEAF_EPOCH_DESTROYED, 1) == 1);
    ring_close(l);
}

/* Policy names an epoch that this member has not come to: it keeps what it has. */
static void a_member_behind_destroys_nothing(void)
{
    struct rotation_ring *l = ring_open(1);
    destroy_before(l, "9");
    rounds(l);
    all_have(l, 1);
    ring_close(l);
}

int main(void)
{
    T(secret_init() == SR_OK);
    waits_for_what_refers_to_it();
    what_nobody_can_put_again_holds_nothing();
    waits_for_its_rows();
    starts_again_and_goes_on();
    joins_without_it();
    destroyed_while_one_is_pending();
    destroyed_while_one_is_drawn();
    away_meanwhile();
    a_member_behind_destroys_nothing();
    return t_end();
}
