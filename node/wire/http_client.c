#include "node/wire/http_client.h"

#include "crypto/url.h"
#include "node/wire/http_verdict.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct curl_slist slist;
SR_DEFINE_OWN_PTR(slist, curl_slist_free_all)

struct http_client {
    CURL *curl;
    char base[512];
    struct http_client_options o;
    struct http_reply *reply; /* of the call that runs */
    const char *keep;         /* of the call that runs */
    uint8_t binding[CHANNEL_BINDING_SIZE];
    enum sr_err bound;
};

void http_reply_drop(struct http_reply *r)
{
    buf_drop(&r->body);
    buf_drop(&r->kept);
    *r = (struct http_reply){ 0 };
}

/* The exporter is only at hand while the connection is curl's current one: taken as its answer arrives. */
static void take_binding(struct http_client *c)
{
    static const char label[] = "EXPORTER-sealring-v1";
    struct curl_tlssessioninfo *info = NULL;
    c->bound = SR_ENOENT;
    if (curl_easy_getinfo(c->curl, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info || !info->internals)
        return;
    c->bound = SSL_export_keying_material(info->internals, c->binding, sizeof c->binding, label,
                                          sizeof label - 1, NULL, 0, 0) == 1
                   ? SR_OK
                   : SR_EIO;
}

static size_t on_body(char *data, size_t size, size_t n, void *cls)
{
    struct http_client *c = cls;
    if (c->reply->body.n + size * n > (c->o.reply_max ? c->o.reply_max : CLIENT_REPLY_MAX))
        return 0;
    wr_span(&c->reply->body, (struct span){ (const uint8_t *)data, size * n });
    return buf_ok(&c->reply->body) ? size * n : 0;
}

/* The header that the caller wants. 0: it comes twice, or is too long. */
static size_t keep_header(struct http_client *c, const char *data, size_t all)
{
    size_t at = c->keep ? strlen(c->keep) : all;
    if (all <= at || data[at] != ':' || strncasecmp(data, c->keep, at) != 0)
        return all;
    for (at++; at < all && (data[at] == ' ' || data[at] == '\t'); at++)
        continue;
    while (all > at && (data[all - 1] == '\r' || data[all - 1] == '\n'))
        all--;
    if (c->reply->kept.n || all - at > CLIENT_HEADER_MAX)
        return 0;
    wr_span(&c->reply->kept, (struct span){ (const uint8_t *)data + at, all - at });
    return buf_ok(&c->reply->kept) ? all : 0;
}

static size_t on_header(char *data, size_t size, size_t n, void *cls)
{
    static const char id[] = "x-request-id:";
    struct http_client *c = cls;
    size_t all = size * n, at = sizeof id - 1, len = 0;
    if (all >= 5 && memcmp(data, "HTTP/", 5) == 0)
        take_binding(c);
    if (keep_header(c, data, all) == 0)
        return 0;
    if (all <= at || strncasecmp(data, id, at) != 0)
        return all;
    while (at < all && data[at] == ' ')
        at++;
    while (at < all && data[at] > ' ' && data[at] < 127 && len + 1 < sizeof c->reply->request_id)
        c->reply->request_id[len++] = data[at++];
    c->reply->request_id[len] = 0;
    return all;
}

enum sr_err http_client_new(const struct http_client_options *o, struct http_client **ret)
{
    bool known = url_of_node(span_of(o->base)) || strncmp(o->base, "unix:/", 6) == 0;
    if (!known || strlen(o->base) >= sizeof((struct http_client *)0)->base)
        return SR_EFORMAT;
    struct http_client *c = calloc(1, sizeof *c);
    CURL *curl = curl_easy_init();
    if (!c || !curl) {
        free(c);
        curl_easy_cleanup(curl);
        return SR_ENOMEM;
    }
    *c = (struct http_client){ .curl = curl, .o = *o, .bound = SR_ENOENT };
    snprintf(c->base, sizeof c->base, "%s", o->base);
    *ret = c;
    return SR_OK;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    free(c);
}

void http_client_timeout(struct http_client *c, unsigned ms)
{
    c->o.timeout_ms = ms;
}

enum sr_err http_client_binding(const struct http_client *c, uint8_t ret[static CHANNEL_BINDING_SIZE])
{
    if (c->bound == SR_OK)
        memcpy(ret, c->binding, sizeof c->binding);
    return c->bound;
}

static void set_url(struct http_client *c, const char *path)
{
    char url[2048];
    bool local = strncmp(c->base, "unix:", 5) == 0;
    snprintf(url, sizeof url, "%s%s", local ? "http://localhost" : c->base, path);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    if (local)
        curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->base + 5);
}

static int on_progress(void *cls, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t e)
{
    const struct http_client *c = cls;
    (void)a;
    (void)b;
    (void)d;
    (void)e;
    return c->o.stop(c->o.stop_ctx);
}

static void set_stop(struct http_client *c)
{
    if (!c->o.stop)
        return;
    curl_easy_setopt(c->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c->curl, CURLOPT_XFERINFODATA, c);
}

static void set_tls(struct http_client *c)
{
    CURL *h = c->curl;
    bool vendor = c->o.peer == HTTP_VENDOR, checked = vendor || c->o.ca_file;
    curl_easy_setopt(h, CURLOPT_SSLVERSION,
                     vendor ? (long)CURL_SSLVERSION_TLSv1_2 : (long)CURL_SSLVERSION_TLSv1_3);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, checked ? 1L : 0L);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, checked ? 2L : 0L);
    if (c->o.ca_file)
        curl_easy_setopt(h, CURLOPT_CAINFO, c->o.ca_file);
}

static void set_options(struct http_client *c)
{
    CURL *h = c->curl;
    curl_easy_reset(h); /* keeps the connection */
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set_tls(c);
    set_stop(c);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(c->o.timeout_ms ? c->o.timeout_ms : 30000));
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(c->o.connect_ms ? c->o.connect_ms : 5000));
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
}

static slist *header(slist *list, const char *name, const char *value)
{
    char line[1024];
    int n = snprintf(line, sizeof line, "%s: %s", name, value);
    return n > 0 && (size_t)n < sizeof line ? curl_slist_append(list, line) : list;
}

static void set_call(struct http_client *c, const struct http_call *call)
{
    CURL *h = c->curl;
    set_url(c, call->path);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, call->method);
    if (strcmp(call->method, "GET") == 0)
        return;
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, call->body.n ? (const char *)call->body.p : "");
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
}

enum sr_err http_client_call(struct http_client *c, const struct http_call *call, struct http_reply *ret,
                             struct sr_why *why)
{
    long status = 0;
    set_options(c);
    set_call(c, call);
    SR_OWN_PTR(slist) headers = curl_slist_append(NULL, "Expect:");
    headers = header(headers, "Accept", "*/*");
    if (call->type)
        headers = header(headers, "Content-Type", call->type);
    if (call->authorization)
        headers = header(headers, "Authorization", call->authorization);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);

    http_reply_drop(ret);
    c->reply = ret;
    c->keep = call->keep;
    CURLcode code = curl_easy_perform(c->curl);
    c->reply = NULL;
    if (code != CURLE_OK) {
        c->bound = SR_ESTALE;
        return sr_fail(why, SR_EIO, R_NO_ANSWER, "%s %s at %s: %s", call->method, call->path, c->base,
                       curl_easy_strerror(code));
    }
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    ret->status = (unsigned)status;
    return http_verdict(c->base, call, ret, why);
}
