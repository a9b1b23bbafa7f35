/* Attacks with backups: a member that goes on from an older state although nobody accepted the loss, and a
 * file that passes for a member's backup. The attacker is the host: it has every state that ever was, and
 * every statement that was ever signed. */
#include "node/backup.h"
#include "node/restore.h"
#include "proto/loss.h"
#include "tests/attacks/running.h"
#include "tests/backup_maker.h"

struct kept { /* a backup, and where the log was then */
    char path[128];
    struct checkpoint head;
};

static struct kept keep(struct running *r, const char *name)
{
    struct kept k = { 0 };
    struct backup_made made;
    struct sr_why why = { 0 };
    snprintf(k.path, sizeof k.path, "%s/%s", r->dir, name);
    T_ROW(backup_make(&r->node, r->core, &made, &why) == SR_OK, why.text);
    T(rename(made.path, k.path) == 0);
    k.head = made.head;
    return k;
}

static void statement(const struct running *r, const char *name, const struct kept *about, bool by_operator)
{
    SR_OWN(loss_signed) s = { 0 };
    SR_OWN(buf) text = { 0 };
    struct sign_key key = r->admin;
    struct sign_pub pub = r->admin_pub;
    struct loss l = { .cid = r->core->home.cid, .member = r->core->home.id, .time = clock_unix() };
    l.until = l.time + 3600;
    l.size = about->head.size;
    l.root = about->head.root;
    strcpy(l.reason, "test");
    if (!by_operator)
        sign_random(&key, &pub);
    T(loss_make(&l, &s, NULL) == SR_OK && loss_sign(&s, &key, &pub, NULL) == SR_OK);
    loss_write(&s, &text);
    running_write(r, name, buf_span(&text));
}

/* The member ends and its store is gone. */
static void lose(struct running *r)
{
    static const char *const files[] = { "store.db", "store.db-wal", "store.db-shm" };
    char path[CONFIG_TEXT + 32];
    running_stop(r);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", r->config.state_dir, files[i]);
        (void)unlink(path);
    }
}

/* backup or word: NULL for none. */
static enum sr_err restore_with(struct running *r, const struct kept *backup, const char *word,
                                struct sr_why *why)
{
    static struct config c;
    c = r->config;
    if (backup)
        strcpy(c.restore, backup->path);
    if (word)
        snprintf(c.accept_loss, sizeof c.accept_loss, "%s/%s", r->dir, word);
    return restore_run(&c, why);
}

static bool logged(struct running *r, uint64_t index, enum leaf_type type)
{
    SR_OWN(buf) b = { 0 };
    struct leaf l;
    return journal_read_leaf(r->core->journal, index, &b) == SR_OK &&
           leaf_decode(buf_span(&b), &l, NULL) == SR_OK && l.type == type;
}

/* A start over what lies there. True: it is a member, by somebody's word or as if it had never been newer. */
static bool goes_on(struct running *r, const struct kept *from, struct sr_why *why)
{
    SR_OWN(home) home = { 0 };
    struct core *c = NULL;
    if (node_open(&r->node, &r->config, why) != SR_OK ||
        home_load(r->node.store, r->node.tpm, NULL, &home, why) != SR_OK ||
        core_open(&r->node, &home, NULL, &c, why) != SR_OK)
        return false;
    running_member(r, c);
    uint64_t size = journal_size(c->journal);
    return logged(r, 0, LEAF_RESTORED) || (size > from->head.size && size < from->head.size + 4);
}

/* With the operators' word, and the log says so. */
static bool honest_restore(struct lab *l)
{
    struct running *r = running_first();
    struct sr_why why = { 0 };
    (void)l;
    struct kept k = keep(r, "one.backup");
    statement(r, "word", &k, true);
    running_again(r);
    lose(r);
    T_ROW(restore_with(r, &k, "word", &why) == SR_OK, why.text);
    bool good = goes_on(r, &k, &why) && logged(r, 0, LEAF_RESTORED) && logged(r, 1, LEAF_START);
    T_ROW(good, why.text);
    running_end(r);
    return good;
}

static bool old_state(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    struct kept k = keep(r, "one.backup");
    running_again(r);
    lose(r);
    bool got = restore_with(r, &k, NULL, why) == SR_OK && goes_on(r, &k, why);
    running_end(r);
    return got;
}

static bool word_of_a_stranger(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    struct kept k = keep(r, "one.backup");
    statement(r, "word", &k, false);
    running_again(r);
    lose(r);
    bool got = restore_with(r, &k, "word", why) == SR_OK && goes_on(r, &k, why);
    running_end(r);
    return got;
}

/* What was accepted once, for another state. */
static bool word_used_again(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    struct kept first = keep(r, "one.backup"), second = keep(r, "two.backup");
    statement(r, "word", &first, true);
    running_again(r);
    lose(r);
    bool got = restore_with(r, &second, "word", why) == SR_OK && goes_on(r, &second, why);
    running_end(r);
    return got;
}

/* A statement laid beside the state that is there: by the time of the start it must be about that one too. */
static bool word_beside_another(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    struct kept k = keep(r, "one.backup");
    statement(r, "word", &k, true);
    k.head.size = journal_size(r->core->journal);
    running_stop(r);
    bool got =
        restore_with(r, NULL, "word", why) == SR_OK && goes_on(r, &k, why) && logged(r, 0, LEAF_RESTORED);
    running_end(r);
    return got;
}

/* Another log under a key of the attacker's own, with the certificate of a real member. */
static bool backup_by_nobody(struct lab *l, struct sr_why *why)
{
    SR_OWN(backup_net) n = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(backup) b = { 0 };
    (void)l;
    backup_net_make(&n);
    sign_random(&n.member, &n.member_pub);
    backup_net_file(&n, 4, &(struct backup_twist){ 0 }, &file);
    return backup_net_verify(buf_span(&file), &b, why) == SR_OK;
}

static bool honest_backup(struct lab *l)
{
    SR_OWN(backup_net) n = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(backup) b = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    backup_net_make(&n);
    backup_net_file(&n, 4, &(struct backup_twist){ 0 }, &file);
    return backup_net_verify(buf_span(&file), &b, &why) == SR_OK;
}

static const struct attack rows[] = {
    { "old_state", honest_restore, old_state, R_ROLLED_BACK },
    { "word_of_a_stranger", honest_restore, word_of_a_stranger, R_LOSS },
    { "word_used_again", honest_restore, word_used_again, R_LOSS },
    { "word_beside_another", honest_restore, word_beside_another, R_LOSS },
    { "backup_by_nobody", honest_backup, backup_by_nobody, R_BACKUP_PROOF },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
