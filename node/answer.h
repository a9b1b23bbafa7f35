#pragma once
/* answer.h - follows what the engine answers, so that the door knows where an answer ends. Pure. */
#include "crypto/bytes.h"
#include "crypto/err.h"

/* {0} is the start of an answer. */
struct answer {
    enum { ANSWER_HEAD, ANSWER_BODY, ANSWER_DONE } at;
    uint64_t left; /* bytes of the body still to come */
    bool close;    /* the engine says that this is the last one */
    bool begun;    /* its final head was seen: more than 100 Continue */
};

/* Of the bytes got, *pass may go on to the client. They are gone with at the next call. A head is passed
 * whole or not at all. SR_EFORMAT: not what our engine says; SR_ETOOBIG: got is full (cap bytes) and no head
 * in it. */
enum sr_err answer_next(struct answer *a, struct span got, size_t cap, size_t *pass);
