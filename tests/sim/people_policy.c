/* people_policy.c - the operators: policies, the genesis parameters, and telling members about them. */
#include "client/remote.h"
#include "crypto/file.h"
#include "crypto/text.h"
#include "proto/cid.h"
#include "tests/sim/people.h"

#include <stdlib.h>
#include <string.h>

static void need(bool ok, const char *what)
{
    if (!ok)
        violated("harness", "%s", what);
}

static void write_codes(struct buf *b, bool odd)
{
    for (int c = 0; c < (odd ? CODES : 1); c++) {
        struct sha256 digest = code_digest((enum code)c);
        wr_text(b, c ? ",\"" : "\"");
        wr_hex(b, SPAN(digest.b));
        wr_text(b, "\"");
    }
}

/* What the operators have decided by now, as a document. */
static void write_policy(uint64_t number, struct buf *ret)
{
    const struct world *w = world();
    SR_OWN(buf) b = { 0 };
    wr_fmt(&b, "{\"version\":1,\"number\":%llu,\"previous\":\"", (unsigned long long)number);
    wr_hex(&b, SPAN(w->policy[number - 1].hash.b));
    wr_fmt(&b,
           "\",\"min_epoch\":1,\"channel_binding\":\"%s\",\"join\":[{\"name\":\"these\",\"type\":"
           "\"insecure\",\"where\":[{\"claim\":\"code\",\"op\":\"in\",\"value\":[",
           w->binding_required ? "required" : "optional");
    write_codes(&b, w->terms.odd);
    wr_text(&b, "]}]}],\"release\":[{\"name\":\"web\",\"type\":\"insecure\",\"where\":[{\"claim\":\"debug\","
                "\"op\":\"eq\",\"value\":true}],\"tenant\":\"demo\",\"keys\":[\"app/*\"],\"usages\":[\"raw\","
                "\"secret\"]");
    terms_write_lease(w->terms.rule_lease_s, &b);
    wr_text(&b, "}],\"tenants\":[{\"name\":\"demo\",\"admins\":[\"");
    wr_hex(&b, SPAN(w->admin_pub.b));
    wr_text(&b, "\"],\"max_secrets\":9,\"max_bytes\":99999");
    terms_write_lease(w->terms.tenant_lease_s, &b);
    wr_text(&b, "}]");
    terms_write(&w->terms, &b);
    if (w->need)
        wr_fmt(&b, ",\"witnesses\":{\"need\":%u,\"restart\":%u}", w->need, w->restart);
    if (w->quorum)
        wr_fmt(&b, ",\"epoch_quorum\":%u", w->quorum);
    wr_u8(&b, '}');
    need(json_canonical(buf_span(&b), ret, NULL) == SR_OK, "policy");
}

static void sign(struct policy_signed *s, const struct sha256 *cid)
{
    const struct world *w = world();
    for (int i = 0; i < OPERATORS_K; i++) {
        struct approval sig = policy_sign(s->policy, cid, &w->operator[i], &w->operator_pub[i]);
        need(policy_signed_add(s, &sig, NULL) == SR_OK, "signature");
    }
}

static void keep(struct policy_signed *s)
{
    struct world *w = world();
    struct kept_policy *k = &w->policy[++w->policies];
    policy_signed_write(s, &k->text);
    k->hash = *policy_hash(s->policy);
    k->terms = w->terms;
    k->admits[CODE_GOOD] = !w->terms.frozen;
    k->admits[CODE_ODD] = w->terms.odd && !w->terms.frozen;
    k->takes[CODE_GOOD] = true;
    k->takes[CODE_ODD] = w->terms.odd;
    oracle_made("", w->policies, &k->hash);
}

void operator_signs(void)
{
    struct world *w = world();
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    struct sha256 cid;
    if (w->policies == POLICIES_MAX)
        return;
    write_policy(w->policies + 1, &text);
    need(policy_parse(buf_span(&text), &s.policy, NULL) == SR_OK &&
             cid_parse(span_of(w->cid), &cid, NULL) == SR_OK,
         "policy");
    sign(&s, &cid);
    keep(&s);
    const struct terms *t = &w->terms;
    trace(OPERATOR, "signs policy %llu: odd %d frozen %d lease %u/%u delay %u expelled %x and %zu keys",
          (unsigned long long)w->policies, t->odd, t->frozen, t->lease_s, t->quorum, t->delay_s, t->machines,
          t->keys_n);
}

