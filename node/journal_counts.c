/* Refusals that cost an attacker nothing are counted, and written as one leaf a minute. */
#include "node/journal_parts.h"

#include <string.h>
#include <time.h>

static uint64_t take_counts(struct journal *j, struct leaf *l)
{
    uint64_t all = 0;
    for (int r = 0; r < SR_REASON_COUNT; r++) {
        uint32_t n = atomic_exchange(&j->counts[r], 0);
        if (n == 0)
            continue;
        struct leaf_count c = { .count = n };
        leaf_set_reason(&c.reason, (enum sr_reason)r);
        size_t at = l->counts.n++;
        for (; at > 0 && strcmp(l->counts.row[at - 1].reason, c.reason) > 0; at--)
            l->counts.row[at] = l->counts.row[at - 1];
        l->counts.row[at] = c;
        all += n;
    }
    return all;
}

static void give_back(struct journal *j, const struct leaf *l)
{
    for (size_t i = 0; i < l->counts.n; i++)
        for (int r = 0; r < SR_REASON_COUNT; r++)
            if (strcmp(sr_reason_text((enum sr_reason)r), l->counts.row[i].reason) == 0)
                atomic_fetch_add(&j->counts[r], l->counts.row[i].count);
}

void counts_log(struct journal *j)
{
    struct leaf l = { .type = LEAF_REFUSALS_COUNTED, .time = (uint64_t)time(NULL), .since = j->since };
    SR_OWN(buf) b = { 0 };
    j->since = l.time;
    if (take_counts(j, &l) == 0)
        return;
    if (leaf_encode(&l, &b) != SR_OK || commit_alone(j, buf_span(&b)) != SR_OK)
        give_back(j, &l);
}

void journal_count_refusal(struct journal *j, enum sr_reason reason)
{
    if ((int)reason >= 0 && reason < SR_REASON_COUNT)
        atomic_fetch_add(&j->counts[reason], 1);
}
