#include "client/sealring.h"
#include "client/workload.h"

#include <stdlib.h>
#include <string.h>

struct sealring {
    struct machine_options options;
    char *text[8]; /* copies of the options' strings, which the handle outlives */
    struct remote remote;
    struct machine machine;
    struct network network;
};

struct sealring_keys {
    struct fetched *fetched; /* apart, because time goes by for const keys too */
};

static enum sealring_status status_of(enum sr_err e, enum sr_reason reason)
{
    switch (e) {
    case SR_OK: return SEALRING_OK;
    case SR_EAUTH:
    case SR_EDENIED:
    case SR_EPROOF:
    case SR_ENOENT:
    case SR_ESTALE: return SEALRING_REFUSED;
    case SR_EFORMAT:
    case SR_ETOOBIG: return SEALRING_USAGE;
    case SR_EBUSY:
    case SR_EUNKNOWN: return SEALRING_NO_PEER;
    case SR_EIO: return reason == R_NO_ANSWER ? SEALRING_NO_PEER : SEALRING_INTERNAL;
    case SR_ENOMEM:
    case SR_EBUG: break;
    }
    return SEALRING_INTERNAL;
}

static enum sealring_status say(enum sr_err e, const struct sr_why *why, struct sealring_error *ret)
{
    if (e != SR_OK && ret) {
        strncpy(ret->reason, sr_reason_text(why->reason), sizeof ret->reason - 1);
        ret->reason[sizeof ret->reason - 1] = 0;
        memcpy(ret->text, why->text[0] ? why->text : "", sizeof ret->text);
        if (!why->text[0])
            strncpy(ret->text, sr_strerror(e), sizeof ret->text - 1);
    }
    return status_of(e, why->reason);
}

static const char *keep(struct sealring *s, size_t i, const char *text)
{
    free(s->text[i]);
    s->text[i] = text ? strdup(text) : NULL;
    return s->text[i];
}

static enum sr_err open_all(struct sealring *s, const struct sealring_options *o, struct sr_why *why)
{
    const struct remote_options ro = {
        .node = o->node, .cid = o->cid, .ca = o->ca_file, .timeout_s = o->timeout_s
    };
    if (!o->node || !o->cid)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "node and cid are required");
    s->options = (struct machine_options){
        .tcti = keep(s, 0, o->tcti),
        .event_log = keep(s, 1, o->event_log),
        .ek_chain = keep(s, 2, o->ek_chain),
        .ak_cert = keep(s, 3, o->ak_cert),
        .platform = keep(s, 4, o->platform),
        .tsm_dir = keep(s, 5, o->tsm_report_dir),
    };
    SR_TRY(secret_init());
    SR_TRY(remote_open(&ro, &s->remote, why));
    SR_TRY(machine_open(&s->options, &s->machine, why));
    SR_TRY(network_learn(&s->remote, &s->network, why));
    return network_witnesses(&s->network, o->witnesses, o->witnesses_n, o->witness_need, why);
}

enum sealring_status sealring_open(const struct sealring_options *o, struct sealring **ret,
                                   struct sealring_error *error)
{
    struct sr_why why = { 0 };
    struct sealring_options all = { 0 };
    if (o->size == 0 || o->size > sizeof all)
        return say(sr_fail(&why, SR_EFORMAT, R_CONFIG, "options of another version"), &why, error);
    memcpy(&all, o, o->size);
    struct sealring *s = calloc(1, sizeof *s);
    enum sr_err e = s ? open_all(s, &all, &why) : SR_ENOMEM;
    if (e == SR_OK)
        *ret = s;
    else
        sealring_close(s);
    return say(e, &why, error);
}

void sealring_close(struct sealring *s)
{
    if (!s)
        return;
    machine_drop(&s->machine);
    remote_drop(&s->remote);
    for (size_t i = 0; i < sizeof s->text / sizeof *s->text; i++)
        free(s->text[i]);
    free(s);
}

uint64_t sealring_epoch(const struct sealring *s)
{
    return s->network.n;
}

static enum sr_err fetch(struct sealring *s, const char *const wants[], size_t n, struct fetched *ret,
                         struct sr_why *why)
{
    struct want_list list = { .n = n };
    if (n == 0 || n > WANTS_MAX)
        return sr_fail(why, SR_EFORMAT, R_WANT_LIST, "1 to %d wants", WANTS_MAX);
    for (size_t i = 0; i < n; i++)
        SR_TRY(want_parse_text(wants[i], &list.want[i], why));
    SR_TRY(want_list_sort(&list, why));
    return workload_keys(&s->remote, &s->machine, &s->options, &s->network, &list, ret, why);
}

enum sealring_status sealring_fetch(struct sealring *s, const char *const wants[], size_t n,
                                    struct sealring_keys **ret, struct sealring_error *error)
{
    struct sr_why why = { 0 };
    struct sealring_keys *keys = calloc(1, sizeof *keys);
    if (keys)
        keys->fetched = calloc(1, sizeof *keys->fetched);
    enum sr_err e = keys && keys->fetched ? fetch(s, wants, n, keys->fetched, &why) : SR_ENOMEM;
    if (e == SR_OK)
        *ret = keys;
    else
        sealring_keys_free(keys);
    return say(e, &why, error);
}

static bool same_want(const struct want *a, const struct want *b)
{
    return strcmp(a->tenant, b->tenant) == 0 && strcmp(a->path, b->path) == 0 && a->kind == b->kind &&
           a->version == b->version && a->size == b->size;
}

/* SEALRING_OK: its place, and its lease is not over. */
static enum sealring_status place_of(const struct sealring_keys *keys, const char *text, size_t *ret)
{
    struct want want;
    if (want_parse_text(text, &want, NULL) != SR_OK)
        return SEALRING_USAGE;
    fetched_expire(keys->fetched);
    for (size_t i = 0; i < keys->fetched->released.values.n; i++) {
        if (!same_want(&want, &keys->fetched->released.values.v[i].want))
            continue;
        *ret = i;
        return fetched_left_ms(keys->fetched, i) > 0 ? SEALRING_OK : SEALRING_EXPIRED;
    }
    return SEALRING_USAGE;
}

enum sealring_status sealring_keys_find(const struct sealring_keys *keys, const char *text,
                                        struct sealring_key *ret)
{
    size_t i = 0;
    enum sealring_status found = place_of(keys, text, &i);
    if (found != SEALRING_OK)
        return found;
    const struct release_value *v = &keys->fetched->released.values.v[i];
    *ret = (struct sealring_key){ v->value.p, v->value.n, v->npub ? v->pub : NULL, v->npub, v->version };
    return SEALRING_OK;
}

enum sealring_status sealring_keys_lease(const struct sealring_keys *keys, const char *text,
                                         uint32_t *ret_left_s)
{
    size_t i = 0;
    enum sealring_status found = place_of(keys, text, &i);
    if (found != SEALRING_OK)
        return found;
    uint64_t left = fetched_left_ms(keys->fetched, i);
    *ret_left_s = left == UINT64_MAX ? UINT32_MAX : (uint32_t)(left / 1000);
    return SEALRING_OK;
}

uint64_t sealring_keys_leaf(const struct sealring_keys *keys, const uint8_t **ret_leaf, size_t *ret_size)
{
    *ret_leaf = keys->fetched->released.leaf.p;
    *ret_size = keys->fetched->released.leaf.n;
    return keys->fetched->released.leaf_index;
}

void sealring_keys_free(struct sealring_keys *keys)
{
    if (!keys)
        return;
    if (keys->fetched)
        fetched_drop(keys->fetched);
    free(keys->fetched);
    free(keys);
}
