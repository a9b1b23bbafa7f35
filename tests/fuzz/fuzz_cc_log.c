/* Anything as an event log: what is read can be walked from its first event to its last, and replayed. */
#include "proto/evidence/cc_log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cc_log l;
    struct cc_registers r;
    struct cc_event e;
    bool on;
    size_t n = 0, extended = 0;
    if (cc_log_read((struct span){ data, size }, &l, NULL) != SR_OK)
        return 0;
    for (struct span at = l.events; cc_log_next(&l, &at, &e); n++) {
        if (e.digest.n != 48 || e.data.n > size)
            abort();
        extended += e.type != CC_NO_ACTION;
    }
    if (n != l.nevent || cc_log_replay(&l, &r) != SR_OK)
        abort();
    for (size_t i = 0; i < CC_REGISTERS; i++)
        extended -= r.events[i];
    if (extended)
        abort();
    (void)!(cc_log_secure_boot(&l, &on) == SR_OK);
    return 0;
}
