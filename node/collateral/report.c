#include "node/collateral/report.h"

#include "proto/json.h"

static enum sr_reason reason_of(const struct coll_item *item, const struct pins *roots, time_t now)
{
    struct sr_why why = { 0 };
    enum sr_reason stale = item->kind == ITEM_CERTIFICATE ? R_CERT_TIME : R_COLLATERAL_TIME;
    return standing_check(item->standing, roots, now, stale, &why) == SR_OK ? R_NONE : why.reason;
}

/* When it was issued and until when it is good: its own dates, where nobody vouches for it. */
static struct validity window_of(const struct coll_item *item)
{
    struct validity v = item->standing->valid;
    if (item->standing->verdict == SR_OK)
        return v;
    switch (item->kind) {
    case ITEM_CERTIFICATE:
        return cert_times(&item->cert->cert, &v.from, &v.until) == SR_OK ? v : (struct validity){ 0 };
    case ITEM_LIST: return item->crl->valid;
    case ITEM_TCB_INFO: return item->tcb->valid;
    case ITEM_QE_IDENTITY: return item->qe->valid;
    }
    return v;
}

static uint64_t not_negative(time_t t)
{
    return t > 0 ? (uint64_t)t : 0;
}

static void json_item(const struct coll_item *item, const struct pins *roots, time_t now, struct buf *ret)
{
    char name[ITEM_TEXT_MAX];
    struct validity v = window_of(item);
    coll_item_text(item, name);
    jw_object(ret);
    jw_member_u64(ret, "age", not_negative(now - v.from));
    jw_member_u64(ret, "from", not_negative(v.from));
    jw_member_text(ret, "kind", item_kind_text(item->kind));
    jw_member_text(ret, "name", name);
    if (item->numbered && item->number <= JSON_INT_MAX)
        jw_member_u64(ret, "number", item->number);
    jw_member_text(ret, "reason", sr_reason_text(reason_of(item, roots, now)));
    jw_member_u64(ret, "until", not_negative(v.until));
    jw_object_end(ret);
}

void coll_report_json(const struct collateral *c, const struct pins *roots, time_t now,
                      enum report_extent extent, struct buf *ret)
{
    struct coll_item item;
    jw_array(ret);
    for (size_t i = 0; c && collateral_item(c, i, &item); i++)
        if (extent == REPORT_ALL || !item.cert || item.cert->role != ROLE_AMD_VEK)
            json_item(&item, roots, now, ret);
    jw_array_end(ret);
}

static void wr_day(struct buf *ret, time_t t)
{
    struct tm tm;
    char text[32] = "?";
    if (gmtime_r(&t, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    wr_text(ret, text);
}

static void text_item(const struct coll_item *item, const struct pins *roots, time_t now, struct buf *ret)
{
    char name[ITEM_TEXT_MAX];
    struct validity v = window_of(item);
    enum sr_reason r = reason_of(item, roots, now);
    coll_item_text(item, name);
    wr_fmt(ret, "%s%s: %s, ", ret->n ? "\n" : "", name, r == R_NONE ? "good" : sr_reason_text(r));
    if (item->numbered)
        wr_fmt(ret, "number %llu, ", (unsigned long long)item->number);
    wr_day(ret, v.from);
    wr_text(ret, " to ");
    wr_day(ret, v.until);
    wr_fmt(ret, ", %lld days old", (long long)(now - v.from) / 86400);
}

void coll_report_text(const struct collateral *c, const struct pins *roots, time_t now, struct buf *ret)
{
    struct coll_item item;
    for (size_t i = 0; c && collateral_item(c, i, &item); i++)
        text_item(&item, roots, now, ret);
}

/* Does something that counts now stand in for it? */
static bool is_superseded(const struct collateral *c, const struct coll_item *item, const struct pins *roots,
                          time_t now)
{
    struct coll_item other;
    for (size_t i = 0; collateral_item(c, i, &other); i++) {
        bool again = item->cert && other.cert && item->cert->role == other.cert->role &&
                     sha256_eq(&item->cert->key, &other.cert->key);
        if ((again || coll_item_order(item, &other) == ITEM_OLDER) && reason_of(&other, roots, now) == R_NONE)
            return true;
    }
    return false;
}

struct coll_summary coll_summary(const struct collateral *c, const struct pins *roots, time_t now)
{
    struct coll_summary s = { 0 };
    struct coll_item item;
    for (; c && collateral_item(c, s.items, &item); s.items++) {
        time_t until = window_of(&item).until;
        s.refused += reason_of(&item, roots, now) != R_NONE && !is_superseded(c, &item, roots, now);
        if (until >= now && (!s.ends || until < s.ends))
            s.ends = until;
    }
    return s;
}
