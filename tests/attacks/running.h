#pragma once
/* running.h - whole members in this process: their own state on disk, log, sessions and routes, on insecure
 * evidence, which binds report data as any other does and proves nothing else. Requests go the way they go
 * behind the door (call.h). */
#include "bootstrap/genesis.h"
#include "crypto/file.h"
#include "crypto/text.h"
#include "node/api.h"
#include "node/call.h"
#include "node/clock.h"
#include "node/joiner.h"
#include "node/keyring_parts.h"
#include "node/serve.h"
#include "proto/cid.h"
#include "proto/evidence/insecure_verifier.h"
#include "proto/signed.h"
#include "tests/attacks/lab.h"
#include "tests/epochs_maker.h"

#include <ftw.h>
#include <unistd.h>

struct running {
    char dir[64];
    struct config config;
    struct node node;
    struct core *core; /* NULL: no member */
    struct sign_key admin;
    struct sign_pub admin_pub;
    const char *more; /* members of the policy besides the usual; NULL: none */
};

static const struct protocol *const running_tables[] = {
    &protocol_status,  &protocol_join,    &protocol_enrol,   &protocol_release,
    &protocol_policy,  &protocol_secrets, &protocol_sync,    &protocol_log,
    &protocol_witness, &protocol_admin,   &protocol_upgrade, &protocol_epoch,
};

static inline void running_folder(struct running *r)
{
    strcpy(r->dir, "/tmp/sealring-running-XXXXXX");
    maker_need(mkdtemp(r->dir) != NULL, "folder");
}

static inline int running_rm(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

static inline void running_configure(struct running *r)
{
    enum config_action action;
    struct sr_why why = { 0 };
    char state[96], genesis[96], policy[96];
    snprintf(state, sizeof state, "%s/state", r->dir);
    snprintf(genesis, sizeof genesis, "%s/genesis.json", r->dir);
    snprintf(policy, sizeof policy, "%s/policy.json", r->dir);
    char *argv[] = { "running", "--platform",       "insecure", "--state-dir",    state,         "--genesis",
                     genesis,   "--genesis-policy", policy,     "--listen-plain", "127.0.0.1:0", NULL };
    T_ROW(config_load(&r->config, &action, sizeof argv / sizeof *argv - 1, argv, &why) == SR_OK, why.text);
    r->node.log = (struct logger){ LOG_ERROR, STDERR_FILENO };
}

/* Members run this very program, or the next one; workloads of any kind get demo's keys. */
enum { RUNNING_NEXT = 0x1e }; /* every byte of its digest */
static inline void running_policy(const struct running *r, int number, const struct sha256 *previous,
                                  struct buf *ret)
{
    SR_OWN(buf) text = { 0 };
    wr_fmt(&text, "{\"version\":1,\"number\":%d,\"previous\":\"", number);
    wr_hex(&text, SPAN(previous->b));
    wr_text(&text,
            "\",\"min_epoch\":1,"
            "\"channel_binding\":\"optional\",\"join\":[{\"name\":\"this\",\"type\":\"insecure\",\"where\":"
            "[{\"claim\":\"code\",\"op\":\"same\"}]},{\"name\":\"next\",\"type\":\"insecure\",\"where\":[{"
            "\"claim\":\"code\",\"op\":\"eq\",\"value\":"
            "\"1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e\"}]}],\"release\":[{\"name\":"
            "\"web\",\"type\":\"insecure\","
            "\"where\":[{\"claim\":\"debug\",\"op\":\"eq\",\"value\":true}],\"tenant\":\"demo\",\"keys\":"
            "[\"app/*\"],\"usages\":[\"raw\",\"secret\"]}],\"tenants\":[{\"name\":\"demo\",\"admins\":[\"");
    wr_hex(&text, SPAN(r->admin_pub.b));
    wr_fmt(&text, "\"],\"max_secrets\":9,\"max_bytes\":9999}]%s}", r->more ? r->more : "");
    maker_need(json_canonical(buf_span(&text), ret, NULL) == SR_OK, "policy");
}

static inline void running_write(const struct running *r, const char *name, struct span s)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", r->dir, name);
    maker_need(file_write(path, 0600, s, NULL) == SR_OK, path);
}

static inline void running_genesis_files(struct running *r)
{
    SR_OWN(buf) policy = { 0 };
    SR_OWN(buf) genesis = { 0 };
    struct policy *p = NULL;
    sign_random(&r->admin, &r->admin_pub);
    running_policy(r, 1, &(struct sha256){ 0 }, &policy);
    maker_need(policy_parse(buf_span(&policy), &p, NULL) == SR_OK, "policy");
    wr_text(&genesis, "{\"version\":1,\"mode\":\"insecure\",\"salt\":\"" LAB_VENDOR "\",\"opnonce\":\"00\","
                      "\"operators\":{\"k\":1,\"keys\":[\"");
    wr_hex(&genesis, SPAN(r->admin_pub.b));
    wr_text(&genesis, "\"]},\"first_policy\":\"");
    wr_hex(&genesis, SPAN(policy_hash(p)->b));
    wr_text(&genesis, "\",\"roots\":[],"
                      "\"ak_cas\":{\"k\":1,\"keys\":[\"");
    wr_hex(&genesis, SPAN(r->admin_pub.b));
    wr_text(&genesis, "\"]},\"witnesses\":{\"k\":0,\"keys\":[]},\"recovery\":{\"t\":0,\"keys\":[]}}");
    policy_unref(p);
    running_write(r, "policy.json", buf_span(&policy));
    running_write(r, "genesis.json", buf_span(&genesis));
}