/* ---- genesis ---- */

static void write_keys(struct buf *b, const struct sign_pub *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wr_text(b, i ? ",\"" : "\"");
        wr_hex(b, SPAN(v[i].b));
        wr_text(b, "\"");
    }
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct sign_pub));
}

static void write_genesis(void)
{
    const struct world *w = world();
    struct sign_pub sorted[OPERATORS];
    SR_OWN(buf) b = { 0 };
    memcpy(sorted, w->operator_pub, sizeof sorted);
    qsort(sorted, OPERATORS, sizeof *sorted, by_bytes);
    wr_text(&b, "{\"version\":1,\"mode\":\"insecure\",\"salt\":\"");
    wr_hex(&b, SPAN(w->admin_pub.b));
    wr_fmt(&b, "\",\"opnonce\":\"00\",\"operators\":{\"k\":%d,\"keys\":[", OPERATORS_K);
    write_keys(&b, sorted, OPERATORS);
    wr_text(&b, "]},\"first_policy\":\"");
    wr_hex(&b, SPAN(w->policy[1].hash.b));
    wr_text(&b, "\",\"roots\":[],\"ak_cas\":{\"k\":1,\"keys\":[");
    write_keys(&b, sorted, 1);
    wr_text(&b, "]},\"witnesses\":{\"k\":0,\"keys\":[]},\"recovery\":{\"t\":0,\"keys\":[]}}");
    need(file_write("genesis.json", 0600, buf_span(&b), NULL) == SR_OK, "genesis.json");
}

void people_new(void)
{
    struct world *w = world();
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    for (int i = 0; i < OPERATORS; i++)
        sign_random(&w->operator[i], &w->operator_pub[i]);
    sign_random(&w->admin, &w->admin_pub);
    write_policy(1, &text);
    need(policy_parse(buf_span(&text), &s.policy, NULL) == SR_OK, "first policy");
    need(file_write("policy.json", 0600, buf_span(&text), NULL) == SR_OK, "policy.json");
    keep(&s);
    write_genesis();
}

/* ---- telling ---- */

static enum sr_err number_of(struct remote *r, uint64_t *ret, struct sr_why *why)
{
    SR_OWN(buf) reply = { 0 };
    SR_OWN(json_doc) doc = { 0 };
    char path[64];
    snprintf(path, sizeof path, "/sealring/v1/policy?after=%d", POLICIES_MAX);
    SR_TRY(remote_get(r, path, &reply, why));
    SR_TRY(json_parse(buf_span(&reply), &doc, why));
    *ret = json_u64(json_get(json_root(&doc), "number"));
    return SR_OK;
}

static void tell(struct remote *r, struct sr_why *why)
{
    struct world *w = world();
    uint64_t has = 0;
    enum sr_err e = number_of(r, &has, why);
    for (uint64_t i = has + 1; e == SR_OK && i <= w->policies; i++) {
        SR_OWN(buf) reply = { 0 };
        e = remote_post(r, "/sealring/v1/policy", "application/json", buf_span(&w->policy[i].text), &reply,
                        why);
        if (e == SR_OK)
            oracle_acked(&w->policy[i].hash);
    }
    trace(OPERATOR, "told policies: %s", e == SR_OK ? "good" : sr_strerror(e));
}

/* Those before the member's time, which it may have from nobody any more; newest first, as it takes them. */
static void hand_over(struct remote *r)
{
    struct world *w = world();
    for (uint64_t i = w->policies; i >= 1; i--) {
        SR_OWN(buf) reply = { 0 };
        struct sr_why ignored = { 0 };
        (void)(remote_post(r, "/sealring/v1/policy", "application/json", buf_span(&w->policy[i].text), &reply,
                           &ignored) == SR_OK);
    }
}

static void *tells(void *arg)
{
    struct host *m = arg;
    SR_OWN(remote) r = { 0 };
    struct sr_why why = { 0 };
    const struct remote_options o = { .node = m->address, .cid = world()->cid, .timeout_s = 10 };
    need(remote_open(&o, &r, &why) == SR_OK, "remote");
    tell(&r, &why);
    if (world()->quiet)
        hand_over(&r);
    return NULL;
}

void operator_tells(struct host *m)
{
    trace(OPERATOR, "tells m%d the policies", m->id);
    (void)fiber_start(OPERATOR, tells, m);
}
