#include "node/route.h"
#include "tests/t.h"

#include <stdlib.h>

static enum sr_err run(struct node *n, const struct request *q, struct reply *r, struct sr_why *why)
{
    (void)n, (void)q, (void)r, (void)why;
    return SR_OK;
}

static const struct route routes[] = {
    { GET, "/healthz", ACCESS_ANYONE, 0, NULL, run },
    { POST, "/v1/keys/{}/wrap", ACCESS_TOKEN, 4096, NULL, run },
    { GET, "/v1/keys/{}", ACCESS_TOKEN, 0, NULL, run },
    { DELETE, "/v1/keys/{}", ACCESS_SIGNED, 0, NULL, run },
    { LIST, "/v1/keys", ACCESS_TOKEN, 0, NULL, run },
    { GET, "/v0/resource/{}/{}/{}", ACCESS_SESSION, 0, NULL, run },
    { GET, "/four/{}/{}/{}/{}", ACCESS_LOCAL, 0, NULL, run },
};
static const struct protocol proto = { "test", routes, 7, route_error };

static const struct row {
    enum method method;
    const char *path;
    enum sr_err want;
    int route;
    const char *said; /* the first argument, or what Allow lists */
} rows[] = {
    { GET, "/healthz", SR_OK, 0, "" },
    { POST, "/healthz", SR_EDENIED, 0, "GET" },
    { 0, "/healthz", SR_EDENIED, 0, "GET" },
    { POST, "/v1/keys/k1/wrap", SR_OK, 1, "k1" },
    { GET, "/v1/keys/k1", SR_OK, 2, "k1" },
    { DELETE, "/v1/keys/k1", SR_OK, 3, "k1" },
    { PUT, "/v1/keys/k1", SR_EDENIED, 0, "GET, DELETE" },
    { LIST, "/v1/keys", SR_OK, 4, "" },
    { GET, "/v1/keys", SR_EDENIED, 0, "LIST" },
    { GET, "/v1/keys/", SR_ENOENT, 0, "" },
    { GET, "/v1/keys/k1/", SR_ENOENT, 0, "" },
    { GET, "/v1/keys//", SR_ENOENT, 0, "" },
    { GET, "/v1/keys/k1/wrap/more", SR_ENOENT, 0, "" },
    { GET, "/V1/keys/k1", SR_ENOENT, 0, "" },
    { GET, "/healthz.", SR_ENOENT, 0, "" },
    { GET, "/healthz/", SR_ENOENT, 0, "" },
    { GET, "//healthz", SR_ENOENT, 0, "" },
    { GET, "/health", SR_ENOENT, 0, "" },
    { GET, "/healthzz", SR_ENOENT, 0, "" },
    { GET, "/v0/resource/a/b/c", SR_OK, 5, "a" },
    { GET, "/v0/resource/a//c", SR_ENOENT, 0, "" },
    { GET, "/v0/resource/a/b", SR_ENOENT, 0, "" },
    { GET, "/four/1/2/3/4", SR_OK, 6, "1" },
    { GET, "/four/1/2/3/4/5", SR_ENOENT, 0, "" },
    { GET, "/", SR_ENOENT, 0, "" },
    { GET, "", SR_ENOENT, 0, "" },
    { GET, "healthz", SR_ENOENT, 0, "" },
};

static void one_loop_finds_routes_missing_paths_and_wrong_methods(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *t = &rows[i];
        const struct route *got = NULL;
        struct sr_why why = { 0 };
        char allow[32] = "";
        struct request req = { .method = t->method, .path = span_of(t->path) };
        T_ROW(route_find(&proto, &req, &got, allow, &why) == t->want, t->path);
        if (t->want == SR_OK) {
            T_ROW(got == &routes[t->route], t->path);
            T_ROW(span_eq(req.arg[0], span_of(t->said)), t->path);
        } else {
            T_ROW(got == NULL && req.arg[0].p == NULL, t->path);
            T_ROW(strcmp(allow, t->said) == 0, t->path);
            T_ROW(why.reason == (t->want == SR_ENOENT ? R_NOT_FOUND : R_METHOD), t->path);
        }
    }
}