static inline void running_member(struct running *r, struct core *c)
{
    r->core = c;
    node_publish(&r->node, c);
}

/* The first member of a network, with those members more in its first policy: ,"name":value */
static inline struct running *running_network(const char *more)
{
    struct running *r = calloc(1, sizeof *r);
    SR_OWN(home) none = { 0 };
    struct core *c = NULL;
    struct sr_why why = { 0 };
    maker_need(r != NULL, "memory");
    r->more = more;
    running_folder(r);
    running_genesis_files(r);
    running_configure(r);
    T_ROW(node_open(&r->node, &r->config, &why) == SR_OK, why.text);
    T_ROW(genesis_run(&r->node, "http://127.0.0.1:1", &none, &c, &why) == SR_OK, why.text);
    maker_need(c != NULL, "genesis");
    running_member(r, c);
    return r;
}

static inline struct running *running_first(void)
{
    return running_network(NULL);
}

/* A machine of the same kind that is not a member of r's network yet, and knows its id. */
static inline struct running *running_empty(const struct running *of)
{
    struct running *r = calloc(1, sizeof *r);
    struct sr_why why = { 0 };
    maker_need(r != NULL, "memory");
    running_folder(r);
    running_configure(r);
    cid_text(&of->core->home.cid, r->config.cid);
    T_ROW(node_open(&r->node, &r->config, &why) == SR_OK, why.text);
    node_set_state(&r->node, NODE_EMPTY);
    return r;
}

static inline void running_stop(struct running *r)
{
    node_close(&r->node);
    r->node = (struct node){ .log = r->node.log };
    r->core = NULL;
}

/* A machine that starts as a member, from what is in its folder. */
static inline void running_start(struct running *r)
{
    SR_OWN(home) home = { 0 };
    struct core *c = NULL;
    struct sr_why why = { 0 };
    T_ROW(node_open(&r->node, &r->config, &why) == SR_OK &&
              home_load(r->node.store, r->node.tpm, NULL, &home, &why) == SR_OK &&
              core_open(&r->node, &home, NULL, &c, &why) == SR_OK,
          why.text);
    maker_need(c != NULL, "a restart");
    running_member(r, c);
}

/* The same machine after a restart. */
static inline void running_again(struct running *r)
{
    running_stop(r);
    running_start(r);
}

static inline void running_end(struct running *r)
{
    if (!r)
        return;
    running_stop(r);
    nftw(r->dir, running_rm, 8, FTW_DEPTH | FTW_PHYS);
    sign_key_drop(&r->admin);
    free(r);
}

static inline struct http_options running_http(void)
{
    return (struct http_options){ .protocols = running_tables,
                                  .n_protocols = sizeof running_tables / sizeof *running_tables,
                                  .admit = api_admit,
                                  .max_body_memory = 1 << 20 };
}

/* One request from a stranger on a connection without TLS. SR_OK: the body of a 200. */
struct asking {
    enum method method;
    const char *path, *query, *type;
    struct span body, authorization;
};
static inline enum sr_err running_ask(struct running *r, const struct asking *a, struct buf *ret,
                                      struct sr_why *why)
{
    const struct http_options o = running_http();
    struct calls calls = { .node = &r->node, .o = &o };
    struct call call;
    SR_OWN(reply) reply = { 0 };
    call_begin(&call, &calls);
    call.req.method = a->method;
    call.req.path = span_of(a->path);
    call.req.query = span_of(a->query);
    call.req.type = span_of(a->type ? a->type : TYPE_BYTES);
    call.req.authorization = a->authorization;
    call.req.peer.source = SOURCE_LOOPBACK;
    if (call_judge(&call, a->body.n) == SR_OK)
        call_take(&call, a->body);
    call_answer(&call, &reply);
    *why = call.why;
    wr_span(ret, (struct span){ reply.body, reply.n });
    call_drop(&call);
    return reply.status == 200 ? SR_OK : SR_EDENIED;
}

static inline enum sr_err running_post(struct running *r, const char *path, struct span body, struct buf *ret,
                                       struct sr_why *why)
{
    return running_ask(r, &(struct asking){ .method = POST, .path = path, .body = body }, ret, why);
}

