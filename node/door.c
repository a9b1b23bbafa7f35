#include "node/door_conn.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

/* Plain HTTP never leaves the machine. */
static enum sr_err listener_check(const struct http_listener *l, struct sr_why *why)
{
    struct sockaddr_storage a = { 0 };
    socklen_t n = sizeof a;
    struct origin who;
    if (getsockname(l->fd, (struct sockaddr *)&a, &n) < 0)
        return sr_fail(why, SR_EIO, R_CONFIG, "door: a listener that is no socket");
    enum source at = source_of(&a, &who);
    switch (l->kind) {
    case LISTEN_TLS: return at == SOURCE_UNIX || at == SOURCE_NONE ? SR_EBUG : SR_OK;
    case LISTEN_UNIX: return at == SOURCE_UNIX ? SR_OK : SR_EBUG;
    case LISTEN_PLAIN:
        if (at != SOURCE_LOOPBACK)
            return sr_fail(why, SR_EDENIED, R_CONFIG, "door: plain HTTP is served on loopback only");
        return SR_OK;
    case LISTEN_NONE: break;
    }
    return SR_EBUG;
}

static enum sr_err prepare(struct door *d, struct sr_why *why)
{
    bool tls = false;
    for (size_t i = 0; i < d->o.n_listeners; i++) {
        SR_TRY(listener_check(&d->o.listeners[i], why));
        tls |= d->o.listeners[i].kind == LISTEN_TLS;
    }
    if (tls)
        SR_TRY(tls_context(d->o.chain, d->o.key, &d->tls, why));
    d->sources = sources_new();
    d->wide = sources_new();
    d->loops = calloc(d->o.threads, sizeof *d->loops);
    d->busy = calloc(d->o.workers + d->o.wide_workers, sizeof *d->busy);
    return d->sources && d->wide && d->loops && d->busy ? SR_OK : SR_ENOMEM;
}

static enum sr_err run(struct door *d)
{
    for (; d->n_loops < d->o.threads; d->n_loops++) {
        struct loop *l = &d->loops[d->n_loops];
        enum sr_err e = loop_open(l, d);
        if (e == SR_OK && pthread_create(&l->thread, NULL, loop_main, l) != 0)
            e = SR_EIO;
        if (e != SR_OK) {
            loop_close(l);
            return e;
        }
    }
    return SR_OK;
}

static void wake(struct door *d)
{
    for (size_t i = 0; i < d->n_loops; i++)
        (void)!write(d->loops[i].wake.fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

void door_stop(struct door *d)
{
    if (!d)
        return;
    atomic_store(&d->stop, true);
    wake(d);
    for (size_t i = 0; i < d->n_loops; i++)
        pthread_join(d->loops[i].thread, NULL);
    for (size_t i = 0; i < d->n_loops; i++)
        loop_close(&d->loops[i]);
    for (size_t i = 0; i < d->o.n_listeners; i++)
        close(d->o.listeners[i].fd);
    SSL_CTX_free(d->tls);
    sources_free(d->sources);
    sources_free(d->wide);
    pthread_mutex_destroy(&d->lock);
    free(d->loops);
    free(d->busy);
    free(d);
}

enum sr_err door_start(struct door **ret, const struct door_options *o, struct sr_why *why)
{
    struct door *d = calloc(1, sizeof *d);
    if (!d) {
        for (size_t i = 0; i < o->n_listeners; i++)
            close(o->listeners[i].fd);
        return SR_ENOMEM;
    }
    d->o = *o;
    pthread_mutex_init(&d->lock, NULL);
    enum sr_err e = prepare(d, why);
    if (e == SR_OK)
        e = run(d);
    if (e == SR_OK)
        *ret = d;
    else
        door_stop(d);
    return e;
}

enum sr_err door_reload(struct door *d, const char *chain, const char *key, struct sr_why *why)
{
    SSL_CTX *fresh = NULL;
    SR_TRY(tls_context(chain, key, &fresh, why));
    pthread_mutex_lock(&d->lock);
    SSL_CTX *old = d->tls;
    d->tls = fresh;
    pthread_mutex_unlock(&d->lock);
    SSL_CTX_free(old); /* connections hold it as long as they need it */
    return SR_OK;
}

unsigned door_connections(const struct door *d)
{
    return atomic_load(&d->tcp) + atomic_load(&d->local);
}

void door_drain(struct door *d)
{
    atomic_store(&d->draining, true);
    wake(d);
}
