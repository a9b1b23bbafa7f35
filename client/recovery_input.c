#include "client/recovery_input.h"

#include "client/genesis_input.h"
#include "proto/cid.h"

void recovery_input_drop(struct recovery_input *in)
{
    buf_drop(&in->bytes);
}

static enum sr_err get(const struct recovery_source_options *o, struct buf *ret, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    if (o->path)
        return cli_read_file(o->path, RECOVERY_FILE_MAX, ret, why);
    SR_TRY(remote_open(&o->from, &r, why));
    return remote_get(&r, "/sealring/v1/recovery", ret, why);
}

enum sr_err recovery_input_get(const struct recovery_source_options *o, struct recovery_input *ret,
                               struct sr_why *why)
{
    SR_TRY(cid_parse(span_of(o->cid), &ret->cid, why));
    SR_TRY(get(o, &ret->bytes, why));
    SR_TRY(recovery_file_decode(buf_span(&ret->bytes), &ret->file, why));
    SR_TRY(genesis_input_verify(ret->file.bundle, &ret->cid, (struct span){ 0 }, o->collateral, &ret->genesis,
                                &ret->first, why));
    if (!ret->genesis.recovery.n)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_NONE, "this network has no recovery, for ever");
    return recovery_file_check(&ret->file, &ret->cid, &ret->genesis.genesis, &ret->epochs, why);
}
