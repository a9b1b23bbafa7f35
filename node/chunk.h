#pragma once
/* chunk.h - a chunked body (RFC 9112, 7.1), strictly: no extensions, no trailers, canonical sizes. Pure. */
#include "crypto/bytes.h"
#include "crypto/err.h"

/* {0} is the start of a body. */
struct chunk {
    enum {
        CHUNK_SIZE,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_CR,
        CHUNK_LF,
        CHUNK_END_CR,
        CHUNK_END_LF,
        CHUNK_DONE
    } at;
    unsigned digits; /* of the size line so far; 8 at most */
    uint64_t left;   /* bytes of this chunk still to come */
    uint64_t total;  /* bytes of all chunks announced so far */
};

/* Goes through in until some data is found or nothing is left: *used bytes are done with, *data (inside in,
 * may be empty) is body. SR_EFORMAT, R_HTTP_CHUNK; SR_ETOOBIG, R_TOO_LARGE: over max bytes in all. */
enum sr_err chunk_next(struct chunk *c, struct span in, uint64_t max, size_t *used, struct span *data,
                       struct sr_why *why);
