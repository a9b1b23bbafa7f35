#include "client/workload.h"

#include "client/boot_clock.h"

#include <string.h>
#include <time.h>

/* What a node says of the network's epochs. */
struct said {
    struct buf bytes;
    struct span record, chain; /* borrow from bytes */
};
static void said_drop(struct said *s)
{
    buf_drop(&s->bytes);
}

static enum sr_err ask_epochs(struct remote *r, struct said *ret, struct sr_why *why)
{
    SR_TRY(remote_get(r, "/sealring/v1/epochs", &ret->bytes, why));
    struct reader rd = rd_init(buf_span(&ret->bytes));
    ret->record = rd_lp(&rd, GENESIS_RECORD_MAX);
    ret->chain = rd_lp(&rd, EPOCH_CHAIN_MAX);
    return rd_end(&rd) ? SR_OK
                       : sr_fail(why, SR_EFORMAT, R_MALFORMED, "the node's genesis record can't be read");
}

enum sr_err network_learn(struct remote *r, struct network *ret, struct sr_why *why)
{
    SR_OWN(said) s = { 0 };
    SR_TRY(ask_epochs(r, &s, why));
    memset(ret, 0, sizeof *ret);
    SR_TRY(genesis_pinned(s.record, &r->cid, &ret->genesis, why));
    const struct approvers approvers = genesis_approvers(&ret->genesis);
    return epoch_chain_check(s.chain, &r->cid, &ret->genesis.first, &approvers, ret->epochs, &ret->n, why);
}

enum sr_err network_witnesses(struct network *n, const char *const vkeys[], size_t n_vkeys, uint64_t need,
                              struct sr_why *why)
{
    struct witness_pin pin = { .n = n_vkeys, .need = need ? (size_t)need : n_vkeys };
    struct note_key k;
    if (n_vkeys > WITNESS_PINS_MAX || pin.need > n_vkeys)
        return sr_fail(why, SR_EFORMAT, R_CONFIG, "witnesses: at most %d, and no more needed than there are",
                       WITNESS_PINS_MAX);
    for (size_t i = 0; i < n_vkeys; i++) {
        if (note_key_read(span_of(vkeys[i]), &k) != SR_OK || k.type != NOTE_COSIGNATURE)
            return sr_fail(why, SR_EFORMAT, R_CONFIG, "witnesses: not a verifier key of type 04");
        for (size_t j = 0; j < i; j++)
            if (memcmp(&pin.key[j], &k.pub, sizeof k.pub) == 0)
                return sr_fail(why, SR_EFORMAT, R_CONFIG, "witnesses: one key twice");
        pin.key[i] = k.pub;
    }
    n->witnesses = pin;
    return SR_OK;
}

/* The record's witnesses, which the network's id vouches for, and our own. */
static enum sr_err is_witnessed(const struct remote *r, const struct network *n, const struct released *got,
                                struct sr_why *why)
{
    const struct key_set *set = &n->genesis.params.witnesses;
    struct witness_pin record = { .n = set->n, .need = set->k };
    memcpy(record.key, set->key, sizeof record.key);
    if (record.need > 0)
        SR_TRY(witness_pin_check(&record, &r->cid, got->checkpoint, got->leaf_index, why));
    if (n->witnesses.need > 0)
        SR_TRY(witness_pin_check(&n->witnesses, &r->cid, got->checkpoint, got->leaf_index, why));
    return SR_OK;
}

/* How the connection that W1 came on is bound; W2 goes out on the same. */
static enum sr_err binding_of(const struct remote *r, struct binding *ret, struct sr_why *why)
{
    struct binding b = { 0 };
    enum sr_err e = http_client_binding(r->http, b.exporter);
    b.bound = e == SR_OK;
    if (e != SR_OK && e != SR_ENOENT)
        return sr_fail(why, SR_EIO, R_NO_ANSWER, "the connection was lost between challenge and request");
    *ret = b;
    return SR_OK;
}

void fetched_drop(struct fetched *f)
{
    released_drop(&f->released);
    buf_drop(&f->w3);
}

uint64_t fetched_left_ms(const struct fetched *f, size_t i)
{
    uint64_t lease = 1000 * (uint64_t)f->released.values.v[i].lease, age = boot_clock_ms() - f->asked_ms;
    return !lease ? UINT64_MAX : age < lease ? lease - age : 0;
}

