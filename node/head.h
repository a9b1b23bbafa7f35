#pragma once
/* head.h - one HTTP/1.1 request head, read strictly and written anew. specs/door.md. Pure.
 * The spans of a struct head borrow from the bytes it was read from. */
#include "crypto/bytes.h"
#include "crypto/err.h"

enum method { GET = 1, POST, PUT, DELETE, LIST };

enum {
    HEAD_MAX = 8 << 10, /* bytes of a whole head, the empty line included */
    HEAD_WIDE_MAX =
        256 << 10,          /* of one that may be wide, whose Authorization and Cookie do not count above */
    HEAD_TARGET_MAX = 2048, /* bytes of path and query */
    HEAD_FIELDS_MAX = 48,   /* header lines */
    HEAD_SEGMENTS_MAX = 16, /* path segments */
    HEAD_REBUILT_MAX = HEAD_MAX + 256, /* what head_write() makes of it; of a wide one, as much more */
    HEAD_WIDE_REBUILT_MAX = HEAD_WIDE_MAX + 256,
};

enum framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED };

struct head {
    enum method method;
    struct span path;  /* "/" or ("/" segment)+; a segment is [A-Za-z0-9._-]+ and not only dots */
    struct span query; /* after '?', raw: [A-Za-z0-9._~:@/,=&+-]*; empty when there is none */
    enum framing framing;
    uint64_t length; /* bytes of the body with FRAMING_LENGTH */
    bool close;      /* the client asked for it, or speaks HTTP/1.0 */
    bool http10;
    bool expects_continue;
    struct span host, type, authorization, accept, cookie, vault_token; /* empty: not sent */
};

const char *method_name(enum method m);  /* NULL for none of them */
enum method method_of(struct span name); /* 0 for none of them */

/* The most that a head may have which begins so: HEAD_WIDE_MAX once its request line is there and asks for
 * something below /kbs/v0/, where clients bear tokens with all their evidence in them; else HEAD_MAX. */
size_t head_limit(struct span got);

/* Looks for the end of a head in what has come so far; *pos is where it stopped and starts again (0 first).
 * SR_OK: whole, *pos bytes long. SR_EBUSY: more must come. SR_EFORMAT: a byte that no head holds (NUL, a bare
 * CR or LF, a control character); R_HTTP_LINE. SR_ETOOBIG: over its limit; R_HEAD_LARGE, or R_URI_LONG
 * when the first line alone is too long. */
enum sr_err head_find(struct span got, size_t *pos, struct sr_why *why);

/* Reads one whole head, from the method to the empty line. SR_EFORMAT or SR_ETOOBIG, with a reason that
 * door_status() (door.h) turns into a status. */
enum sr_err head_parse(struct span whole, struct head *ret, struct sr_why *why);

/* Writes the head as the engine behind the door gets it: only fields known here, each once, in one spelling.
 */
void head_write(const struct head *h, struct buf *out);
