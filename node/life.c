#include "node/life.h"

#include "node/cosigners.h"
#include "node/destruction.h"
#include "node/expel.h"
#include "node/joiner.h"
#include "node/lease_actor.h"
#include "node/notify.h"
#include "node/recoverable.h"
#include "node/sync.h"
#include "proto/cid.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKOFF_FIRST = 500, BACKOFF_MAX = 30000 }; /* ms */

struct life {
    struct node *node;
    struct life_options o;
    pthread_t thread;
    bool failed;
};

static void say(struct node *n, enum log_level level, const char *msg, const char *key, const char *value)
{
    struct logline l = log_start(&n->log, level, msg);
    if (key)
        log_text(&l, key, value);
    log_end(&l);
}

static enum sr_err pinned(const struct node *n, struct sha256 *ret, const struct sha256 **ret_or_none,
                          struct sr_why *why)
{
    *ret_or_none = NULL;
    if (!n->config->cid[0])
        return SR_OK;
    SR_TRY(cid_parse(span_of(n->config->cid), ret, why));
    *ret_or_none = ret;
    return SR_OK;
}

/* SR_ENOENT: no masters here. A home without a member certificate is left in ret: provisional. */
static enum sr_err find(struct life *l, struct home *ret, struct core **ret_core, struct sr_why *why)
{
    struct sha256 cid;
    const struct sha256 *want;
    SR_OWN(buf) cert = { 0 };
    SR_TRY(pinned(l->node, &cid, &want, why));
    SR_TRY(home_load(l->node->store, l->node->tpm, want, ret, why));
    enum sr_err e = home_get(ret, HOME_MEMBER_CERT, &cert, why);
    if (e != SR_OK)
        return e;
    return core_open(l->node, ret, NULL, ret_core, why);
}

/* After a store has failed for good only a new start finds out what is on disk. To go on asking would have
 * members grant us masters, a leaf each time, that we can never keep. */
static bool hopeless(struct node *n, enum sr_err e)
{
    return e == SR_EBUG || e == SR_ENOMEM || store_sync(n->store, NULL) == SR_EIO;
}

/* Through each configured member in turn, with growing pauses, until it works or the node stops. */
static enum sr_err join(struct life *l, struct home *home, struct core **ret)
{
    struct node *n = l->node;
    const struct config_list *to = &n->config->join;
    unsigned pause = BACKOFF_FIRST;
    for (size_t i = 0;; i++) {
        struct sr_why why = { 0 };
        const char *base = to->v[i % to->n];
        say(n, LOG_INFO, "join-try", "through", base);
        enum sr_err e = joiner_try(n, base, l->o.address, home, ret, &why);
        if (e == SR_OK)
            return SR_OK;
        struct logline line = log_start(&n->log, LOG_WARN, "join-failed");
        log_text(&line, "through", base);
        log_why(&line, e, &why);
        log_num(&line, "again_ms", pause);
        log_end(&line);
        if (hopeless(n, e) || node_sleep(n, pause))
            return e;
        pause = pause * 2 > BACKOFF_MAX ? BACKOFF_MAX : pause * 2;
    }
}

static enum sr_err become(struct life *l, struct core **ret, struct sr_why *why)
{
    struct node *n = l->node;
    SR_OWN(home) home = { 0 };
    enum sr_err e = find(l, &home, ret, why);
    if (e == SR_OK && l->o.genesis) {
        e = l->o.genesis_was_this(n, &(*ret)->home, why);
        if (e != SR_OK)
            core_close(SR_TAKE(*ret), NULL);
        return e;
    }
    if (e != SR_ENOENT)
        return e;
    node_set_state(n, home.epochs ? NODE_PROVISIONAL : NODE_EMPTY);
    if (l->o.genesis)
        return l->o.genesis(n, l->o.address, &home, ret, why);
    if (!n->config->cid[0] || !n->config->join.n)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "no masters here: cid and join say where to get them");
    return join(l, &home, ret);
}

/* Rows of older epochs, sealed anew a few at a time; what is left when the node stops goes on at the next
 * start. */
