#include "client/machine.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CHAIN_FILE_MAX = 64 << 10, RENEW_BEFORE = 300 /* seconds */ };

void machine_drop(struct machine *m)
{
    platform_drop(&m->platform);
    buf_drop(&m->ak_cert);
}

enum sr_err machine_open(const struct machine_options *o, struct machine *ret, struct sr_why *why)
{
    static const char usual_log[] = "/run/sealring/event-log";
    struct platform_options po = {
        .tcti = o->tcti ? o->tcti : "device:/dev/tpmrm0",
        .event_log = o->event_log                   ? o->event_log
                     : access(usual_log, F_OK) == 0 ? usual_log
                                                    : NULL,
        .dir = o->event_log,
        .tsm_dir = o->tsm_dir,
        .seal = "none", /* a workload keeps nothing */
    };
    SR_OWN(buf) chain = { 0 };
    SR_OWN(machine) m = { 0 };
    if (o->ek_chain)
        SR_TRY(cli_read_file(o->ek_chain, CHAIN_FILE_MAX, &chain, why));
    if (o->ak_cert && access(o->ak_cert, F_OK) == 0)
        SR_TRY(cli_read_file(o->ak_cert, AK_CERT_MAX, &m.ak_cert, why));
    po.ek_chain = buf_span(&chain);
    SR_TRY(platform_open(span_of(o->platform ? o->platform : "auto"), &po, &m.platform, why));
    *ret = SR_TAKE(m);
    return SR_OK;
}

enum sr_err machine_enrol_request(struct machine *m, const struct sha256 *network, struct buf *ret,
                                  struct sr_why *why)
{
    struct enrol_nonce nonce;
    random_fill(nonce.b, sizeof nonce.b);
    return platform_enrol_request(&m->platform, network, &nonce, ret, why);
}

static bool still_good(const struct machine *m, const struct sha256 *cid, uint64_t epoch)
{
    struct ak_cert c;
    uint64_t now = (uint64_t)time(NULL);
    return m->ak_cert.n > 0 && ak_cert_read(buf_span(&m->ak_cert), &c, NULL) == SR_OK &&
           c.kind == AK_CERT_NETWORK && sha256_eq(&c.network, cid) && c.epoch == epoch &&
           c.not_before <= now && c.not_after >= now + RENEW_BEFORE;
}

/* The file is a cache: it is replaced, and losing it costs one enrolment. */
static enum sr_err keep(const char *path, struct span cert, struct sr_why *why)
{
    if (!path)
        return SR_OK;
    (void)unlink(path);
    return cli_write_file(path, 0600, cert, why);
}

enum sr_err machine_enrol(struct machine *m, const struct machine_options *o, struct remote *r,
                          uint64_t epoch, struct sr_why *why)
{
    SR_OWN(buf) e1 = { 0 };
    SR_OWN(buf) e2 = { 0 };
    SR_OWN(buf) e3 = { 0 };
    SR_OWN(buf) e4 = { 0 };
    static const char type[] = "application/octet-stream";
    if (!platform_enrols(&m->platform) || still_good(m, &r->cid, epoch))
        return SR_OK;
    SR_TRY(machine_enrol_request(m, &r->cid, &e1, why));
    SR_TRY(remote_post(r, "/sealring/v1/enrol/challenge", type, buf_span(&e1), &e2, why));
    SR_TRY(platform_enrol_answer(&m->platform, buf_span(&e1), buf_span(&e2), &e3, why));
    SR_TRY(remote_post(r, "/sealring/v1/enrol/certify", type, buf_span(&e3), &e4, why));
    SR_TRY(keep(o->ak_cert, buf_span(&e4), why));
    buf_drop(&m->ak_cert);
    m->ak_cert = SR_TAKE(e4);
    return SR_OK;
}
