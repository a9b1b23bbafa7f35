/* Parameters, records, bundles, chains of epochs, master bundles and network ids. */
#include "proto/cid.h"
#include "proto/genesis.h"

#include <stdlib.h>
#include <string.h>

static void same(enum sr_err e, struct buf *b, struct span s)
{
    if (e != SR_OK || !span_eq(buf_span(b), s))
        abort();
    buf_drop(b);
}

static void try_chain(struct span s)
{
    static const struct sha256 cid;
    static const struct epoch_pubs first = { .epoch = 1 };
    static const struct sign_pub operator_key;
    const struct approvers who = { &operator_key, 1, 1 };
    static struct epoch_pubs epochs[EPOCHS_MAX];
    size_t n, known = 3;
    (void)!epoch_chain_check(s, &cid, &first, &who, epochs, &n, NULL);
    (void)!epoch_chain_follow(s, &cid, &who, epochs, &known, NULL);
    if (known < 3 || known > EPOCHS_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    SR_OWN(buf) b = { 0 };
    SR_OWN(secret) masters = { 0 };
    struct genesis_params p;
    struct genesis g;
    struct genesis_bundle bundle;
    struct master_bundle m;
    struct sha256 cid;
    char text[CID_TEXT_MAX];
    if (secret_init() != SR_OK)
        abort();
    if (genesis_params_decode(s, &p, NULL) == SR_OK)
        same(genesis_params_encode(&p, &b, NULL), &b, s);
    if (genesis_decode(s, &g, NULL) == SR_OK)
        same(genesis_encode(&g, &b, NULL), &b, s);
    if (genesis_bundle_decode(s, &bundle, NULL) == SR_OK)
        same(genesis_bundle_encode(&bundle, &b, NULL), &b, s);
    if (master_bundle_decode(s, &m, NULL) == SR_OK &&
        (master_bundle_encode(&m, &masters) != SR_OK || !span_eq(secret_span(&masters), s)))
        abort();
    if (cid_parse(s, &cid, NULL) == SR_OK) {
        cid_text(&cid, text);
        if (!span_eq(span_of(text), s))
            abort();
    }
    try_chain(s);
    return 0;
}
