#pragma once
/* http_client.h - outgoing HTTP and HTTPS by libcurl: what joiners, members and clients call other nodes
 * with, and what fetches vendors' documents.
 *
 * TLS here is privacy and hygiene only: peers are judged by their evidence and the pinned cid, never by a
 * certificate, so no certificate authority is consulted unless the caller names one. What the connection
 * does give is its exporter value (RFC 8446 §7.5, label EXPORTER-sealring-v1), which both ends hash into
 * their transcripts. One client keeps one connection to one node alive; it is not thread safe. */
#include "crypto/bytes.h"
#include "crypto/err.h"

struct http_client;

enum { CLIENT_REPLY_MAX = 4 << 20, CLIENT_HEADER_MAX = 32 << 10, CHANNEL_BINDING_SIZE = 32 };

enum http_peer {
    HTTP_NODE,  /* TLS 1.3; its certificate is checked against ca_file when there is one */
    HTTP_VENDOR /* TLS 1.2 or 1.3; always checked, against ca_file or the system's authorities */
};

struct http_client_options {
    const char *base; /* "https://host:port", "http://127.0.0.1:port" or "unix:/path/to/socket" */
    enum http_peer peer;
    const char *ca_file; /* PEM: check the certificate against it; NULL: as peer says */
    unsigned timeout_ms; /* for a whole call; 0 means 30,000 */
    unsigned connect_ms; /* 0 means 5,000 */
    size_t reply_max;    /* bytes of a body; 0 means CLIENT_REPLY_MAX */
    bool (*stop)(
        void *ctx); /* asked while a call waits, about once a second; true ends it. NULL: nobody asks */
    void *stop_ctx;
};

struct http_reply {
    unsigned status;
    struct buf body;
    struct buf kept; /* the header that the call asked to keep, without its name; empty: it did not come */
    char reason[64]; /* the peer's reason code of an error, "" when it gave none */
    char request_id[64]; /* the peer's X-Request-Id, "" when it gave none */
};
void http_reply_drop(struct http_reply *r);

/* SR_EFORMAT: base is none of the three forms. The client is freed with http_client_free(). */
enum sr_err http_client_new(const struct http_client_options *o, struct http_client **ret);
void http_client_free(struct http_client *c);
/* For SR_OWN. */
struct http_client_hold {
    struct http_client *c;
};
static inline void http_client_hold_drop(struct http_client_hold *h)
{
    http_client_free(h->c);
    h->c = NULL;
}

/* How this connection is bound: SR_OK and 32 bytes on TLS once a call was answered on it, SR_ENOENT on plain
 * connections ("none"), SR_ESTALE when the last call's connection is gone. */
enum sr_err http_client_binding(const struct http_client *c, uint8_t ret[static CHANNEL_BINDING_SIZE]);

/* From here on calls take no longer than this, as said for timeout_ms. */
void http_client_timeout(struct http_client *c, unsigned ms);

struct http_call {
    const char *method;        /* "GET", "POST", "PUT", "DELETE" */
    const char *path;          /* from the slash, with its query */
    const char *type;          /* of the body; NULL: none is sent */
    const char *authorization; /* the header's value, NULL: none */
    const char *keep;          /* name of a header of the answer, in lower case; NULL: none */
    struct span body;
};

/* One call. SR_OK: any answer with a status of 200 to 299 is in ret. Otherwise the status decides, as the
 * nodes map errors to statuses: 400 SR_EFORMAT, 401 SR_EAUTH, 403 SR_EDENIED, 404 SR_ENOENT, 409 SR_ESTALE,
 * 413 SR_ETOOBIG, 503 SR_EBUSY, others and no answer at all SR_EIO; the peer's code is in ret->reason, and
 * why says which call to whom failed. ret is replaced. Redirects are not followed; proxies are not used. */
enum sr_err http_client_call(struct http_client *c, const struct http_call *call, struct http_reply *ret,
                             struct sr_why *why);
