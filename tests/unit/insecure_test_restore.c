/* Going on from a backup, on a whole member in this process: wherever a start is cut short, the next one does
 * the rest; and of many old states with many statements only the one that the statement is about goes on. */
#include "node/backup.h"
#include "node/restore.h"
#include "proto/loss.h"
#include "tests/attacks/governed.h"
#include "tests/rotation_ring.h"

enum { STATES = 8, OLD_STATES = 200 };

struct kept {
    char path[CONFIG_TEXT];
    struct checkpoint head;
};

static unsigned old_states(void)
{
    const char *text = getenv("SEALRING_OLD_STATES");
    return text && atoi(text) > 0 ? (unsigned)atoi(text) : OLD_STATES;
}

static struct kept keep(struct running *r, unsigned i)
{
    struct kept k = { 0 };
    struct backup_made made;
    struct sr_why why = { 0 };
    T_ROW(backup_make(&r->node, r->core, &made, &why) == SR_OK, why.text);
    snprintf(k.path, sizeof k.path, "%s/%u.backup", r->dir, i);
    T(rename(made.path, k.path) == 0);
    k.head = made.head;
    return k;
}

/* Signed by the network's one operator; a stranger's: by nobody it knows. */
static void statement(const struct running *r, const struct home *h, const struct checkpoint *about,
                      bool stranger, struct buf *ret)
{
    SR_OWN(loss_signed) s = { 0 };
    struct sign_key key = r->admin;
    struct sign_pub pub = r->admin_pub;
    struct loss l = {
        .cid = h->cid, .member = h->id, .time = clock_unix(), .size = about->size, .root = about->root
    };
    l.until = l.time + 3600;
    strcpy(l.reason, "test");
    if (stranger)
        sign_random(&key, &pub);
    T(loss_make(&l, &s, NULL) == SR_OK && loss_sign(&s, &key, &pub, NULL) == SR_OK);
    loss_write(&s, ret);
}

static enum sr_err restore(struct running *r, const char *state_dir, const struct kept *k, const char *word,
                           struct sr_why *why)
{
    static struct config c;
    c = r->config;
    snprintf(c.state_dir, sizeof c.state_dir, "%s", state_dir);
    snprintf(c.restore, sizeof c.restore, "%s", k->path);
    if (word)
        snprintf(c.accept_loss, sizeof c.accept_loss, "%s/%s", r->dir, word);
    return restore_run(&c, why);
}

static void remove_store(const char *state_dir)
{
    static const char *const files[] = { "store.db", "store.db-wal", "store.db-shm" };
    char path[CONFIG_TEXT + 16];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", state_dir, files[i]);
        (void)unlink(path);
    }
}

static enum leaf_type leaf_at(struct running *r, uint64_t index)
{
    SR_OWN(buf) b = { 0 };
    struct leaf l = { 0 };
    T(journal_read_leaf(r->core->journal, index, &b) == SR_OK &&
      leaf_decode(buf_span(&b), &l, NULL) == SR_OK);
    return l.type;
}

/* A start that ends after the new key is there, and one that ends once the old log is gone. */
static void cut_short(void)
{
    struct running *r = running_first();
    SR_OWN(buf) text = { 0 };
    struct sr_why why = { 0 };
    struct kept k = keep(r, 0);
    struct member_id was = r->core->home.id;
    statement(r, &r->core->home, &k.head, false, &text);
    running_write(r, "word", buf_span(&text));
    running_stop(r);
    remove_store(r->config.state_dir);
    T_ROW(restore(r, r->config.state_dir, &k, "word", &why) == SR_OK, why.text);
    struct member_id is[2];
    for (int i = 0; i < 2; i++) {
        SR_OWN(home) home = { 0 };
        SR_OWN(restored) word = { 0 };
        T(node_open(&r->node, &r->config, &why) == SR_OK);
        T(home_load(r->node.store, r->node.tpm, NULL, &home, &why) == SR_OK);
        T_ROW(restored_begin(&r->node, &home, NULL, &word, &why) == SR_OK && word.there, why.text);
        is[i] = home.id;
        home_drop(&home);
        running_stop(r);
    }
    T(memcmp(&is[0], &is[1], sizeof is[0]) == 0 && memcmp(&is[0], &was, sizeof was) != 0);
    running_again(r);
    T(memcmp(&r->core->home.id, &is[0], sizeof was) == 0 && leaf_at(r, 0) == LEAF_RESTORED);
    T(leaf_at(r, 1) == LEAF_START && members_count(r->core->members) == 1);
    running_again(r);
    T(leaf_at(r, 0) == LEAF_RESTORED && leaf_at(r, 1) == LEAF_START); /* spent: it is not said again */
    running_end(r);
}

