#pragma once
/* serve.h - the node's doors: listening sockets, the tables behind them, and one log line a request. */
#include "node/node.h"

struct serve {
    struct http_listener listeners[HTTP_LISTENERS];
    size_t n;
    char tls[80], plain[80]; /* "127.0.0.1:8443" as bound; empty: not served */
};

/* Binds what the configuration says. Before the sandbox; nothing is answered yet. */
enum sr_err serve_listen(const struct config *c, struct serve *ret, struct sr_why *why);
/* From here on requests are answered. n->http is set. */
enum sr_err serve_start(struct node *n, const struct serve *s, struct sr_why *why);
/* The URL under which others reach us: the configured one, or the one that was bound. */
void serve_address(const struct config *c, const struct serve *s, char ret[static CONFIG_TEXT]);
