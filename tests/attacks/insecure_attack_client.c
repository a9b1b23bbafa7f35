/* Attacks on workloads: whoever owns the node that a workload asks wants it to live on keys that the attacker
 * knows, too. By the client's own code over real connections. */
#include "client/workload.h"
#include "tests/attacks/witness_net.h"

/* r's routes on a port of loopback. */
static void serve_all(struct running *r, struct http **ret, char base[static 64])
{
    struct http_options o = running_http();
    uint16_t port = 0;
    o.listeners[0].kind = LISTEN_PLAIN;
    o.n_listeners = 1;
    o.workers = 1;
    maker_need(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, NULL) == SR_OK &&
                   http_start(ret, &r->node, &o, NULL) == SR_OK,
               "server");
    snprintf(base, 64, "http://127.0.0.1:%u", port);
}

/* A workload that knows the network's id fetches a derived key at that address, and wants to see that this
 * witness, NULL for none, has cosigned. */
static bool fetches_witnessed(const char *base, const struct sha256 *cid, const char *witness,
                              struct secret *ret, struct sr_why *why)
{
    SR_OWN(remote) remote = { 0 };
    SR_OWN(machine) machine = { 0 };
    SR_OWN(fetched) got = { 0 };
    static struct network network;
    char text[CID_TEXT_MAX];
    struct want_list wants = { .n = 1, .want = { { "demo", "app/disk", WANT_RAW, 1, 32 } } };
    cid_text(cid, text);
    const struct remote_options o = { .node = base, .cid = text, .timeout_s = 10 };
    T(remote_open(&o, &remote, why) == SR_OK);
    T(machine_open(&(struct machine_options){ .platform = "insecure" }, &machine, why) == SR_OK);
    if (network_learn(&remote, &network, why) != SR_OK ||
        network_witnesses(&network, &witness, witness ? 1 : 0, 0, why) != SR_OK ||
        workload_fetch(&remote, &machine, &network, &wants, &got, why) != SR_OK)
        return false;
    return got.released.values.n == 1 &&
           secret_copy(ret, secret_span(&got.released.values.v[0].value)) == SR_OK;
}

static bool fetches(const char *base, const struct sha256 *cid, struct secret *ret, struct sr_why *why)
{
    return fetches_witnessed(base, cid, NULL, ret, why);
}

static bool honest_workload(struct lab *l)
{
    struct running *r = running_first();
    SR_OWN(secret) once = { 0 };
    SR_OWN(secret) again = { 0 };
    struct http *http = NULL;
    struct sr_why why = { 0 };
    char base[64];
    (void)l;
    serve_all(r, &http, base);
    bool good = fetches(base, &r->core->home.cid, &once, &why) &&
                fetches(base, &r->core->home.cid, &again, &why) &&
                span_eq(secret_span(&once), secret_span(&again));
    T_ROW(good, why.text);
    http_stop(http);
    running_end(r);
    return good;
}

/* A network of the attacker's own, by the other one's id. */
static bool fake_network(struct lab *l, struct sr_why *why)
{
    struct running *real = running_first(), *fake = running_first();
    SR_OWN(secret) theirs = { 0 };
    struct http *http = NULL;
    char base[64];
    (void)l;
    fake->core->home.cid = real->core->home.cid;
    serve_all(fake, &http, base);
    bool got = fetches(base, &real->core->home.cid, &theirs, why) && theirs.n == 32;
    http_stop(http);
    running_end(fake);
    running_end(real);
    return got;
}

/* The other member as a witness, by its key. */
static void witness_key(struct witness_net *w, struct buf *ret)
{
    struct note_key k;
    SR_OWN(buf) name = { 0 };
    const struct home *h = &w->b.r->core->home;
    log_origin(&h->cid, h->id.b, &name);
    wr_u8(&name, '\0');
    maker_need(note_key_of((const char *)name.p, NOTE_COSIGNATURE, &h->member_pub, &k) == SR_OK, "a witness");
    note_key_write(&k, ret);
    wr_u8(ret, '\0');
}

static bool honest_log(struct lab *l)
{
    SR_OWN(witness_net) w = { 0 };
    SR_OWN(buf) witness = { 0 };
    SR_OWN(secret) key = { 0 };
    struct sr_why why = { 0 };
    (void)l;
    witness_net_open(&w);
    witness_key(&w, &witness);
    bool good = live_release_soon(&w.a, &w.b.r->core->home, &why) &&
                fetches_witnessed(w.a.address, &w.b.r->core->home.cid, (const char *)witness.p, &key, &why);
    T_ROW(good, why.text);
    return good;
}

/* A log that was made for this workload alone: nobody else ever sees it. */
static bool log_of_its_own(struct lab *l, struct sr_why *why)
{
    SR_OWN(witness_net) w = { 0 };
    SR_OWN(buf) witness = { 0 };
    SR_OWN(secret) key = { 0 };
    struct running *r = running_first();
    struct http *http = NULL;
    char base[64];
    (void)l;
    witness_net_open(&w);
    witness_key(&w, &witness);
    serve_all(r, &http, base);
    bool got = fetches_witnessed(base, &r->core->home.cid, (const char *)witness.p, &key, why) && key.n == 32;
    http_stop(http);
    running_end(r);
    return got;
}

static const struct attack rows[] = {
    { "fake_network", honest_workload, fake_network, R_GENESIS_MISMATCH },
    { "log_of_its_own", honest_log, log_of_its_own, R_UNWITNESSED },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