static const struct bad {
    const char *label;
    struct route row[2];
} bads[] = {
    { "a row without access",
      { { GET, "/a", ACCESS_UNSET, 0, NULL, run }, { GET, "/b", ACCESS_ANYONE, 0, NULL, run } } },
    { "a row without access",
      { { GET, "/a", (enum access)99, 0, NULL, run }, { GET, "/b", ACCESS_ANYONE, 0, NULL, run } } },
    { "two rows alike",
      { { GET, "/a", ACCESS_ANYONE, 0, NULL, run }, { GET, "/a", ACCESS_SIGNED, 0, NULL, run } } },
    { "two rows alike",
      { { GET, "/a/{}", ACCESS_ANYONE, 0, NULL, run }, { GET, "/a/{}", ACCESS_ANYONE, 0, NULL, run } } },
    { "a path that is no pattern", { { GET, "a", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a path that is no pattern", { { GET, "/a/", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a path that is no pattern", { { GET, "/a//b", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a path that is no pattern", { { GET, "/a/{", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a path that is no pattern", { { GET, "/a%20", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a path that is no pattern", { { GET, "/{}/{}/{}/{}/{}/{}/{}", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a path that is no pattern", { { GET, NULL, ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a row that runs nothing", { { GET, "/a", ACCESS_ANYONE, 0, NULL, NULL }, { 0 } } },
    { "a row without a method", { { 0, "/a", ACCESS_ANYONE, 0, NULL, run }, { 0 } } },
    { "a body where none is read", { { GET, "/a", ACCESS_ANYONE, 1, NULL, run }, { 0 } } },
};

static void a_careless_table_is_named(void)
{
    T(route_check(&proto) == NULL);
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        const struct protocol p = { "bad", bads[i].row, 2, route_error };
        const char *said = route_check(&p);
        T_ROW(said && strcmp(said, bads[i].label) == 0, bads[i].label);
    }
    T(route_check(&(struct protocol){ "mute", routes, 7, NULL }) != NULL);
}

static const struct wording {
    enum sr_err e;
    enum sr_reason reason;
    int status;
    const char *shown;
} wordings[] = {
    { SR_EFORMAT, R_JSON_SYNTAX, 400, "json-syntax" },
    { SR_ETOOBIG, R_TOO_LARGE, 413, "too-large" },
    { SR_EAUTH, R_REQUEST_SIGNATURE, 401, "request-signature" },
    { SR_EDENIED, R_FORBIDDEN, 403, "forbidden" },
    { SR_EDENIED, R_METHOD, 405, "method-not-allowed" },
    { SR_EFORMAT, R_MEDIA_TYPE, 415, "media-type" },
    { SR_EPROOF, R_QUOTE_DIGEST, 403, "quote-digest" },
    { SR_ENOENT, R_NOT_FOUND, 404, "not-found" },
    { SR_ESTALE, R_PACKAGE_VERSION, 409, "package-version" },
    { SR_EBUSY, R_NONCES_FULL, 503, "nonces-full" },
    { SR_EBUSY, R_NONE, 503, "busy" },
    { SR_EUNKNOWN, R_STORE_TAMPERED, 500, "outcome-unknown" },
    { SR_EIO, R_TPM, 500, "internal" },
    { SR_ENOMEM, R_NONE, 500, "internal" },
    { SR_EBUG, R_SIGNATURE, 500, "internal" },
};

static void a_refusal_shows_its_reason_and_nothing_of_the_inside(void)
{
    const struct request req = { .id = "0123456789abcdef0123456789abcdef" };
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++) {
        const struct wording *t = &wordings[i];
        struct reply r = { 0 };
        char want[200];
        snprintf(want, sizeof want,
                 "{\"error\":{\"reason\":\"%s\",\"request_id\":\"0123456789abcdef0123456789abcdef\"}}\n",
                 t->shown);
        route_error(&req, t->e, &(struct sr_why){ .reason = t->reason, .text = "inner" }, &r);
        T_ROW(r.status == t->status, t->shown);
        T_ROW(span_eq((struct span){ r.body, r.n }, span_of(want)), t->shown);
        T_ROW((r.retry_after != 0) == (t->status == 503), t->shown);
        reply_drop(&r);
    }
}

static void a_handler_answers_once(void)
{
    SR_OWN(buf) a = { 0 };
    SR_OWN(buf) b = { 0 };
    struct reply r = { 0 };
    wr_text(&a, "one");
    wr_text(&b, "two");
    T(reply_bytes(&r, 200, TYPE_BYTES, &a) == SR_OK && a.p == NULL);
    T(reply_bytes(&r, 200, TYPE_BYTES, &b) == SR_EBUG && b.n == 3);
    T(span_eq((struct span){ r.body, r.n }, SPAN_STR("one")));
    reply_drop(&r);
    b.bad = true;
    T(reply_json(&r, 200, &b) == SR_ENOMEM && r.status == 0);
    reply_drop(&r);
}

int main(void)
{
    one_loop_finds_routes_missing_paths_and_wrong_methods();
    a_careless_table_is_named();
    a_refusal_shows_its_reason_and_nothing_of_the_inside();
    a_handler_answers_once();
    return t_end();
}
