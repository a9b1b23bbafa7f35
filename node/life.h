#pragma once
/* life.h - the life of a node after its doors are open, in one thread: find the masters on disk, or make them
 * (genesis), or get them (join); then serve, and talk to the other members until the end. specs/node.md. */
#include "node/node.h"
#include "node/serve.h"

struct life;

struct life_options {
    char address[CONFIG_TEXT]; /* ours, for the member certificate */
    /* What a bootstrap node does instead of joining: genesis, or recovery; NULL for all others. May find that
     * an earlier one was cut short: home then holds what it left. */
    enum sr_err (*genesis)(struct node *n, const char *address, struct home *home, struct core **ret,
                           struct sr_why *why);
    /* With genesis, when state-dir holds a member: SR_OK when it came from the same parameters. */
    enum sr_err (*genesis_was_this)(struct node *n, const struct home *home, struct sr_why *why);
    void (*on_ready)(struct node *n, void *ctx); /* once, when this node is a member and serves */
    void *ctx;
};

/* Starts the thread that makes this node a member and keeps it one. SR_ENOMEM; SR_EIO: no thread. */
enum sr_err life_start(struct node *n, const struct life_options *o, struct life **ret);
/* After node_stop(): waits for the thread. true: the node ended on an error of its own. NULL is fine. */
bool life_join(struct life *l);
