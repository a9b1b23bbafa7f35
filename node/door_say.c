#include "crypto/secret.h"
#include "crypto/text.h"
#include "node/door.h"

static const struct said {
    enum sr_reason reason;
    int status;
    const char *phrase;
} said[] = {
    { R_TIMEOUT, 408, "Request Timeout" },
    { R_TOO_LARGE, 413, "Content Too Large" },
    { R_URI_LONG, 414, "URI Too Long" },
    { R_HTTP_ENCODING, 415, "Unsupported Media Type" },
    { R_HTTP_EXPECT, 417, "Expectation Failed" },
    { R_HEAD_LARGE, 431, "Request Header Fields Too Large" },
    { R_OUTCOME_UNKNOWN, 500, "Internal Server Error" },
    { R_INTERNAL, 500, "Internal Server Error" },
    { R_HTTP_METHOD, 501, "Not Implemented" },
    { R_HTTP_UPGRADE, 501, "Not Implemented" },
    { R_BUSY, 503, "Service Unavailable" },
    { R_HTTP_VERSION, 505, "HTTP Version Not Supported" },
};

static struct said find(enum sr_reason reason)
{
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].reason == reason)
            return said[i];
    return (struct said){ reason, 400, "Bad Request" };
}

int door_status(enum sr_reason reason)
{
    return find(reason).status;
}

void door_request_id(char ret[static REQUEST_ID])
{
    uint8_t b[(REQUEST_ID - 1) / 2];
    random_fill(b, sizeof b);
    hex_text(SPAN(b), ret);
}

void door_say(enum sr_reason reason, const char *id, struct buf *out)
{
    struct said s = find(reason);
    SR_OWN(buf) body = { 0 };
    wr_fmt(&body, "{\"error\":{\"reason\":\"%s\",\"request_id\":\"%s\"}}\n", sr_reason_text(reason), id);
    wr_fmt(out, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n", s.status,
           s.phrase, body.n);
    wr_fmt(out, "X-Request-Id: %s\r\nCache-Control: no-store\r\nConnection: close\r\n", id);
    wr_text(out, s.status == 503 ? "Retry-After: 1\r\n\r\n" : "\r\n");
    wr_span(out, buf_span(&body));
}
