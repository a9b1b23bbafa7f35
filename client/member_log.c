#include "client/member_log.h"

#include "crypto/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256 };

void member_list_drop(struct member_list *l)
{
    free(l->v);
    *l = (struct member_list){ 0 };
}

static enum sr_err read_list(const struct remote *r, const struct network *net, struct reader *in,
                             struct member_list *ret, struct sr_why *why)
{
    for (size_t left = rd_u16be(in); left > 0 && !in->bad; left--) {
        struct span cert = rd_lp(in, MEMBER_CERT_MAX);
        uint64_t epoch = 0;
        if (in->bad || member_cert_epoch(cert, &epoch, why) != SR_OK || epoch < 1 || epoch > net->n)
            continue;
        SR_TRY(
            member_cert_check(cert, &r->cid, epoch, &net->epochs[epoch - 1].member_ca, &ret->v[ret->n], why));
        ret->n++;
    }
    return rd_end(in) ? SR_OK : sr_fail(why, SR_EFORMAT, R_MALFORMED, "the list of members can't be read");
}

enum sr_err member_list_fetch(struct remote *r, const struct network *net, struct member_list *ret,
                              struct sr_why *why)
{
    SR_OWN(buf) bytes = { 0 };
    SR_OWN(member_list) l = { 0 };
    SR_TRY(remote_get(r, "/sealring/v1/members", &bytes, why));
    struct reader count = rd_init(buf_span(&bytes)), in = count;
    l.v = calloc((size_t)rd_u16be(&count) + 1, sizeof *l.v);
    if (!l.v)
        return SR_ENOMEM;
    SR_TRY(read_list(r, net, &in, &l, why));
    *ret = SR_TAKE(l);
    return SR_OK;
}

enum sr_err member_list_find(const struct member_list *l, const struct member_id *id, struct member_cert *ret,
                             struct sr_why *why)
{
    for (size_t i = 0; i < l->n; i++) {
        struct member_id one = member_id_of(&l->v[i].key);
        if (!span_eq(SPAN(one.b), SPAN(id->b)))
            continue;
        *ret = l->v[i];
        return SR_OK;
    }
    return sr_fail(why, SR_ENOENT, R_NOT_FOUND, "no certificate of that member");
}

static enum sr_err get(void *ctx, const char *path, struct buf *ret)
{
    struct member_log *l = ctx;
    SR_OWN(buf) bytes = { 0 };
    struct sr_why ignored = { 0 };
    char id[33], url[PATH_SIZE];
    hex_text(SPAN(l->id.b), id);
    snprintf(url, sizeof url, "/sealring/v1/log/%s/%s", id, path);
    SR_TRY(remote_get(l->remote, url, &bytes, &ignored));
    wr_span(ret, buf_span(&bytes));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

void member_log_init(struct member_log *l, struct remote *r, const struct member_cert *cert)
{
    char cid[65], id[33];
    l->remote = r;
    l->id = member_id_of(&cert->key);
    hex_text(SPAN(r->cid.b), cid);
    hex_text(SPAN(l->id.b), id);
    snprintf(l->origin, sizeof l->origin, "sealring/%s/%s", cid, id);
    l->reader = (struct log_reader){ .get = get, .ctx = l, .id = { l->origin, cert->key } };
}

enum sr_err member_log_kept(const struct member_log *l, const char *path, struct checkpoint *ret,
                            struct sr_why *why)
{
    SR_OWN(buf) note = { 0 };
    SR_TRY(cli_read_file(path, NOTE_MAX, &note, why));
    return checkpoint_open(buf_span(&note), l->origin, &l->reader.id.pub, ret, why);
}

enum sr_err member_log_head(const struct member_log *l, struct buf *ret_note, struct checkpoint *ret,
                            struct sr_why *why)
{
    enum sr_err e = get(l->reader.ctx, "checkpoint", ret_note);
    if (e != SR_OK)
        return sr_fail(why, e, R_LOG_PROOF, "log: no checkpoint");
    return checkpoint_open(buf_span(ret_note), l->origin, &l->reader.id.pub, ret, why);
}