void fetched_expire(struct fetched *f)
{
    for (size_t i = 0; i < f->released.values.n; i++)
        if (fetched_left_ms(f, i) == 0)
            secret_drop(&f->released.values.v[i].value);
}

static void draw(struct kem_key *k)
{
    random_fill(k->b, sizeof k->b);
}

enum sr_err workload_fetch(struct remote *r, struct machine *m, const struct network *n,
                           const struct want_list *wants, struct fetched *ret, struct sr_why *why)
{
    const struct workload w = {
        .cid = r->cid,
        .type = span_of(platform_name(&m->platform)),
        .epochs = n->epochs,
        .nepochs = n->n,
    };
    static const char type[] = "application/octet-stream";
    SR_OWN(buf) w1 = { 0 };
    SR_OWN(buf) evidence = { 0 };
    SR_OWN(buf) w2 = { 0 };
    SR_OWN(fetched) got = { 0 };
    SR_OWN(kem_key) ekw = { 0 };
    SR_OWN(release_offer) offer = { 0 };
    struct release_challenged challenged;
    struct release_wait wait;
    struct binding binding;
    draw(&ekw);
    SR_TRY(remote_post(r, "/sealring/v1/release/challenge", type, (struct span){ 0 }, &w1, why));
    SR_TRY(binding_of(r, &binding, why));
    SR_TRY(release_read_challenge(&w, buf_span(&w1), &challenged, why));
    SR_TRY(release_rd(&w, &challenged, &ekw, wants, &binding, &offer, why));
    SR_TRY(platform_quote(&m->platform, &offer.rd, buf_span(&m->ak_cert), &evidence, why));
    got.asked_ms = boot_clock_ms();
    SR_TRY(release_w2(&w, &offer, buf_span(&evidence), &w2, &wait));
    SR_TRY(remote_post(r, "/sealring/v1/release", type, buf_span(&w2), &got.w3, why));
    SR_TRY(release_open(&w, &wait, &ekw, wants, buf_span(&got.w3), &got.released, why));
    SR_TRY(is_witnessed(r, n, &got.released, why));
    *ret = SR_TAKE(got);
    return SR_OK;
}

enum sr_err network_follow(struct remote *r, struct network *known, struct sr_why *why)
{
    SR_OWN(said) s = { 0 };
    struct genesis same;
    SR_TRY(ask_epochs(r, &s, why));
    SR_TRY(genesis_pinned(s.record, &r->cid, &same, why));
    const struct approvers approvers = genesis_approvers(&known->genesis);
    return epoch_chain_follow(s.chain, &r->cid, &approvers, known->epochs, &known->n, why);
}

/* What a rotation, or a new policy, between two steps of ours makes of a request. */
static bool moved_on(const struct sr_why *why)
{
    static const enum sr_reason reasons[] = { R_EPOCH, R_STALE_CHALLENGE, R_AK_CERT_EPOCH };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (why->reason == reasons[i])
            return true;
    return false;
}

/* At once when there is something new to go by; a node that is behind catches up in a moment. */
static enum sr_err follow(struct remote *r, struct network *n, unsigned *pause_ms, struct sr_why *why)
{
    enum { PAUSE_MOST = 1000 };
    size_t before = n->n;
    *why = (struct sr_why){ 0 };
    SR_TRY(network_follow(r, n, why));
    if (n->n > before)
        return SR_OK;
    nanosleep(&(struct timespec){ *pause_ms / 1000, (long)(*pause_ms % 1000) * 1000000 }, NULL);
    *pause_ms = *pause_ms * 2 > PAUSE_MOST ? PAUSE_MOST : *pause_ms * 2;
    return SR_OK;
}

enum sr_err workload_keys(struct remote *r, struct machine *m, const struct machine_options *o,
                          struct network *n, const struct want_list *wants, struct fetched *ret,
                          struct sr_why *why)
{
    enum { TRIES = 12 };
    unsigned pause_ms = 50;
    enum sr_err e = SR_ESTALE;
    for (int i = 0; i < TRIES && e != SR_OK && (i == 0 || moved_on(why)); i++) {
        if (i > 0)
            SR_TRY(follow(r, n, &pause_ms, why));
        e = machine_enrol(m, o, r, n->n, why);
        if (e == SR_OK)
            e = workload_fetch(r, m, n, wants, ret, why);
    }
    return e;
}
