/* Messages of the KBS protocol. First byte: a version, or what else the rest is. */
#include "proto/json_foreign.h"
#include "proto/kbs.h"

#include <stdlib.h>

static void attestation(enum kbs_version v, struct span body)
{
    SR_OWN(kbs_attestation) a = { 0 };
    struct kbs_digests d;
    struct kbs_init_digest init;
    if (kbs_attestation_read(v, body, &a, NULL) != SR_OK)
        return;
    if (kbs_digests(v, SPAN_STR("nonce"), &a, &d) != SR_OK || d.n == 0)
        abort();
    (void)!kbs_devices_check(&a, NULL);
    (void)!kbs_init_digest(buf_span(&a.init_data), &init, NULL);
    for (size_t i = 0; kbs_tee_rows[i]; i++) {
        SR_OWN(buf) evidence = { 0 };
        (void)!kbs_tee_convert(kbs_tee_rows[i], a.evidence, &evidence, NULL);
    }
}

static void evidence(struct span json)
{
    if (json_foreign_check(json, NULL) != SR_OK)
        return;
    for (size_t i = 0; kbs_tee_rows[i]; i++) {
        SR_OWN(buf) b = { 0 };
        (void)!kbs_tee_convert(kbs_tee_rows[i], json, &b, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_OWN(buf) policy = { 0 };
    struct kbs_request q;
    struct kbs_init_digest init;
    if (secret_init() != SR_OK)
        abort();
    if (size == 0)
        return 0;
    struct span rest = { data + 1, size - 1 };
    switch (data[0]) {
    case '0':
    case '1':
    case '2':
    case '3':
    case '4': attestation((enum kbs_version)(data[0] - '0'), rest); break;
    case 'q': (void)!kbs_request_read(rest, &q, NULL); break;
    case 'p':
        if (kbs_policy_read(rest, &policy, NULL) == SR_OK)
            (void)kbs_builtin_find(buf_span(&policy));
        break;
    case 'i': (void)!kbs_init_digest(rest, &init, NULL); break;
    default: evidence(rest); break;
    }
    return 0;
}
