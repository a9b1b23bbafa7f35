#include "client/effect_input.h"

#include "client/auditor.h"
#include "client/claims_file.h"
#include "crypto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLAIMS_FILE_MAX = 64 << 10, MEMBERS_MAX_ASKED = 64 };

void effect_input_drop(struct effect_input *in)
{
    for (size_t i = 0; i < in->n; i++)
        free(in->v[i].claims);
    free(in->self);
    *in = (struct effect_input){ 0 };
}

static enum sr_err no_memory(struct sr_why *why)
{
    return sr_fail(why, SR_ENOMEM, R_INTERNAL, "no memory");
}

/* Takes the text of an object of claims. */
static enum sr_err read_claims(struct span text, struct claims **ret, struct sr_why *why)
{
    struct claims *c = calloc(1, sizeof *c);
    if (!c)
        return no_memory(why);
    enum sr_err e = claims_read_json(text, c, why);
    if (e != SR_OK) {
        free(c);
        return e;
    }
    free(*ret);
    *ret = c;
    return SR_OK;
}

static enum sr_err read_file(const char *path, struct claims **ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_TRY(cli_read_file(path, CLAIMS_FILE_MAX, &text, why));
    return read_claims(buf_span(&text), ret, why);
}

static struct effect_subject *subject(struct effect_input *in, const char *label)
{
    if (in->n == EFFECT_SUBJECTS_MAX)
        return NULL;
    struct effect_subject *s = &in->v[in->n++];
    snprintf(s->label, sizeof s->label, "%s", label);
    return s;
}

/* ---- what a member says of itself ---- */

static enum sr_err ask_status(const struct remote_options *o, struct buf *ret, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_TRY(remote_open(o, &r, why));
    return remote_get(&r, "/sealring/v1/status", ret, why);
}

/* What its evidence says of rollback besides, if its release says any. */
static enum sr_err attested(struct span status, struct claims *c, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_TRY(json_parse(status, &doc, why));
    const struct json *level = json_get(json_root(&doc), "rollback_attested");
    const struct json *counter = json_get(json_root(&doc), "counter");
    if (level)
        claims_put_text(c, "rollback", json_str(level));
    if (counter)
        claims_put_uint(c, "rollback.count", json_u64(json_get(counter, "value")));
    return SR_OK;
}

static enum sr_err measured(struct span status, struct claims **ret, struct sr_why *why)
{
    struct span text;
    SR_TRY(json_member_bytes(status, "measured", &text, why));
    SR_TRY(read_claims(text, ret, why));
    return attested(status, *ret, why);
}

/* All members should have the same: the highest count of those asked. */
static void count_sealed(struct effect_input *in, struct span status)
{
    SR_OWN(json_doc) doc = { 0 };
    if (json_parse(status, &doc, NULL) != SR_OK)
        return;
    for (const struct json *e = json_first(json_get(json_root(&doc), "epochs")); e; e = json_next(e)) {
        uint64_t epoch = json_u64(json_get(e, "epoch")), n = json_u64(json_get(e, "packages"));
        if (epoch >= 1 && epoch <= EPOCHS_MAX && n > in->sealed[epoch - 1])
            in->sealed[epoch - 1] = n;
    }
}

static void ask_member(const struct remote_options *o, struct span address, struct effect_input *in)
{
    SR_OWN(buf) status = { 0 };
    char url[EFFECT_LABEL_MAX] = { 0 };
    struct sr_why ignored = { 0 };
    struct remote_options to = *o;
    if (address.n == 0 || address.n >= sizeof url)
        return;
    memcpy(url, address.p, address.n);
    to.node = url;
    struct effect_subject *s = subject(in, url);
    if (!s)
        return;
    if (ask_status(&to, &status, &ignored) != SR_OK ||
        measured(buf_span(&status), &s->claims, &ignored) != SR_OK) {
        in->away++;
        in->n--;
    }
    count_sealed(in, buf_span(&status));
}

static enum sr_err ask_members(const struct remote_options *o, struct span status, struct effect_input *in,
                               struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    size_t asked = 0;
    SR_TRY(json_parse(status, &doc, why));
    const struct json *members = json_get(json_root(&doc), "members");
    for (const struct json *m = json_first(members); m && asked < MEMBERS_MAX_ASKED;
         m = json_next(m), asked++)
        ask_member(o, json_str(json_get(m, "address")), in);
    return SR_OK;
}

/* ---- the machines in members' logs ---- */

static void take_measurement(struct effect_input *in, const struct sha256 *hash)
{
    static const struct sha256 none;
    size_t i = 0;
    while (i < in->measurements_n && !sha256_eq(&in->measurements[i].hash, hash))
        i++;
    if (i == EFFECT_MEASUREMENTS_MAX || sha256_eq(hash, &none))
        return;
    if (i == in->measurements_n)
        in->measurements[in->measurements_n++] = (struct effect_measurement){ *hash, 0 };
    in->measurements[i].leaves++;
}

static void on_leaf(void *ctx, const struct member_id *log, uint64_t index, const struct leaf *l)
{
    struct effect_input *in = ctx;
    (void)log;
    (void)index;
    if (l->type == LEAF_START)
        in->self_measurement = l->measurement;
    if (l->type == LEAF_JOIN_GRANTED || l->type == LEAF_START)
        take_measurement(in, &l->measurement);
}

static void on_finding(void *ctx, const struct audit_finding *f)
{
    (void)ctx;
    (void)f;
}

static void on_state(void *ctx, const struct member_id *log, enum auditor_state s, const struct sr_why *why)
{
    struct effect_input *in = ctx;
    (void)log;
    (void)why;
    in->away += s != AUDITOR_FINE;
}

static enum sr_err read_logs(const struct remote_options *o, struct effect_input *in, struct sr_why *why)
{
    struct auditor *a = NULL;
    struct auditor_round round;
    const struct auditor_options ao = {
        .remote = o, .on_leaf = on_leaf, .on_finding = on_finding, .on_state = on_state, .ctx = in
    };
    SR_TRY(auditor_new(&ao, &a, why));
    enum sr_err e = auditor_go(a, &round, why);
    auditor_free(a);
    return e;
}

/* ---- all of it ---- */

static enum sr_err from_node(const struct effect_options *o, struct effect_input *in, struct sr_why *why)
{
    SR_OWN(buf) status = { 0 };
    const struct remote_options *from = &o->from->from;
    SR_TRY(ask_status(from, &status, why));
    count_sealed(in, buf_span(&status));
    if (!o->self)
        SR_TRY(measured(buf_span(&status), &in->self, why));
    if (!o->network)
        return SR_OK;
    SR_TRY(ask_members(from, buf_span(&status), in, why));
    return read_logs(from, in, why);
}

enum sr_err effect_input_get(const struct effect_options *o, struct effect_input *ret, struct sr_why *why)
{
    SR_OWN(effect_input) in = { 0 };
    if (o->network && !o->from->from.node)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "--network wants --node");
    for (size_t i = 0; i < o->claims.n; i++) {
        struct effect_subject *s = subject(&in, o->claims.v[i]);
        if (!s)
            return sr_fail(why, SR_ETOOBIG, R_CONFIG, "more than %d claims", EFFECT_SUBJECTS_MAX);
        SR_TRY(read_file(o->claims.v[i], &s->claims, why));
    }
    if (o->self)
        SR_TRY(read_file(o->self, &in.self, why));
    if (o->from->from.node)
        SR_TRY(from_node(o, &in, why));
    *ret = SR_TAKE(in);
    return SR_OK;
}
