#pragma once
/* call.h - one request, from its first line to its answer, whatever engine brings it. Used by one thread. */
#include "node/http.h"

#include <stdatomic.h>
#include <time.h>

/* What all calls share. */
struct calls {
    struct node *node;
    const struct http_options *o;
    atomic_size_t body_memory; /* bytes promised to bodies now */
};

struct call {
    struct calls *calls;
    const struct protocol *protocol; /* NULL: none has the path */
    const struct route *route;
    struct request req;
    bool judged, answered;
    enum sr_err refused; /* decided on the headers alone */
    struct sr_why why;
    char allow[32];
    struct buf body;
    size_t reserved; /* of body_memory */
    struct timespec began;
};

#define CALL_CHUNKED UINT64_MAX

void call_begin(struct call *call, struct calls *calls); /* draws the request's id */
/* Decides on the headers, in call->req, and the announced length: route, access, type, size, memory. On
 * anything but SR_OK call_answer() may be asked at once. */
enum sr_err call_judge(struct call *call, uint64_t length);
void call_take(struct call *call, struct span piece); /* of the body; past the limit it is not kept */
/* Runs the handler, or words the refusal; either way r is filled and the request is reported. */
void call_answer(struct call *call, struct reply *r);
void call_drop(struct call *call); /* reports it if nobody had an answer */
