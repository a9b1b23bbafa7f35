/* Sealing with SNP firmware's derived key: what is asked for, who opens it again, and every broken blob. */
#include "tests/t.h"
#include "node/platform/sev_guest.h"
#include "tests/sev_maker.h"

static const struct key secret = { .b = { 1, 2, 3, 4 } };
static const struct sev_key_of of = { .vmpl = 1, .guest_svn = 5, .tcb = 0x4807060504030201 };

static void the_request_is_what_the_specification_says(void)
{
    struct made_guest m = { .svn = 9, .tcb = UINT64_MAX };
    const struct sev_guest g = made_guest(&m);
    SR_OWN(key) k = { 0 };
    struct sr_why why = { 0 };
    T(sev_derive(&g, &of, &k, &why) == SR_OK && m.version == 1);
    T(m.seen.root_key_select == 0 && m.seen.rsvd == 0 && m.seen.guest_field_select == 0x3f);
    T(m.seen.vmpl == 1 && m.seen.guest_svn == 5 && m.seen.tcb_version == 0x4807060504030201);
}

static enum sr_reason unseal(struct made_guest *m, struct span blob, enum sr_err *ret)
{
    const struct sev_guest g = made_guest(m);
    SR_OWN(key) k = { 0 };
    struct sr_why why = { 0 };
    *ret = sev_unseal(&g, blob, &k, &why);
    if (*ret == SR_OK)
        T(memcmp(&k, &secret, sizeof k) == 0);
    else
        T(sodium_is_zero(k.b, sizeof k.b)); /* nothing comes out of a refusal */
    return *ret == SR_OK ? R_NONE : why.reason;
}

static const struct row {
    const char *name;
    struct made_guest guest;
    enum sr_err e;
    enum sr_reason reason;
} rows[] = {
    { "the same", { .svn = 5, .tcb = 0x4807060504030201 }, SR_OK, R_NONE },
    { "newer", { .svn = 6, .tcb = 0x4907060504030201 }, SR_OK, R_NONE },
    { "another chip", { .chip = 1, .svn = 5, .tcb = UINT64_MAX }, SR_EPROOF, R_UNSEAL },
    { "other code", { .measurement = 1, .svn = 5, .tcb = UINT64_MAX }, SR_EPROOF, R_UNSEAL },
    { "SVN went back", { .svn = 4, .tcb = UINT64_MAX }, SR_EPROOF, R_UNSEAL },
    { "TCB went back", { .svn = 5, .tcb = 0x4707060504030201 }, SR_EPROOF, R_UNSEAL },
    { "refused by the device", { .fails = EIO, .error = 0x16 }, SR_EPROOF, R_UNSEAL },
    { "no device", { .fails = ENOENT }, SR_EIO, R_TSM },
    { "no channel any more", { .fails = ENOTTY }, SR_EIO, R_TSM },
    { "another status", { .svn = 5, .tcb = UINT64_MAX, .status = 0x27 }, SR_EIO, R_TSM },
    { "a key of zeros", { .svn = 5, .tcb = UINT64_MAX, .zero = true }, SR_EIO, R_TSM },
    { "reserved bytes", { .svn = 5, .tcb = UINT64_MAX, .dirty = true }, SR_EIO, R_TSM },
};

static void make(struct buf *ret)
{
    struct made_guest m = { .svn = 5, .tcb = 0x4807060504030201 };
    const struct sev_guest g = made_guest(&m);
    struct sr_why why = { 0 };
    T(sev_seal(&g, &of, &secret, ret, &why) == SR_OK);
}

static void who_opens_it(void)
{
    SR_OWN(buf) blob = { 0 };
    make(&blob);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made_guest m = rows[i].guest;
        enum sr_err e;
        T_ROW(unseal(&m, buf_span(&blob), &e) == rows[i].reason && e == rows[i].e, rows[i].name);
    }
}

static void sealing_says_what_fails(void)
{
    for (size_t i = 2; i < sizeof rows / sizeof *rows; i++) {
        struct made_guest m = rows[i].guest;
        const struct sev_guest g = made_guest(&m);
        struct sr_why why = { 0 };
        SR_OWN(buf) blob = { 0 };
        enum sr_err e = sev_seal(&g, &of, &secret, &blob, &why);
        bool derives = i == 2 || i == 3; /* another machine seals for itself */
        T_ROW(derives ? e == SR_OK : e == rows[i].e && blob.n == 0, rows[i].name);
    }
}

static void two_blobs_of_one_key_differ(void)
{
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    make(&a);
    make(&b);
    T(a.n == b.n && !span_eq(buf_span(&a), buf_span(&b)));
}

static void every_broken_blob_is_refused(void)
{
    SR_OWN(buf) blob = { 0 };
    enum sr_err e;
    make(&blob);
    struct made_guest m = { .svn = UINT32_MAX, .tcb = UINT64_MAX }; /* lets every number through */
    T(unseal(&m, buf_span(&blob), &e) == R_NONE);
    for (size_t n = 0; n < blob.n; n++)
        T(unseal(&m, (struct span){ blob.p, n }, &e) == R_UNSEAL && e == SR_EPROOF);
    for (size_t bit = 0; bit < blob.n * 8; bit++) {
        blob.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        T(unseal(&m, buf_span(&blob), &e) == R_UNSEAL && e == SR_EPROOF);
        blob.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    wr_u8(&blob, 0);
    T(unseal(&m, buf_span(&blob), &e) == R_UNSEAL);
}

int main(void)
{
    T(secret_init() == SR_OK);
    the_request_is_what_the_specification_says();
    who_opens_it();
    sealing_says_what_fails();
    two_blobs_of_one_key_differ();
    every_broken_blob_is_refused();
    return t_end();
}
