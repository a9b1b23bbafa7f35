/* Attacks on destroyed masters: who has a member's disk and platform, joins, reads its memory or is a tenant
 * wants one that the operators have destroyed, or wants it to stay. */
#include "crypto/file.h"
#include "node/joiner_parts.h"
#include "tests/attacks/memory_search.h"
#include "tests/destruction_lab.h"

#include <ftw.h>

/* One member, after a rotation and the destruction of epoch 1, with its start and what it wrote since. */
static struct rotation_ring *destroyed(void)
{
    struct rotation_ring *l = ring_open(1);
    rotate(l);
    destroy_before(l, "2");
    rounds(l);
    T(keyring_oldest(masters_of(&l->m[0])) == 2);
    return l;
}

static bool has_first(const struct rotator *m)
{
    return keyring_pubs(masters_of(m), 1) != NULL;
}

static bool honest_destruction(struct lab *lab)
{
    struct rotation_ring *l = destroyed();
    struct sr_why why = { 0 };
    (void)lab;
    rotator_again(&l->m[0]);
    bool good = !has_first(&l->m[0]) && put(l, 2, &why) == SR_OK;
    T_ROW(good, why.text);
    ring_close(l);
    return good;
}

/* ---- who joins ---- */

/* A member still has it, for a secret that nobody has put again; a good machine, whose code takes what it
 * gets. */
static bool destroyed_in_m4(struct lab *lab, struct sr_why *why)
{
    struct rotation_ring *l = ring_open(1);
    struct attempt *a = NULL;
    struct running *thief = NULL;
    (void)lab;
    T_ROW(put(l, 1, why) == SR_OK, why->text);
    rotate(l);
    destroy_before(l, "2");
    rounds(l);
    T(has_first(&l->m[0]));
    thief = running_empty(l->m[0].r);
    T(attempt_new(&thief->node, l->m[0].address, "http://127.0.0.1:9", &a, why) == SR_OK);
    a->who.cid = l->m[0].r->core->home.cid;
    if (attempt_grant(a, why) != SR_OK && a->m4.n) {
        struct join_policy p = { policy_number(a->policy.policy), *policy_hash(a->policy.policy), 0 };
        T(join_open_grant(&a->wait, &a->granted, &a->keys, &a->granter.verified, &p, &a->masters, &a->hold,
                          why) == SR_OK);
    }
    bool got = a->masters.n > 0 && a->masters.epoch[0].epoch == 1;
    attempt_free(a);
    running_end(thief);
    ring_close(l);
    return got;
}

/* ---- who has the disk ---- */

/* What lay there before: the host looks at all files whenever it likes. */
struct before {
    struct buf blob, bundle, next;
};
static void before_drop(struct before *b)
{
    buf_drop(&b->blob);
    buf_drop(&b->bundle);
    buf_drop(&b->next);
}

static void look(struct rotator *m, struct before *ret)
{
    struct store *s = m->r->node.store;
    T(keystore_clear_get(s, KC_TPM_BLOB, &ret->blob) == SR_OK);
    T(keystore_clear_get(s, KC_MASTER_BUNDLE, &ret->bundle) == SR_OK);
    enum sr_err e = keystore_clear_get(s, KC_EPOCH_NEXT, &ret->next);
    T(e == SR_OK || e == SR_ENOENT);
}

static const struct buf *wanted; /* nftw() hands nothing through */
static bool found;

static int search(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    SR_OWN(buf) b = { 0 };
    (void)f;
    if (kind == FTW_F && st->st_size > 0 && file_read(path, 64 << 20, &b, NULL) == SR_OK)
        found = found || memmem(b.p, b.n, wanted->p, wanted->n) != NULL;
    return 0;
}

static bool on_disk(const struct rotator *m, const struct buf *bytes)
{
    wanted = bytes;
    found = false;
    maker_need(nftw(m->r->dir, search, 16, FTW_PHYS) == 0, "the member's folder");
    return found;
}

/* A piece that stays on one page of the file. */
static void piece(const struct buf *of, struct buf *ret)
{
    wr_span(ret, (struct span){ of->p + of->n / 4, 48 });
}

/* The sealed masters of before are in a file, and the platform still opens the key beside them. */
static bool destroyed_on_disk(struct lab *lab, struct sr_why *why)
{
    struct rotation_ring *l = ring_open(1);
    SR_OWN(before) b = { 0 };
    SR_OWN(buf) bundle = { 0 };
    (void)lab, (void)why;
    rotate(l);
    look(&l->m[0], &b);
    piece(&b.bundle, &bundle);
    T(on_disk(&l->m[0], &bundle)); /* the search finds what there is */
    destroy_before(l, "2");
    rounds(l);
    bool got = on_disk(&l->m[0], &bundle);
    ring_close(l);
    return got;
}

