/* oracle_backup.c - a backup is whole and its leaf is on disk before anybody has it; a log ends, and another
 * begins in its place, when k operators said so of this very state, and once. */
#include "tests/sim/oracle_backup.h"

#include "crypto/file.h"
#include "node/backup_file.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

enum { BACKUPS_MAX = 256, FILE_MAX = 64 << 20 };

static struct kept_backup kept[BACKUPS_MAX];
static size_t n_kept;
static struct word {
    struct accepted a;
    bool there; /* beside the state, and not spent */
} words[HOSTS_MAX];

const struct kept_backup *oracle_backup_of(const struct host *m, uint64_t b)
{
    const struct kept_backup *found = NULL;
    uint64_t skip = b % 8 < 6 ? 0 : b % 8 - 5; /* the newest but one or two, now and then */
    for (size_t i = n_kept; i-- > 0;) {
        if (kept[i].host != m->id)
            continue;
        found = &kept[i];
        if (skip-- == 0)
            break;
    }
    return found;
}

/* ---- what a machine hands to its root ---- */

struct unread {
    struct span left;
};

static enum sr_err read_some(void *ctx, void *p, size_t n, size_t *ret_n)
{
    struct unread *s = ctx;
    *ret_n = n < s->left.n ? n : s->left.n;
    if (*ret_n)
        memcpy(p, s->left.p, *ret_n);
    s->left = (struct span){ s->left.p + *ret_n, s->left.n - *ret_n };
    return SR_OK;
}

/* What the file says is what the log said then, and the leaf about it is there. */
static void is_whole(const struct host *m, const struct backup *b, uint64_t index)
{
    const struct known_log *log = &world()->oracle.log[m->id];
    const struct leaf *l = index < log->n ? log->v[index].leaf : NULL;
    if (!l || l->type != LEAF_BACKUP || !sha256_eq(&l->file, &b->file))
        violated("backup_logged", "m%d hands out a backup, and leaf %llu is not about it", m->id,
                 (unsigned long long)index);
    if (b->head.size > index || memcmp(&b->m.member, &log->member, sizeof log->member) != 0 ||
        (b->head.size && !sha256_eq(&b->head.root, &log->v[b->head.size - 1].root)))
        violated("backup_whole", "m%d: a backup of another log than the one on its disk", m->id);
}

static void keep(const struct host *m, const char *made, uint64_t size)
{
    struct kept_backup *k = &kept[n_kept];
    if (n_kept == BACKUPS_MAX)
        return;
    *k = (struct kept_backup){ .host = m->id, .size = size };
    snprintf(k->path, sizeof k->path, "backup-%zu", n_kept++);
    if (rename(made, k->path) != 0)
        violated("harness", "a backup can't be moved");
}

void oracle_backup_left(struct host *m, const struct packet *p, struct span body)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(buf) file = { 0 };
    SR_OWN(backup) b = { 0 };
    struct sr_why why = { 0 };
    char path[TEXT_MAX + 32] = { 0 };
    if (!p->local || !span_eq(buf_span(&p->path), SPAN_STR("/sealring/v1/admin/backup")))
        return;
    if (json_parse(body, &doc, NULL) != SR_OK)
        violated("harness", "an answer can't be read");
    struct span name = json_str(json_get(json_root(&doc), "file"));
    snprintf(path, sizeof path, "%.*s", (int)name.n, (const char *)name.p);
    if (file_read(path, FILE_MAX, &file, &why) != SR_OK)
        violated("backup_whole", "m%d says that it made a backup: %s", m->id, why.text);
    struct unread from = { buf_span(&file) };
    if (backup_read(&(struct backup_source){ read_some, &from }, NULL, &b, &why) != SR_OK)
        violated("backup_whole", "m%d hands out a backup: %s", m->id, why.text);
    is_whole(m, &b, json_u64(json_get(json_root(&doc), "leaf")));
    keep(m, path, b.head.size);
}

/* ---- going on from one ---- */

void oracle_accepted(const struct host *m, const struct accepted *a)
{
    words[m->id] = (struct word){ *a, true };
}

void oracle_backup_back(const struct host *m)
{
    words[m->id].there = words[m->id].a.signers > 0;
}

void oracle_restored(const struct host *m, const struct leaf *l)
{
    struct word *w = &words[m->id];
    struct sha256 id = sha256(SPAN(l->member_key.b));
    if (memcmp(&id, l->member, sizeof l->member) == 0)
        violated("restored_word", "m%d begins another log under the key of the one that ended", m->id);
    if (!w->there || w->a.signers < OPERATORS_K || !sha256_eq(&l->statement, &w->a.statement) ||
        l->size != w->a.size || memcmp(l->member, &w->a.member, sizeof l->member) != 0)
        violated("restored_word", "m%d begins another log, and operators did not accept that", m->id);
    w->there = false;
}