static void rewrap(struct node *n, struct core *c)
{
    enum { ROWS = 64 };
    size_t left = 0;
    enum sr_err e = keystore_rewrap(c->home.ks, 0, &left); /* how many there are */
    if (e == SR_OK && left == 0)
        return;
    while (e == SR_OK && left > 0 && !node_stopping(n))
        e = keystore_rewrap(c->home.ks, ROWS, &left);
    if (e != SR_OK)
        log_refusal(&n->log, LOG_WARN, "rewrap", e, &(struct sr_why){ 0 });
    else if (left == 0)
        say(n, LOG_INFO, "rewrapped", NULL, NULL);
}

static void destroy(struct node *n, struct core *c)
{
    struct sr_why why = { 0 };
    enum sr_err e = destruction_round(n, c, &why);
    if (e != SR_OK)
        log_refusal(&n->log, LOG_WARN, "destruction", e, &why);
}

/* Masters, log and process: in this order nothing is left. */
static void leave(struct node *n, struct core *c)
{
    struct sr_why why = { 0 };
    enum sr_err e = expel_self(n, c, &why);
    log_refusal(&n->log, LOG_ERROR, "expelled", e, &why);
    kill(getpid(), SIGTERM); /* the main thread's order of stopping is the only one */
}

/* ret_said: not again in each round. */
static void keep_recovery_file(struct node *n, struct core *c, bool *ret_said)
{
    struct sr_why why = { 0 };
    enum sr_err e = recoverable_keep(n, c, &why);
    if (e != SR_OK && !*ret_said)
        log_refusal(&n->log, LOG_WARN, "recovery-file", e, &why);
    *ret_said = e != SR_OK;
}

static void keep_in_touch(struct node *n, struct core *c)
{
    bool said = false;
    if (cosigners_start(c->cosigners) != SR_OK)
        say(n, LOG_ERROR, "no-threads", "for", "witnesses");
    while (!expel_is_due(n, c)) {
        sync_round(n, c);
        rewrap(n, c);
        destroy(n, c);
        keep_recovery_file(n, c, &said);
        if (!expel_is_due(n, c) && node_sleep(n, (unsigned)n->config->sync_seconds * 1000))
            return;
    }
    leave(n, c);
}

/* Nothing here will ever be a member again: say so, until somebody stops us. */
static void *stay_away(struct node *n)
{
    node_set_state(n, NODE_EXPELLED);
    say(n, LOG_ERROR, "expelled", "state", n->config->state_dir);
    notify_systemd("READY=1\nSTATUS=expelled from its network");
    while (!node_sleep(n, 3600 * 1000))
        ;
    return NULL;
}

static void *run(void *arg)
{
    struct life *l = arg;
    struct core *c = NULL;
    struct sr_why why = { 0 };
    if (expel_was(l->node->store))
        return stay_away(l->node);
    enum sr_err e = become(l, &c, &why);
    if (e != SR_OK) {
        l->failed = !node_stopping(l->node);
        if (l->failed) {
            log_refusal(&l->node->log, LOG_ERROR, "start-failed", e, &why);
            node_set_state(l->node, NODE_FAILED);
            kill(getpid(), SIGTERM); /* the main thread's order of stopping is the only one */
        }
        return NULL;
    }
    struct lease_actor *lease = NULL;
    node_publish(l->node, c);
    l->o.on_ready(l->node, l->o.ctx);
    if (lease_actor_start(l->node, c, &lease) != SR_OK)
        say(l->node, LOG_ERROR, "no-lease-actor", NULL, NULL); /* where a policy wants leases, ours lapses */
    keep_in_touch(l->node, c);
    cosigners_stop(c->cosigners); /* whoever waits there is sent away before the engine ends */
    lease_actor_stop(lease);
    return NULL;
}

enum sr_err life_start(struct node *n, const struct life_options *o, struct life **ret)
{
    struct life *l = calloc(1, sizeof *l);
    if (!l)
        return SR_ENOMEM;
    l->node = n;
    l->o = *o;
    if (pthread_create(&l->thread, NULL, run, l)) {
        free(l);
        return SR_EIO;
    }
    *ret = l;
    return SR_OK;
}

bool life_join(struct life *l)
{
    if (!l)
        return false;
    pthread_join(l->thread, NULL);
    bool failed = l->failed;
    free(l);
    return failed;
}
