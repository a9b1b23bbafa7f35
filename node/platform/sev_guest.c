#include "node/platform/sev_guest.h"
#include "crypto/aead.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sev-guest.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { VERSION = 1, HEAD_SIZE = 17 };

enum { /* bits of GUEST_FIELD_SELECT */
       FIELD_POLICY = 1 << 0,
       FIELD_IMAGE_ID = 1 << 1,
       FIELD_FAMILY_ID = 1 << 2,
       FIELD_MEASUREMENT = 1 << 3,
       FIELD_GUEST_SVN = 1 << 4,
       FIELD_TCB_VERSION = 1 << 5
};
/* All that tells one guest from another, and a guest or machine that went back from one that did not. Fixed:
 * a blob that could name fewer fields would be opened for guests of another measurement. */
static const struct snp_derived_key_req fixed = {
    .root_key_select = 0, /* VCEK: of this chip */
    .guest_field_select = FIELD_POLICY | FIELD_IMAGE_ID | FIELD_FAMILY_ID | FIELD_MEASUREMENT |
                          FIELD_GUEST_SVN | FIELD_TCB_VERSION,
};

/* MSG_KEY_RSP */
enum { STATUS_OK = 0, STATUS_INVALID_PARAMS = 0x16, KEY_OFFSET = 32, MESSAGE_VERSION = 1 };

static int ask_device(void *ctx, struct snp_guest_request_ioctl *r)
{
    (void)ctx;
    int fd = open("/dev/sev-guest", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int cause = ioctl(fd, SNP_GET_DERIVED_KEY, r) == 0 ? 0 : errno;
    close(fd);
    return cause;
}

const struct sev_guest sev_guest_device = { .ask = ask_device };

static enum sr_err refuse(struct sr_why *why, uint32_t status)
{
    if (status == STATUS_INVALID_PARAMS)
        return sr_fail(why, SR_EPROOF, R_UNSEAL,
                       "the firmware derives no such key: guest SVN or TCB went back, or another VMPL asks");
    return sr_fail(why, SR_EIO, R_TSM, "the firmware derives no key: status 0x%x", status);
}

static bool all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

static enum sr_err read_answer(const struct snp_derived_key_resp *a, struct key *ret, struct sr_why *why)
{
    struct reader r = rd_init(SPAN(a->data));
    uint32_t status = rd_u32le(&r);
    if (status != STATUS_OK)
        return refuse(why, status);
    rd_zeros(&r, KEY_OFFSET - sizeof status);
    struct span k = rd_span(&r, sizeof ret->b);
    if (!rd_end(&r) || all_zero(k.p, k.n))
        return sr_fail(why, SR_EIO, R_TSM, "the firmware's answer holds no key");
    memcpy(ret->b, k.p, k.n);
    return SR_OK;
}

enum sr_err sev_derive(const struct sev_guest *g, const struct sev_key_of *of, struct key *ret,
                       struct sr_why *why)
{
    struct snp_derived_key_req req = fixed;
    struct snp_derived_key_resp resp = { 0 };
    req.vmpl = of->vmpl;
    req.guest_svn = of->guest_svn;
    req.tcb_version = of->tcb;
    struct snp_guest_request_ioctl r = { .msg_version = MESSAGE_VERSION,
                                         .req_data = (uintptr_t)&req,
                                         .resp_data = (uintptr_t)&resp };
    int cause = g->ask(g->ctx, &r);
    enum sr_err e = SR_OK;
    if (cause && r.fw_error == STATUS_INVALID_PARAMS)
        e = refuse(why, STATUS_INVALID_PARAMS);
    else if (cause)
        e = sr_fail(why, SR_EIO, R_TSM, "/dev/sev-guest: %s, firmware error 0x%x", strerror(cause),
                    r.fw_error);
    else
        e = read_answer(&resp, ret, why);
    sodium_memzero(&resp, sizeof resp);
    return e;
}

static void write_head(const struct sev_key_of *of, struct buf *ret)
{
    wr_u8(ret, VERSION);
    wr_u32be(ret, of->vmpl);
    wr_u32be(ret, of->guest_svn);
    wr_u64be(ret, of->tcb);
}

/* Never used as it comes: one label, one use. */
static enum sr_err sealing_key(const struct sev_guest *g, const struct sev_key_of *of, struct span head,
                               struct key *ret, struct sr_why *why)
{
    SR_OWN(key) root = { 0 };
    SR_TRY(sev_derive(g, of, &root, why));
    return derive_key(&root, L_SNP_SEAL, head, ret);
}

enum sr_err sev_seal(const struct sev_guest *g, const struct sev_key_of *of, const struct key *k,
                     struct buf *ret, struct sr_why *why)
{
    SR_OWN(key) under = { 0 };
    SR_OWN(buf) blob = { 0 };
    SR_OWN(buf) head = { 0 };
    write_head(of, &head);
    wr_span(&blob, buf_span(&head));
    SR_TRY(sealing_key(g, of, buf_span(&head), &under, why));
    SR_TRY(aead_seal(&under, buf_span(&head), key_span(k), &blob));
    wr_span(ret, buf_span(&blob));
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err sev_unseal(const struct sev_guest *g, struct span blob, struct key *ret, struct sr_why *why)
{
    struct reader r = rd_init(blob);
    SR_OWN(key) under = { 0 };
    SR_OWN(secret) plain = { 0 };
    uint8_t version = rd_u8(&r);
    struct sev_key_of of;
    of.vmpl = rd_u32be(&r);
    of.guest_svn = rd_u32be(&r);
    of.tcb = rd_u64be(&r);
    if (r.bad || version != VERSION)
        return sr_fail(why, SR_EPROOF, R_UNSEAL, "no sealed blob of ours");
    struct span head = { blob.p, HEAD_SIZE };
    SR_TRY(sealing_key(g, &of, head, &under, why));
    if (aead_open(&under, head, rd_span(&r, rd_left(&r)), &plain) != SR_OK || plain.n != sizeof ret->b)
        return sr_fail(why, SR_EPROOF, R_UNSEAL,
                       "sealed by another machine, or while other code was measured");
    memcpy(ret->b, plain.p, sizeof ret->b);
    return SR_OK;
}
