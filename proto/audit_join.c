/* Who joined through whom: what the two logs of a join say of it must agree. */
#include "proto/audit_parts.h"

#include <string.h>

static bool id_eq(const struct member_id *a, const struct member_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void look_at_beginning(struct audit *a, const struct audit_log *log, uint64_t index)
{
    if (a->begun && !id_eq(&a->beginning, &log->id))
        audit_say(a, AUDIT_TWO_BEGINNINGS, &log->id, index, "another log begins the network as well");
    a->begun = true;
    a->beginning = log->id;
}

static enum sr_err keep(struct audit *a, const struct audit_log *log, uint64_t index, const struct leaf *l)
{
    void *all = a->joins;
    SR_TRY(audit_room(&all, a->joins_n, sizeof *a->joins, AUDIT_JOINS_MAX));
    a->joins = all;
    struct audit_join *at = &a->joins[a->joins_n++];
    *at = (struct audit_join){
        .log = log->id, .transcript = l->transcript, .index = index, .self = l->type == LEAF_MEMBER_SELF
    };
    memcpy(at->key.b, l->member_key.b, sizeof at->key.b);
    memcpy(at->granter.b, l->granter, sizeof at->granter.b);
    return SR_OK;
}

enum sr_err audit_joined(struct audit *a, const struct audit_log *log, uint64_t index, const struct leaf *l)
{
    if (l->type == LEAF_GENESIS || l->type == LEAF_RECOVERY)
        look_at_beginning(a, log, index);
    if (l->type == LEAF_MEMBER && log->by_type[LEAF_MEMBER] > log->by_type[LEAF_JOIN_GRANTED])
        audit_say(a, AUDIT_MEMBER_UNGRANTED, &log->id, index, "a member for whom no grant is logged");
    return l->type == LEAF_MEMBER || l->type == LEAF_MEMBER_SELF ? keep(a, log, index, l) : SR_OK;
}

static bool is_read(const struct audit *a, const struct member_id *id)
{
    for (size_t i = 0; i < a->logs_n; i++)
        if (id_eq(&a->logs[i].id, id) && a->logs[i].leaves > 0)
            return true;
    return false;
}

static bool granted(const struct audit *a, const struct audit_join *self)
{
    for (size_t i = 0; i < a->joins_n; i++) {
        const struct audit_join *j = &a->joins[i];
        if (!j->self && id_eq(&j->log, &self->granter) &&
            memcmp(&j->transcript, &self->transcript, sizeof j->transcript) == 0 &&
            memcmp(&j->key, &self->key, sizeof j->key) == 0)
            return true;
    }
    return false;
}

void audit_judge(struct audit *a)
{
    a->unread = 0;
    for (size_t i = 0; i < a->joins_n; i++) {
        struct audit_join *j = &a->joins[i];
        if (!j->self || j->said)
            continue;
        if (!is_read(a, &j->granter)) {
            a->unread++;
        } else if (!granted(a, j)) {
            j->said = true;
            audit_say(a, AUDIT_JOIN_UNLOGGED, &j->log, j->index, "its granter's log does not know this join");
        }
    }
}
