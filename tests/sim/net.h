#pragma once
/* net.h - the network between machines, in place of libcurl and of the door: a request is carried to the
 * table of routes behind which the addressed machine's doors would be, and the answer back, as the weather
 * has it. */
#include "node/call.h"
#include "tests/sim/sim.h"

struct http { /* the doors of one process */
    struct host *host;
    struct http_options o;
    struct calls calls;
    bool draining;
    unsigned running; /* handlers */
};

/* One request on its way, and its answer. Lives as long as the process does. */
struct packet {
    int from, to;
    unsigned boot; /* of the addressee, when it was sent: 0 none */
    enum method method;
    struct buf path, type, authorization, body;
    bool tls;
    uint8_t binding[32];
    bool local; /* by the administrator's socket */
    uint64_t sent_us;
    unsigned from_boot; /* of the sender, when it was sent */
    uint64_t delay_us;  /* on its way there */
    bool copy;          /* its answer goes nowhere */
    bool answered;
    struct reply reply;
    char id[REQUEST_ID];
};

bool net_reaches(int from, int to);
uint64_t net_delay(void);
/* Carries it, perhaps twice, perhaps never. Wakes whoever waits for p when the answer is there. */
void net_send(struct packet *p);
/* On the machine itself, if its process runs. */
void net_local(struct packet *p);
/* Somebody who recorded them sends one of the last requests to that machine again. */
void net_echo(int to, unsigned which);
