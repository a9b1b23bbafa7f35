#include "proto/announcement.h"

#include "crypto/text.h"

#include <string.h>

static enum sr_err bad(struct sr_why *why, const char *what)
{
    return sr_fail(why, SR_EFORMAT, R_ANNOUNCEMENT, "announcement: %s", what);
}

static enum sr_err read_files(const struct json *array, struct announcement *ret, struct sr_why *why)
{
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        struct sha256 *at = &ret->file[ret->nfiles++];
        if (json_type(v) != JSON_STR || hex_read(json_str(v), at->b, sizeof at->b) != SR_OK)
            return bad(why, "files: not a digest in hex");
    }
    return ret->nfiles ? SR_OK : bad(why, "files: not even the program");
}

static bool selected(uint64_t index)
{
    for (size_t i = 0; i < TPM_SELECTED; i++)
        if (tpm_selected_pcrs[i] == index)
            return index != TPM_PCR_SEALRING;
    return false;
}

static enum sr_err read_pcr(const struct json *v, struct announcement *ret, struct sr_why *why)
{
    uint64_t index = 0;
    struct announced_pcr *at = &ret->pcr[ret->npcrs];
    const struct json_field fields[] = {
        { "index", JSON_U64, &index, 0, false },
        { "value", JSON_HEX, at->value.b, sizeof at->value.b, false },
        { 0 },
    };
    SR_TRY(json_fields(v, fields, why));
    if (!selected(index))
        return bad(why, "pcrs: one that no quote holds, or 14, which follows from the files");
    if (ret->npcrs > 0 && ret->pcr[ret->npcrs - 1].index >= index)
        return bad(why, "pcrs: not rising");
    at->index = (unsigned)index;
    ret->npcrs++;
    return SR_OK;
}

static enum sr_err read_document(const struct json *root, struct announcement *ret, struct sr_why *why)
{
    const struct json *files = NULL, *pcrs = NULL;
    const struct json_field fields[] = {
        { "config", JSON_HEX, ret->config.b, sizeof ret->config.b, true },
        { "files", JSON_ARRAY, &files, ANNOUNCED_FILES_MAX, false },
        { "pcrs", JSON_ARRAY, &pcrs, TPM_SELECTED - 1, true },
        { "start", JSON_HEX, ret->start.b, sizeof ret->start.b, true },
        { 0 },
    };
    SR_TRY(json_fields(root, fields, why));
    ret->has_config = json_get(root, "config") != NULL;
    ret->has_start = json_get(root, "start") != NULL;
    SR_TRY(read_files(files, ret, why));
    for (const struct json *v = json_first(pcrs); v; v = json_next(v))
        SR_TRY(read_pcr(v, ret, why));
    return SR_OK;
}

enum sr_err announcement_read(struct span text, struct announcement *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    if (text.n > ANNOUNCEMENT_MAX)
        return sr_fail(why, SR_ETOOBIG, R_ANNOUNCEMENT, "announcement: over %d bytes", ANNOUNCEMENT_MAX);
    *ret = (struct announcement){ 0 };
    SR_TRY(json_parse(text, &doc, why));
    return read_document(json_root(&doc), ret, why);
}

static void write_pcrs(const struct announcement *a, struct buf *ret)
{
    jw_name(ret, "pcrs");
    jw_array(ret);
    for (size_t i = 0; i < a->npcrs; i++) {
        jw_object(ret);
        jw_member_u64(ret, "index", a->pcr[i].index);
        jw_member_hex(ret, "value", SPAN(a->pcr[i].value.b));
        jw_object_end(ret);
    }
    jw_array_end(ret);
}

void announcement_write(const struct announcement *a, struct buf *ret)
{
    jw_object(ret);
    if (a->has_config)
        jw_member_hex(ret, "config", SPAN(a->config.b));
    jw_name(ret, "files");
    jw_array(ret);
    for (size_t i = 0; i < a->nfiles; i++)
        jw_hex(ret, SPAN(a->file[i].b));
    jw_array_end(ret);
    if (a->npcrs)
        write_pcrs(a, ret);
    if (a->has_start)
        jw_member_hex(ret, "start", SPAN(a->start.b));
    jw_object_end(ret);
}

static struct sha256 *pcr_of(struct tpm_pcrs *pcrs, unsigned index)
{
    for (size_t i = 0; i < TPM_SELECTED; i++)
        if (tpm_selected_pcrs[i] == index)
            return &pcrs->v[i];
    return NULL;
}

enum sr_err announcement_apply(const struct announcement *a, const struct event_log *now,
                               const struct tpm_pcrs *pcrs, struct event_log *ret_log,
                               struct tpm_pcrs *ret_pcrs, struct sr_why *why)
{
    if (now->n == 0)
        return sr_fail(why, SR_EFORMAT, R_EVENT_LOG, "nothing is measured now");
    event_log_of(a->file, a->nfiles, a->has_config ? &a->config : &now->e[now->n - 1].digest, ret_log);
    ret_log->start = a->has_start ? a->start : now->start;
    *ret_pcrs = *pcrs;
    for (size_t i = 0; i < a->npcrs; i++)
        *pcr_of(ret_pcrs, a->pcr[i].index) = a->pcr[i].value;
    return event_log_replay(ret_log, ret_log->n, &ret_log->start, pcr_of(ret_pcrs, TPM_PCR_SEALRING));
}
