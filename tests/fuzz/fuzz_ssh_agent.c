/* What an SSH agent answers, and keys as SSH writes them: what is read writes back the same. */
#include "client/ssh_agent_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ssh_agent_keys keys;
    struct span s = { data, size };
    struct sign_pub pub, again;
    struct sig sig;
    SR_OWN(buf) blob = { 0 };
    if (ssh_agent_keys_read(s, &keys, NULL) == SR_OK && keys.n > SSH_AGENT_KEYS_MAX)
        abort();
    if (ssh_agent_signature_read(s, &sig, NULL) == SR_OK && (size != 88 || data[0] != 14))
        abort();
    if (ssh_key_line_read(s, &pub) == SR_OK) {
        ssh_key_blob(&pub, &blob);
        if (ssh_key_blob_read(buf_span(&blob), &again) != SR_OK || !span_eq(SPAN(pub.b), SPAN(again.b)))
            abort();
    } else if (ssh_key_blob_read(s, &pub) == SR_OK) {
        ssh_key_blob(&pub, &blob);
        if (!span_eq(buf_span(&blob), s))
            abort();
    }
    return 0;
}
