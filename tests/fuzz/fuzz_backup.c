/* Backups and the statements beside them. A backup that is taken for one was signed by its member; a
 * statement that parses is written again byte for byte. */
#include "proto/backup.h"
#include "proto/loss.h"

#include <stdlib.h>
#include <string.h>

static enum sr_err feed(void *ctx, void *p, size_t n, size_t *ret_n)
{
    struct span *s = ctx;
    *ret_n = n < s->n ? n : s->n;
    if (*ret_n)
        memcpy(p, s->p, *ret_n);
    *s = (struct span){ s->p + *ret_n, s->n - *ret_n };
    return SR_OK;
}

static enum sr_err row(void *ctx, struct span key, struct span value)
{
    *(size_t *)ctx += key.n + value.n;
    return SR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size }, left = s;
    SR_OWN(backup) b = { 0 };
    SR_OWN(loss_signed) l = { 0 };
    SR_OWN(buf) again = { 0 };
    SR_OWN(buf) manifest = { 0 };
    struct backup_manifest m;
    size_t bytes = 0;
    const struct backup_source source = { feed, &left };
    const struct backup_sink sink = { row, &bytes };
    if (backup_read(&source, &sink, &b, NULL) == SR_OK && (left.n || bytes > size || b.head.size == 0))
        abort();
    if (backup_manifest_read(s, &m, NULL) == SR_OK) {
        backup_manifest_write(&m, &manifest);
        if (!span_eq(buf_span(&manifest), s))
            abort();
    }
    if (loss_parse(s, &l, NULL) == SR_OK) {
        loss_write(&l, &again);
        if (!span_eq(buf_span(&again), s))
            abort();
    }
    return 0;
}
