#include "store/keystore_parts.h"

#include <stdlib.h>
#include <string.h>

struct index_entry {
    uint8_t id[16]; /* the first half: uniform, as it is a MAC's */
    struct row_mark mark;
};
/* An entry never used is all zero; one whose row was deleted keeps its id and has seq 0. */

static bool unused(const struct index_entry *e)
{
    static const struct index_entry none;
    return memcmp(e, &none, sizeof none) == 0;
}

static struct index_entry *slot(struct index_entry *entries, size_t cap, const uint8_t *id)
{
    uint64_t at;
    memcpy(&at, id, sizeof at);
    for (;; at++) {
        struct index_entry *e = &entries[at & (cap - 1)];
        if (unused(e) || memcmp(e->id, id, sizeof e->id) == 0)
            return e;
    }
}

void index_drop(struct index *x)
{
    free(x->entries);
    *x = (struct index){ 0 };
}

struct row_mark index_get(const struct index *x, const struct row_id *id)
{
    return x->cap ? slot(x->entries, x->cap, id->b)->mark : (struct row_mark){ 0 };
}

enum sr_err index_reserve(struct index *x, size_t more)
{
    if ((x->used + more) * 4 <= x->cap * 3)
        return SR_OK;
    size_t cap = 64;
    while (cap * 3 < (x->rows + more) * 6)
        cap *= 2;
    struct index_entry *entries = calloc(cap, sizeof *entries);
    if (!entries)
        return SR_ENOMEM;
    size_t used = 0;
    for (size_t i = 0; i < x->cap; i++)
        if (x->entries[i].mark.seq) {
            *slot(entries, cap, x->entries[i].id) = x->entries[i];
            used++;
        }
    free(x->entries);
    x->entries = entries;
    x->cap = cap;
    x->used = used;
    return SR_OK;
}

size_t index_before(const struct index *x, uint64_t seq)
{
    size_t n = 0;
    for (size_t i = 0; i < x->cap; i++)
        n += x->entries[i].mark.seq && x->entries[i].mark.seq < seq;
    return n;
}

void index_set(struct index *x, const struct row_id *id, struct row_mark m)
{
    struct index_entry *e = slot(x->entries, x->cap, id->b);
    if (unused(e)) {
        if (!m.seq)
            return;
        x->used++;
        memcpy(e->id, id->b, sizeof e->id);
    }
    x->rows = x->rows + (m.seq != 0) - (e->mark.seq != 0);
    e->mark = m;
}