/* The host puts rows back between two starts; the member goes on from there. */
static enum sr_err put_back(struct rotator *m, const struct before *b, bool next, struct sr_why *why)
{
    struct running *r = m->r;
    struct core *c = NULL;
    SR_OWN(home) h = { 0 };
    rotator_silent(m);
    running_stop(r);
    T_ROW(node_open(&r->node, &r->config, why) == SR_OK, why->text);
    if (next)
        T(keystore_clear_put(r->node.store, KC_EPOCH_NEXT, buf_span(&b->next)) == SR_OK);
    else
        T(keystore_clear_put(r->node.store, KC_TPM_BLOB, buf_span(&b->blob)) == SR_OK &&
          keystore_clear_put(r->node.store, KC_MASTER_BUNDLE, buf_span(&b->bundle)) == SR_OK);
    enum sr_err e = home_load(r->node.store, r->node.tpm, NULL, &h, why);
    if (e == SR_OK)
        e = core_open(&r->node, &h, NULL, &c, why);
    if (e == SR_OK) {
        running_member(r, c);
        rotator_reachable(m);
    }
    return e;
}

/* The masters of before, under the keystore of now: what asks for version 1 is answered again. */
static bool old_masters_back(struct lab *lab, struct sr_why *why)
{
    struct rotation_ring *l = ring_open(1);
    SR_OWN(before) b = { 0 };
    (void)lab;
    rotate(l);
    look(&l->m[0], &b);
    destroy_before(l, "2");
    rounds(l);
    bool got = put_back(&l->m[0], &b, false, why) == SR_OK && has_first(&l->m[0]);
    ring_close(l);
    return got;
}

/* The next epoch's masters, sealed with all that were there when they were drawn. */
static bool old_draw_back(struct lab *lab, struct sr_why *why)
{
    struct rotation_ring *l = ring_open(1);
    SR_OWN(before) b = { 0 };
    SR_OWN(rotation_file) f = { 0 };
    const struct running *op = ring_operator(l);
    (void)lab;
    rotate(l);
    T_ROW(ring_draw(l, 0, &f, why) == SR_OK, why->text);
    look(&l->m[0], &b);
    destroy_before(l, "2");
    rounds(l);
    T(!has_first(&l->m[0]) && rotation_approve(&f, &op->admin, &op->admin_pub, why) == SR_OK);
    T_ROW(put_back(&l->m[0], &b, true, why) == SR_OK, why->text);
    bool got = ring_submit(l, 0, &f, why) == SR_OK && has_first(&l->m[0]);
    ring_close(l);
    return got;
}

/* ---- who reads the memory ---- */

static void mask(const struct key *k, struct marker *ret)
{
    for (size_t i = 0; i < MARKER; i++)
        ret->masked[i] = k->b[i] ^ MASK;
}

/* What opened the rows of then, in any copy of the disk of then. */
static bool row_key_left(struct lab *lab, struct sr_why *why)
{
    struct rotation_ring *l = ring_open(1);
    struct marker master, kek;
    (void)lab, (void)why;
    mask(&keyring_master(masters_of(&l->m[0]), 1)->master, &master);
    mask(&keyring_keys(masters_of(&l->m[0]), 1)->kek, &kek);
    rotate(l);
    T(in_memory(&master) && in_memory(&kek));
    destroy_before(l, "2");
    rounds(l);
    T(!has_first(&l->m[0]));
    bool got = in_memory(&master) || in_memory(&kek);
    ring_close(l);
    return got;
}

/* ---- who wants it to stay ---- */

/* A tenant, or who has its key, seals to the old network key once more: what is put so is read by whoever has
 * that master, and holds it where it is. */
static bool sealed_to_destroyed(struct lab *lab, struct sr_why *why)
{
    struct rotation_ring *l = ring_open(1);
    (void)lab;
    rotate(l);
    destroy_before(l, "2");
    bool got = put(l, 1, why) == SR_OK;
    ring_close(l);
    return got;
}

static const struct attack rows[] = {
    { "destroyed_in_m4", honest_destruction, destroyed_in_m4, R_NONE },
    { "destroyed_on_disk", honest_destruction, destroyed_on_disk, R_NONE },
    { "old_masters_back", honest_destruction, old_masters_back, R_EPOCH_DESTROYED },
    { "old_draw_back", honest_destruction, old_draw_back, R_EPOCH_DRAW },
    { "row_key_left", honest_destruction, row_key_left, R_NONE },
    { "sealed_to_destroyed", honest_destruction, sealed_to_destroyed, R_EPOCH_DESTROYED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
