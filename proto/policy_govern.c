/* policy_govern.c - what a policy says of the members themselves: who is no longer one, and what stands
 * still. specs/membership.md. All of it is optional, and absent means what it meant before there was such a
 * member.
 */
#include "proto/hardware.h"
#include "proto/policy_body.h"
#include "proto/policy_delay.h"

#include <string.h>

enum { LEASE_LEAST = 5, LEASE_MOST = 86400, QUORUM_MOST = 1023 }; /* seconds; members */
enum { KEY_LEASE_LEAST = 10, KEY_LEASE_MOST = 30 * 86400 };       /* seconds */

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_POLICY_FORMAT, "policy: %s", what);
}

static enum sr_err frozen_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        if (!span_eq(json_str(v), SPAN_STR("join")) || p->join_frozen)
            return bad(why, "frozen: unknown or repeated");
        p->join_frozen = true;
    }
    return SR_OK;
}

static enum sr_err expelled_one(const struct json *v, struct policy_expelled *ret, struct sr_why *why)
{
    struct policy_expelled e = { .by_key = json_get(v, "key") != NULL };
    const struct json_field fields[] = {
        { "hardware", JSON_TEXT, &e.hardware, HARDWARE_ID_MAX, true },
        { "key", JSON_HEX, e.key.b, sizeof e.key.b, true },
        { "name", JSON_TEXT, &e.name, POLICY_NAME_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (!policy_word_ok(e.name, POLICY_NAME_MAX))
        return bad(why, "expelled: not a name");
    if (!e.by_key && !e.hardware.n)
        return bad(why, "expelled: neither a key nor hardware");
    if (json_get(v, "hardware") && !hardware_id_ok(e.hardware))
        return bad(why, "expelled: not an id of hardware");
    *ret = e;
    return SR_OK;
}

static enum sr_err expelled_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    p->expelled = policy_alloc(p, json_count(array), sizeof *p->expelled);
    if (!p->expelled)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    for (const struct json *v = json_first(array); v; v = json_next(v))
        SR_TRY(expelled_one(v, &p->expelled[p->expelled_n++], why));
    return SR_OK;
}

static enum sr_err machine_read(const struct json *v, struct policy_machine *ret, struct sr_why *why)
{
    struct policy_machine m = { 0 };
    const struct json_field fields[] = {
        { "id", JSON_TEXT, &m.id, HARDWARE_ID_MAX, false },
        { "name", JSON_TEXT, &m.name, POLICY_NAME_MAX, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (!policy_word_ok(m.name, POLICY_NAME_MAX) || !hardware_id_ok(m.id))
        return bad(why, "hardware: not a name, or not an id");
    *ret = m;
    return SR_OK;
}

static bool machine_listed(const struct policy *p, struct span id)
{
    for (size_t i = 0; i < p->hardware_n; i++)
        if (span_eq(p->hardware[i].id, id))
            return true;
    return false;
}

static enum sr_err hardware_read(struct policy *p, const struct json *array, struct sr_why *why)
{
    if (!array)
        return SR_OK;
    p->hardware = policy_alloc(p, json_count(array), sizeof *p->hardware);
    if (!p->hardware)
        return sr_fail(why, SR_ENOMEM, R_INTERNAL, "policy: no memory");
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct policy_machine m;
        SR_TRY(machine_read(v, &m, why));
        if (machine_listed(p, m.id))
            return bad(why, "hardware: the same id twice");
        p->hardware[p->hardware_n++] = m;
    }
    return SR_OK;
}

static enum sr_err lease_check(const struct policy *p, struct sr_why *why)
{
    if (p->member_lease && (p->member_lease < LEASE_LEAST || p->member_lease > LEASE_MOST))
        return bad(why, "member_lease is not 5 to 86400 seconds");
    if (p->lease_quorum > QUORUM_MOST || (p->lease_quorum && !p->member_lease))
        return bad(why, "lease_quorum is over 1023, or without a member_lease");
    return SR_OK;
}

/* Absent is 0, which nobody may write. */
static enum sr_err lease_read(struct policy *p, const struct policy_govern *g, struct sr_why *why)
{
    p->member_lease = json_u64(g->member_lease);
    p->lease_quorum = json_u64(g->lease_quorum);
    if ((g->member_lease && !p->member_lease) || (g->lease_quorum && !p->lease_quorum))
        return bad(why, "member_lease and lease_quorum are numbers above 0");
    return lease_check(p, why);
}

/* Absent is 0, which nobody may write. */
static enum sr_err delay_read(struct policy *p, const struct json *value, struct sr_why *why)
{
    p->join_delay = json_u64(value);
    if (value && (json_type(value) != JSON_U64 || p->join_delay == 0 || p->join_delay > POLICY_DELAY_MOST))
        return bad(why, "join_delay is not 1 to 2592000 seconds");
    return SR_OK;
}

enum sr_err policy_key_lease_read(const struct json *v, uint64_t *ret, struct sr_why *why)
{
    uint64_t s = json_u64(v);
    if (v && (s < KEY_LEASE_LEAST || s > KEY_LEASE_MOST))
        return bad(why, "lease is not 10 to 2592000 seconds");
    *ret = s;
    return SR_OK;
}

enum sr_err policy_govern_read(struct policy *p, const struct policy_govern *g, struct sr_why *why)
{
    SR_TRY(lease_read(p, g, why));
    SR_TRY(frozen_read(p, g->frozen, why));
    SR_TRY(delay_read(p, g->join_delay, why));
    SR_TRY(hardware_read(p, g->hardware, why));
    return expelled_read(p, g->expelled, why);
}

uint64_t policy_join_delay(const struct policy *p)
{
    return p->join_delay;
}

bool policy_join_frozen(const struct policy *p)
{
    return p->join_frozen;
}

size_t policy_expelled(const struct policy *p)
{
    return p->expelled_n;
}

bool policy_expels_key(const struct policy *p, const struct sign_pub *key)
{
    for (size_t i = 0; i < p->expelled_n; i++)
        if (p->expelled[i].by_key && memcmp(p->expelled[i].key.b, key->b, sizeof key->b) == 0)
            return true;
    return false;
}

static bool expels_id(const struct policy *p, const struct claim *id)
{
    for (size_t i = 0; i < p->expelled_n; i++)
        if (p->expelled[i].hardware.n && span_eq(p->expelled[i].hardware, span_of(id->text)))
            return true;
    return false;
}

bool policy_expels_hardware(const struct policy *p, const struct claims *c)
{
    const struct claim *ids[HARDWARE_IDS_MAX];
    size_t n = hardware_ids(c, ids);
    for (size_t i = 0; i < n; i++)
        if (expels_id(p, ids[i]))
            return true;
    return false;
}

uint64_t policy_member_lease(const struct policy *p)
{
    return p->member_lease;
}

uint64_t policy_lease_quorum(const struct policy *p)
{
    return p->lease_quorum;
}

bool policy_lists_hardware(const struct policy *p, const struct claims *c)
{
    const struct claim *ids[HARDWARE_IDS_MAX];
    size_t n = hardware_ids(c, ids), listed = 0;
    for (size_t i = 0; i < n; i++)
        listed += machine_listed(p, span_of(ids[i]->text));
    return !p->hardware || (n > 0 && listed == n);
}
