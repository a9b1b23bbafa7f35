/* Recovery sets (the first two bytes are the record's n and t, then a byte a holder for the kind, the rest
 * the set), files, requests, holders' messages, and holders' keys. */
#include "proto/recovery_transfer.h"

#include <stdlib.h>

static void try_set(struct span in)
{
    struct holder_set holders = { 0 };
    struct recovery_set set;
    SR_OWN(buf) b = { 0 };
    struct reader r = rd_init(in);
    holders.n = rd_u8(&r) % (HOLDERS_MAX + 1);
    holders.t = holders.n < SHARE_LEAST ? 0 : SHARE_LEAST + rd_u8(&r) % (holders.n - 1);
    for (size_t i = 0; i < holders.n; i++)
        holders.v[i].kind = HOLDER_X25519 + rd_u8(&r) % (HOLDER_KIND_END - HOLDER_X25519);
    struct span s = rd_span(&r, rd_left(&r));
    if (recovery_decode(s, &holders, &set, NULL) == SR_OK &&
        (recovery_encode(&set, &b) != SR_OK || !span_eq(buf_span(&b), s)))
        abort();
}

static void try_file(struct span s)
{
    static const struct sha256 cid;
    static const struct genesis genesis = { .first = { .epoch = 1 } };
    struct recovery_file f;
    struct recovery_epochs epochs;
    SR_OWN(buf) b = { 0 };
    if (recovery_file_decode(s, &f, NULL) != SR_OK)
        return;
    if (f.cert.n && (recovery_file_encode(&f, &b) != SR_OK || !span_eq(buf_span(&b), s)))
        abort();
    if (recovery_file_check(&f, &cid, &genesis, &epochs, NULL) == SR_OK)
        (void)!recovery_file_whole(&f, &epochs, 1, NULL);
}

static void try_request(struct span s)
{
    struct recovery_request q;
    SR_OWN(buf) b = { 0 };
    if (recovery_request_decode(s, &q, NULL) == SR_OK &&
        (recovery_request_encode(&q, &b) != SR_OK || !span_eq(buf_span(&b), s)))
        abort();
}

static void try_message(struct span s)
{
    static const struct recovery_set set = { .t = 2, .n = 2 };
    static const struct sha256 cid;
    static const struct holder_set holders = { .t = 2, .n = 2 };
    struct recovery_gather g = { .set = &set, .of = { &cid, &holders }, .key.b = { 1 } };
    uint8_t x;
    if (recovery_gather_add(&g, s, &x, NULL) == SR_OK) /* whoever finds one has found a hash's preimage */
        abort();
}

/* One key, as DER and as text. */
static void try_holder(struct span s)
{
    struct holder h, back;
    char text[HOLDER_TEXT_MAX];
    if (holder_spki_read(s, &h) == SR_OK) {
        holder_text(&h, text);
        if (holder_text_read(span_of(text), &back) != SR_OK || holder_cmp(&h, &back) != 0)
            abort();
    }
    if (holder_text_read(s, &h) == SR_OK) {
        holder_text(&h, text);
        if (!span_eq(span_of(text), s))
            abort();
    }
}

/* What holders keep; nobody else gets at it. */
static void try_rsa_key(struct span s)
{
    SR_OWN(holder_secret) secret = { .kind = HOLDER_SECRET_RSA };
    struct holder h;
    if (rsa_key_read(s, &secret.rsa) == SR_OK)
        (void)!holder_secret_pub(&secret, &h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span s = { data, size };
    if (secret_init() != SR_OK)
        abort();
    try_set(s);
    try_file(s);
    try_request(s);
    try_message(s);
    try_holder(s);
    try_rsa_key(s);
    return 0;
}
