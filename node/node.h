#pragma once
/* node.h - one running daemon. No globals: everything hangs here and is passed on. specs/node.md has the
 * state machine and the order of start and stop.
 *
 *   empty --genesis, or a join's M4--> provisional --genesis leaf, or M6--> member
 *
 * A provisional node serves nothing but its health: routes ask node_core(), which is NULL until the member's
 * whole core exists. */
#include "node/collateral_actor.h"
#include "node/config.h"
#include "node/core.h"
#include "node/http.h"
#include "node/metrics.h"
#include "node/sessions.h"

#include <pthread.h>

enum node_state { NODE_EMPTY, NODE_PROVISIONAL, NODE_MEMBER, NODE_FAILED, NODE_STOPPING, NODE_EXPELLED };
/* As status says it; static text. */
const char *node_state_text(enum node_state s);

struct node {
    const struct config *config;
    struct logger log;
    struct metrics metrics;
    struct store *store;
    struct tpm_actor *tpm;
    struct claims self; /* what our own evidence would claim: read once, nothing changes it while we run */
    struct nonce_set *nonces;
    struct nonce_set *requests, *member_requests; /* ids of signed requests: tenants', members' */
    struct nonce_set *refused, *enrolled;         /* challenges whose one leaf is written */
    struct sessions *sessions;
    struct collateral_holder *collateral;
    struct collateral_actor *fetcher;       /* NULL: no folder and no source is configured */
    char collateral_keep[CONFIG_TEXT + 16]; /* folder in state-dir */
    struct http *http;

    /* drawn at the start, never stored */
    struct key nonce_key, enrol_key;
    struct sign_key id;
    struct sign_pub id_pub;
    uint8_t boot[16];
    uint64_t started; /* unix seconds */
    bool sandboxed;

    _Atomic(int) state;          /* enum node_state */
    _Atomic(struct core *) core; /* set once */

    pthread_mutex_t lock; /* guards stop and sync_now */
    pthread_cond_t wake;
    bool stop, sync_now;
};

/* Everything that needs no network: store, platform, per-boot keys. c is borrowed. */
enum sr_err node_open(struct node *n, const struct config *c, struct sr_why *why);
void node_close(struct node *n);
/* The thread that gets collateral, after the sandbox; nothing when there is nothing to get it from. It is
 * stopped after the last handler and the life thread have ended. */
enum sr_err node_start_fetcher(struct node *n);

/* The member's core; SR_EBUSY with R_PROVISIONAL, R_EXPELLED or R_NOT_READY while there is none. */
enum sr_err node_core(struct node *n, struct core **ret, struct sr_why *why);
/* From the life thread: from here on, routes serve. Takes the core. */
void node_publish(struct node *n, struct core *take);
void node_set_state(struct node *n, enum node_state s);
enum node_state node_state(struct node *n);

/* Waits that long, or until the node stops or sync_wake(); true: it stops. */
bool node_sleep(struct node *n, unsigned ms);
/* The same for a second thread: whatever wakes the first ends it too, and is left to the first. */
bool node_doze(struct node *n, unsigned ms);
bool node_stopping(struct node *n);
void node_stop(struct node *n); /* wakes every node_sleep() */
