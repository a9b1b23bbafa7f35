#include "node/node.h"

#include "crypto/file.h"

#include "node/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NONCES = 65536, SESSIONS = 1024 };

static const char *const states[] = {
    [NODE_EMPTY] = "empty",   [NODE_PROVISIONAL] = "provisional", [NODE_MEMBER] = "member",
    [NODE_FAILED] = "failed", [NODE_STOPPING] = "stopping",       [NODE_EXPELLED] = "expelled",
};

const char *node_state_text(enum node_state s)
{
    return states[s];
}

static enum sr_err open_store(struct node *n, struct sr_why *why)
{
    char url[CONFIG_TEXT + 32];
    if (mkdir(n->config->state_dir, 0700) && errno != EEXIST)
        return sr_fail(why, SR_EIO, R_CONFIG, "state-dir: %s", strerror(errno));
    snprintf(url, sizeof url, "sqlite:%s/store.db", n->config->state_dir);
    return store_open(url, &n->store, why);
}

static enum sr_err open_collateral(struct node *n)
{
    snprintf(n->collateral_keep, sizeof n->collateral_keep, "%s/collateral", n->config->state_dir);
    const struct collateral_holder_options o = { .dir = n->config->collateral_dir,
                                                 .keep = n->collateral_keep,
                                                 .log = &n->log };
    return collateral_holder_new(&o, &n->collateral);
}

enum sr_err node_start_fetcher(struct node *n)
{
    const struct config *c = n->config;
    const struct collateral_actor_options o = {
        .holder = n->collateral,
        .log = &n->log,
        .dir = c->collateral_dir,
        .sources = { .pccs = c->pccs_url, .kds = c->kds_url, .ca_file = c->collateral_ca },
        .refresh_s = (unsigned)c->collateral_refresh
    };
    if (!c->collateral_dir[0] && !c->pccs_url[0] && !c->kds_url[0])
        return SR_OK;
    return collateral_actor_start(&o, &n->fetcher);
}

/* From the platform's thread, or from one that waited for it in vain. */
static void on_health(void *ctx, bool healthy, const struct sr_why *why)
{
    struct node *n = ctx;
    if (!healthy) {
        log_refusal(&n->log, LOG_ERROR, "platform-failed", SR_EIO, why);
        return;
    }
    struct logline l = log_start(&n->log, LOG_INFO, "platform-answers");
    log_end(&l);
}

static enum sr_err open_platform(struct node *n, struct sr_why *why)
{
    enum { CHAIN_MAX = 64 << 10 };
    struct platform p = { 0 };
    SR_OWN(buf) chain = { 0 };
    struct platform_options o = { .tcti = n->config->tcti,
                                  .event_log = n->config->event_log,
                                  .dir = n->config->state_dir,
                                  .tsm_dir = n->config->tsm_report_dir,
                                  .seal = n->config->seal,
                                  .deadline_ms = (unsigned)n->config->quote_ms };
    struct tpm_actor_options actor = { .queue = (size_t)n->config->quote_queue,
                                       .deadline_ms = (unsigned)n->config->quote_ms,
                                       .on_health = on_health,
                                       .ctx = n };
    if (n->config->ek_chain[0])
        SR_TRY(file_read(n->config->ek_chain, CHAIN_MAX, &chain, why));
    o.ek_chain = buf_span(&chain);
    SR_TRY(platform_open(span_of(n->config->platform), &o, &p, why));
    SR_TRY(tpm_actor_start(&p, &actor, &n->tpm));
    return tpm_actor_self_claims(n->tpm, &n->self, why);
}

static enum sr_err draw(struct node *n)
{
    struct nonce_set **const sets[] = { &n->nonces, &n->requests, &n->member_requests, &n->refused,
                                        &n->enrolled };
    uint8_t seed[16];
    random_fill(n->nonce_key.b, sizeof n->nonce_key.b);
    random_fill(n->enrol_key.b, sizeof n->enrol_key.b);
    random_fill(n->boot, sizeof n->boot);
    sign_random(&n->id, &n->id_pub);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        random_fill(seed, sizeof seed);
        SR_TRY(nonce_set_new(NONCES, seed, sets[i]));
    }
    return sessions_new(SESSIONS, &n->sessions);
}

enum sr_err node_open(struct node *n, const struct config *c, struct sr_why *why)
{
    pthread_condattr_t clock;
    n->config = c;
    n->started = clock_unix();
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->wake, &clock);
    pthread_condattr_destroy(&clock);
    SR_TRY(draw(n));
    SR_TRY(open_store(n, why));
    SR_TRY(open_collateral(n));
    return open_platform(n, why);
}

void node_close(struct node *n)
{
    collateral_actor_stop(n->fetcher);
    core_close(atomic_exchange(&n->core, NULL), n->boot);
    tpm_actor_stop(n->tpm);
    store_close(n->store);
    collateral_holder_free(n->collateral);
    sessions_free(n->sessions);
    nonce_set_free(n->nonces);
    nonce_set_free(n->requests);
    nonce_set_free(n->member_requests);
    nonce_set_free(n->refused);
    nonce_set_free(n->enrolled);
    key_drop(&n->nonce_key);
    key_drop(&n->enrol_key);
    sign_key_drop(&n->id);
    pthread_cond_destroy(&n->wake);
    pthread_mutex_destroy(&n->lock);
}

enum sr_err node_core(struct node *n, struct core **ret, struct sr_why *why)
{
    struct core *c = atomic_load(&n->core);
    if (!c && node_state(n) == NODE_PROVISIONAL)
        return sr_fail(why, SR_EBUSY, R_PROVISIONAL, "not a member yet");
    if (!c && node_state(n) == NODE_EXPELLED)
        return sr_fail(why, SR_EBUSY, R_EXPELLED, "the policy expelled the member of this folder");
    if (!c || node_state(n) != NODE_MEMBER)
        return sr_fail(why, SR_EBUSY, R_NOT_READY, "no member of a network");
    *ret = c;
    return SR_OK;
}

void node_publish(struct node *n, struct core *take)
{
    atomic_store(&n->core, take);
    node_set_state(n, NODE_MEMBER);
}

void node_set_state(struct node *n, enum node_state s)
{
    atomic_store(&n->state, (int)s);
}

enum node_state node_state(struct node *n)
{
    return (enum node_state)atomic_load(&n->state);
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

bool node_sleep(struct node *n, unsigned ms)
{
    struct timespec until = in_ms(ms);
    int rc = 0;
    pthread_mutex_lock(&n->lock);
    while (!n->stop && !n->sync_now && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&n->wake, &n->lock, &until);
    bool stop = n->stop;
    n->sync_now = false;
    pthread_mutex_unlock(&n->lock);
    return stop;
}

bool node_doze(struct node *n, unsigned ms)
{
    struct timespec until = in_ms(ms);
    pthread_mutex_lock(&n->lock);
    if (!n->stop)
        (void)pthread_cond_timedwait(&n->wake, &n->lock, &until);
    bool stop = n->stop;
    pthread_mutex_unlock(&n->lock);
    return stop;
}

bool node_stopping(struct node *n)
{
    pthread_mutex_lock(&n->lock);
    bool stop = n->stop;
    pthread_mutex_unlock(&n->lock);
    return stop;
}

void node_stop(struct node *n)
{
    pthread_mutex_lock(&n->lock);
    n->stop = true;
    pthread_cond_broadcast(&n->wake);
    pthread_mutex_unlock(&n->lock);
    tpm_actor_quit(n->tpm);
}