/* The list of packages that members compare, asked for with that key. */
static inline enum sr_err running_list(struct running *r, const struct sign_key *k,
                                       const struct sign_pub *pub, struct buf *ret, struct sr_why *why)
{
    static const char path[] = "/sealring/v1/sync/packages";
    SR_OWN(buf) header = { 0 };
    uint8_t id[16];
    const struct signed_request q = { .cid = r->core->home.cid,
                                      .method = SPAN_STR("GET"),
                                      .target = span_of(path),
                                      .body = sha256(span_of("")) };
    random_fill(id, sizeof id);
    T(signed_build(&q, k, pub, clock_unix(), id, &header) == SR_OK);
    return running_ask(r, &(struct asking){ .method = GET, .path = path, .authorization = buf_span(&header) },
                       ret, why);
}

/* ---- a joiner's side, by hand ---- */

static inline void evidence_of(const struct running *r, const struct sha512 *rd, struct buf *ret)
{
    SR_OWN(tpm_slot) slot = { 0 };
    struct sr_why why = { 0 };
    T_ROW(tpm_slot_take(r->node.tpm, &slot, &why) == SR_OK &&
              tpm_actor_quote(&slot, rd, (struct span){ 0 }, ret, &why) == SR_OK,
          why.text);
}

/* M1 to M3, of a joiner that runs what r runs. */
static inline void by_hand_m3(struct running *r, struct tape *t)
{
    struct join_challenged challenged;
    struct join_offer offer;
    SR_OWN(buf) evidence = { 0 };
    struct sr_why why = { 0 };
    tape_start(t, &r->core->home.cid);
    t->j.type = SPAN_STR("insecure");
    t->joiner_cb = t->granter_cb = (struct binding){ 0 };
    T(join_hello(&t->j, &t->k, &t->m[M1]) == SR_OK);
    T_ROW(running_post(r, "/sealring/v1/join/challenge", buf_span(&t->m[M1]), &t->m[M2], &why) == SR_OK,
          why.text);
    T_ROW(join_read_challenge(&t->j, buf_span(&t->m[M1]), buf_span(&t->m[M2]), &challenged, &why) == SR_OK,
          why.text);
    join_rd(&t->j, &challenged, &t->k, &t->joiner_cb, &offer);
    evidence_of(r, &offer.rd, &evidence);
    T(join_m3(&t->j, &offer, &t->k, buf_span(&evidence), &t->m[M3], &t->wait) == SR_OK);
}

/* M4 as whoever holds the session key reads it. True: the masters are there, and are r's. */
static inline bool by_hand_masters(struct running *r, struct tape *t, struct span m4)
{
    static struct join_granted g;
    SR_OWN(policy_signed) policy = { 0 };
    struct verified v = { .type = "insecure" };
    struct sr_why why = { 0 };
    if (join_read_grant(&t->j, &t->wait, m4, &g, &why) != SR_OK ||
        policy_signed_parse(g.m4.policy, &policy, &why) != SR_OK)
        return false;
    v.rd = g.rd;
    struct join_policy p = { policy_number(policy.policy), *policy_hash(policy.policy), 0 };
    const struct master_bundle *have = &maker_keyring(&r->core->home)->parts->masters;
    return join_open_grant(&t->wait, &g, &t->k, &v, &p, &t->got, &t->hold, &why) == SR_OK &&
           memcmp(t->got.epoch[0].master.b, have->epoch[0].master.b, sizeof have->epoch[0].master.b) == 0;
}

/* ---- a workload's side ---- */

/* W1 and W2 for one raw key. keys: of the network, by its id. */
static inline enum sr_err by_hand_w2(struct running *r, const struct home *keys, struct tape_w *t,
                                     struct sr_why *why)
{
    struct release_challenged c;
    SR_OWN(release_offer) offer = { 0 };
    SR_OWN(buf) evidence = { 0 };
    *t = (struct tape_w){ 0 };
    fill(&t->ekw, sizeof t->ekw, "ekW");
    const struct epochs *known = maker_epochs_of(keys);
    t->w = (struct workload){
        .cid = keys->cid, .type = SPAN_STR("insecure"), .epochs = known->pub, .nepochs = known->n
    };
    t->wants = (struct want_list){ .n = 1, .want = { { "demo", "app/disk", WANT_RAW, 1, 32 } } };
    SR_TRY(running_post(r, "/sealring/v1/release/challenge", (struct span){ 0 }, &t->m[W1], why));
    SR_TRY(release_read_challenge(&t->w, buf_span(&t->m[W1]), &c, why));
    SR_TRY(release_rd(&t->w, &c, &t->ekw, &t->wants, &t->workload_cb, &offer, why));
    evidence_of(r, &offer.rd, &evidence);
    return release_w2(&t->w, &offer, buf_span(&evidence), &t->m[W2], &t->wait);
}

/* True: W3 holds the key. */
static inline bool by_hand_key(struct tape_w *t, struct span w3, struct sr_why *why)
{
    return release_open(&t->w, &t->wait, &t->ekw, &t->wants, w3, &t->got, why) == SR_OK &&
           t->got.values.n == 1 && t->got.values.v[0].value.n == 32;
}
