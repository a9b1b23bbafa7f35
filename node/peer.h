#pragma once
/* peer.h - calls to another node, signed with our member key where it wants to know who asks. One thread. */
#include "node/home.h"
#include "node/wire/http_client.h"

struct node;

struct peer_link {
    struct http_client *http;
    const struct home *home; /* whose key signs; NULL: nothing is signed */
    struct http_reply reply; /* of the last call */
    uint64_t until_ms;       /* CLOCK_BOOTTIME: no call runs beyond it; 0: each has its own time alone */
};
void peer_link_drop(struct peer_link *p);

/* base: "https://host:port" or "http://127.0.0.1:port". Calls end when the node stops. */
enum sr_err peer_open(struct node *n, const char *base, const struct home *home, struct peer_link *ret,
                      struct sr_why *why);
/* The reply's body is in p->reply until the next call. */
enum sr_err peer_get(struct peer_link *p, const char *path, struct sr_why *why);
enum sr_err peer_post(struct peer_link *p, const char *path, const char *type, struct span body,
                      struct sr_why *why);
enum sr_err peer_get_signed(struct peer_link *p, const char *path, struct sr_why *why);
enum sr_err peer_post_signed(struct peer_link *p, const char *path, const char *type, struct span body,
                             struct sr_why *why);
