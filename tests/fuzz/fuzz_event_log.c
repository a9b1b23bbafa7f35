/* Anything as an event log: what is read is written back the same, and replays. */
#include "proto/evidence/event_log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_log l, one;
    struct sha256 pcr;
    SR_OWN(buf) again = { 0 };
    const struct span in = { data, size };
    bool any = event_log_read_any(in, &l, NULL) == SR_OK;
    if (event_log_read(in, &one, NULL) == SR_OK && (!any || one.n < 2 || one.e[0].type != EVENT_CODE))
        abort();
    if (!any)
        return 0;
    if (event_log_write(&l, &again) != SR_OK || !span_eq(buf_span(&again), in))
        abort();
    if (event_log_replay(&l, l.n, &l.start, &pcr) != SR_OK)
        abort();
    return 0;
}
