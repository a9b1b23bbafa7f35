#include "client/auditor.h"

#include "client/auditor_policies.h"
#include "crypto/file.h"
#include "crypto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One member's log, and how far it was followed. */
struct followed {
    struct member_cert cert;
    size_t log; /* in the audit */
    struct checkpoint head;
    bool any; /* head is one that verified in this process */
    enum auditor_state state;
};

struct auditor {
    struct auditor_options o;
    struct remote first;
    struct network net;
    struct audit *audit;
    struct auditor_policies policies;
    struct followed *v;
    size_t n;
};

enum sr_err auditor_new(const struct auditor_options *o, struct auditor **ret, struct sr_why *why)
{
    const struct audit_options ao = {
        .known = o->known, .known_n = o->known_n, .on_finding = o->on_finding, .ctx = o->ctx
    };
    struct auditor *a = calloc(1, sizeof *a);
    if (!a)
        return SR_ENOMEM;
    a->o = *o;
    enum sr_err e = audit_new(&ao, &a->audit);
    if (e == SR_OK)
        e = remote_open(o->remote, &a->first, why);
    if (e == SR_OK)
        *ret = a;
    else
        auditor_free(a);
    return e;
}

void auditor_free(struct auditor *a)
{
    if (!a)
        return;
    audit_free(a->audit);
    auditor_policies_drop(&a->policies);
    remote_drop(&a->first);
    free(a->v);
    free(a);
}

const struct audit *auditor_audit(const struct auditor *a)
{
    return a->audit;
}

/* Members are never forgotten: a log that ends must have ended for everybody. */
static enum sr_err follow(struct auditor *a, const struct member_cert *cert)
{
    size_t log = 0;
    SR_TRY(audit_add_log(a->audit, &cert->key, &log));
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].log == log) {
            a->v[i].cert = *cert;
            return SR_OK;
        }
    struct followed *v = realloc(a->v, (a->n + 1) * sizeof *v);
    if (!v)
        return SR_ENOMEM;
    a->v = v;
    a->v[a->n++] = (struct followed){ .cert = *cert, .log = log };
    return SR_OK;
}

static enum sr_err learn(struct auditor *a, struct sr_why *why)
{
    SR_OWN(member_list) members = { 0 };
    SR_TRY(network_learn(&a->first, &a->net, why));
    SR_TRY(auditor_policies_fetch(&a->policies, &a->first, &a->net.genesis, why));
    audit_policies(a->audit, a->policies.v, a->policies.n);
    SR_TRY(member_list_fetch(&a->first, &a->net, &members, why));
    for (size_t i = 0; i < members.n; i++)
        SR_TRY(follow(a, &members.v[i]));
    return SR_OK;
}

struct visit {
    struct auditor *a;
    const struct followed *f;
    struct member_id id;
};

static enum sr_err visit(void *ctx, uint64_t index, const struct leaf *l)
{
    struct visit *v = ctx;
    SR_TRY(audit_leaf(v->a->audit, v->f->log, index, l));
    v->a->o.on_leaf(v->a->o.ctx, &v->id, index, l);
    return SR_OK;
}

static bool state_path(const struct auditor *a, const struct member_log *l, char *ret, size_t size)
{
    char id[33];
    hex_text(SPAN(l->id.b), id);
    int n = a->o.state ? snprintf(ret, size, "%s/%s.checkpoint", a->o.state, id) : 0;
    return n > 0 && (size_t)n < size;
}

/* What an earlier call kept must be the beginning of this log. */
static enum sr_err extends_kept(const struct auditor *a, const struct followed *f, const struct member_log *l,
                                const struct checkpoint *head, struct sr_why *why)
{
    char path[4096];
    struct checkpoint kept;
    if (f->any || !state_path(a, l, path, sizeof path))
        return SR_OK;
    enum sr_err e = member_log_kept(l, path, &kept, why);
    if (e == SR_ENOENT)
        return SR_OK;
    SR_TRY(e);
    return log_verify(&(struct log_audit){ .reader = &l->reader, .old = &kept }, head, why);
}

/* Leaves are believed only once all of them make the root, so they go into the audit in a second reading of
 * what verified: a log that lies leaves no trace in the sums. */
static enum sr_err read_log(struct auditor *a, struct followed *f, struct member_log *l, struct sr_why *why)
{
    SR_OWN(buf) note = { 0 };
    struct checkpoint head;
    char path[4096];
    struct visit v = { a, f, l->id };
    struct log_audit audit = { .reader = &l->reader, .old = f->any ? &f->head : NULL };
    SR_TRY(member_log_head(l, &note, &head, why));
    SR_TRY(extends_kept(a, f, l, &head, why));
    SR_TRY(log_verify(&audit, &head, why));
    if (f->any && head.size == f->head.size)
        return SR_OK;
    audit.visit = visit;
    audit.ctx = &v;
    SR_TRY(log_verify(&audit, &head, why));
    f->head = head;
    f->any = true;
    return state_path(a, l, path, sizeof path) ? file_write(path, 0644, buf_span(&note), why) : SR_OK;
}

static enum sr_err try_log(struct auditor *a, struct followed *f, struct member_log *l, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    struct remote_options ro = *a->o.remote;
    ro.node = f->cert.address;
    SR_TRY(remote_open(&ro, &r, why));
    member_log_init(l, &r, &f->cert);
    return read_log(a, f, l, why);
}

static void say_state(struct auditor *a, struct followed *f, enum auditor_state now, const struct sr_why *why)
{
    struct member_id id = member_id_of(&f->cert.key);
    if (now != f->state)
        a->o.on_state(a->o.ctx, &id, now, why);
    f->state = now;
}

static enum sr_err round_at(struct auditor *a, struct followed *f, struct auditor_round *ret)
{
    struct member_log l = { 0 };
    struct sr_why why = { 0 };
    enum sr_err e = try_log(a, f, &l, &why);
    if (e == SR_ENOMEM || e == SR_EBUG || e == SR_ETOOBIG)
        return e; /* ours */
    bool broken = e == SR_EPROOF || e == SR_EFORMAT;
    ret->broken += broken;
    ret->away += e != SR_OK && !broken;
    say_state(a, f, e == SR_OK ? AUDITOR_FINE : broken ? AUDITOR_BROKEN : AUDITOR_AWAY, &why);
    return SR_OK;
}

enum sr_err auditor_go(struct auditor *a, struct auditor_round *ret, struct sr_why *why)
{
    *ret = (struct auditor_round){ 0 };
    SR_TRY(learn(a, why));
    ret->members = a->n;
    for (size_t i = 0; i < a->n; i++)
        SR_TRY(round_at(a, &a->v[i], ret));
    audit_judge(a->audit);
    return SR_OK;
}