/* m goes on from k, at its address. */
static void restored_from(struct rotation_ring *l, struct rotator *m, const struct kept *k)
{
    SR_OWN(buf) text = { 0 };
    struct sr_why why = { 0 };
    statement(ring_operator(l), &m->r->core->home, &k->head, false, &text);
    running_write(m->r, "word", buf_span(&text));
    rotator_silent(m);
    running_stop(m->r);
    remove_store(m->r->config.state_dir);
    T_ROW(restore(m->r, m->r->config.state_dir, k, "word", &why) == SR_OK, why.text);
    running_start(m->r);
    rotator_reachable(m);
}

/* A backup from while the next epoch was pending: what was held is for a key that is gone. */
static void an_epoch_was_pending(void)
{
    struct rotation_ring *l = ring_open(3);
    struct rotator *second = &l->m[1];
    struct sr_why why = { 0 };
    governed_by(l->m[0].r, "epoch_quorum", "3");
    ring_round(l);
    T_ROW(ring_link(l, 0, &why) == SR_OK, why.text);
    sync_round(&second->r->node, second->r->core);
    T(rotation_view(second->r->core->rotation).state == ROTATION_PENDING);
    struct kept k = keep(second->r, 0);
    struct member_id was = second->r->core->home.id;
    restored_from(l, second, &k);
    T(memcmp(&second->r->core->home.id, &was, sizeof was) != 0 && rotator_epoch(second) == 1);
    T(rotation_view(second->r->core->rotation).state == ROTATION_IDLE);
    for (int i = 0; i < 3; i++)
        ring_round(l);
    T(ring_all_at(l, 2));
    ring_close(l);
}

static void old_states_at_random(void)
{
    struct running *r = running_first();
    struct kept kept[STATES];
    unsigned refused = 0, laid_out = 0;
    char dir[96];
    snprintf(dir, sizeof dir, "%s/again", r->dir);
    srandom(11);
    for (unsigned i = 0; i < STATES; i++) {
        kept[i] = keep(r, i);
        running_again(r);
    }
    while (refused < old_states()) {
        SR_OWN(buf) text = { 0 };
        struct sr_why why = { 0 };
        size_t at = (size_t)random() % STATES, about = (size_t)random() % STATES;
        bool stranger = random() % 3 == 0, silent = random() % 4 == 0;
        statement(r, &r->core->home, &kept[about].head, stranger, &text);
        running_write(r, "word", buf_span(&text));
        bool good = !silent && !stranger && at == about;
        enum sr_err e = restore(r, dir, &kept[at], silent ? NULL : "word", &why);
        T(good ? e == SR_OK : e == SR_EPROOF && why.reason == (silent ? R_ROLLED_BACK : R_LOSS));
        laid_out += good;
        refused += !good;
        remove_store(dir);
    }
    T(laid_out > 0);
    printf("%u old states refused, %u with the operator's word laid out\n", refused, laid_out);
    running_end(r);
}

int main(void)
{
    T(secret_init() == SR_OK);
    cut_short();
    an_epoch_was_pending();
    old_states_at_random();
    return t_end();
}
