#include "node/ak_holder.h"

#include <pthread.h>
#include <stdlib.h>

struct ak_holder {
    pthread_mutex_t lock; /* guards all below */
    struct buf cert;
    uint64_t not_before, half; /* unix seconds; half its life */
    uint64_t epoch;
};

enum sr_err ak_holder_new(struct ak_holder **ret)
{
    struct ak_holder *h = calloc(1, sizeof *h);
    if (!h)
        return SR_ENOMEM;
    pthread_mutex_init(&h->lock, NULL);
    *ret = h;
    return SR_OK;
}

void ak_holder_free(struct ak_holder *h)
{
    if (!h)
        return;
    buf_drop(&h->cert);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

enum sr_err ak_holder_get(struct ak_holder *h, uint64_t now, const struct ak_want *want, struct buf *ret)
{
    pthread_mutex_lock(&h->lock);
    uint64_t most = AK_CERT_BACKDATE + want->max_age / 2, half = h->half < most ? h->half : most;
    bool good =
        h->cert.n > 0 && h->epoch == want->epoch && now >= h->not_before && now - h->not_before < half;
    if (good)
        wr_span(ret, buf_span(&h->cert));
    pthread_mutex_unlock(&h->lock);
    if (!good)
        return SR_ENOENT;
    return buf_ok(ret) ? SR_OK : SR_ENOMEM;
}

enum sr_err ak_holder_set(struct ak_holder *h, struct span cert, struct sr_why *why)
{
    SR_OWN(buf) copy = { 0 };
    struct ak_cert c;
    SR_TRY(ak_cert_read(cert, &c, why));
    wr_span(&copy, cert);
    if (!buf_ok(&copy))
        return SR_ENOMEM;
    pthread_mutex_lock(&h->lock);
    struct buf old = h->cert;
    h->cert = SR_TAKE(copy);
    h->epoch = c.epoch;
    h->not_before = c.not_before;
    h->half = c.not_after > c.not_before ? (c.not_after - c.not_before) / 2 : 0;
    pthread_mutex_unlock(&h->lock);
    buf_drop(&old);
    return SR_OK;
}
