/* An announcement: what is read is written as it came, once it is canonical, and can be applied. */
#include "proto/announcement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sha256 zero;
    struct announcement a, again;
    struct event_log log, next;
    struct tpm_pcrs pcrs = { 0 }, then;
    SR_OWN(buf) text = { 0 };
    if (announcement_read((struct span){ data, size }, &a, NULL) != SR_OK)
        return 0;
    announcement_write(&a, &text);
    if (announcement_read(buf_span(&text), &again, NULL) != SR_OK)
        abort();
    event_log_of(&zero, 1, &zero, &log);
    if (announcement_apply(&a, &log, &pcrs, &next, &then, NULL) != SR_OK)
        abort();
    return 0;
}
