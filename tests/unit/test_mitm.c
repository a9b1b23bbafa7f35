/* Every single bit of every message of both handshakes, turned in transit, one at a time: none completes, and
 * each field is refused where and for the reason that its row says. And every shorter length. */
#include "tests/handshake.h"

/* Bytes from..to of a message; where the change shows, and how. R_NONE ends the reasons. */
struct region {
    int message;
    size_t from, to;
    const char *field;
    int at; /* the message refused; 0: either this one or the one that echoes it */
    enum sr_reason reasons[5];
};

/* Offsets follow from the fixed sizes in specs/join.md; ends marked END are the message's own. */
enum { END = 100000 };
static const struct region regions[] = {
    { M1, 0, 2, "version", M1, { R_VERSION } },
    { M1, 2, 3, "type", M1, { R_MALFORMED } },
    { M1, 3, 4, "number of suites", M1, { R_MALFORMED } },
    { M1, 4, 6, "suite", M1, { R_SUITE } },
    { M1, 6, 38, "cid", M1, { R_WRONG_NETWORK } },
    { M1, 38, 42, "role length", M1, { R_MALFORMED } },
    { M1, 42, 46, "role", M1, { R_ROLE, R_MALFORMED } },
    { M1, 46, 50, "type length", M1, { R_MALFORMED } },
    { M1, 50, 53, "evidence type", 0, { R_MALFORMED, R_NONCE_FORGED } },
    { M1, 53, 85, "nJ", M3, { R_NONCE_FORGED } },

    { M2, 0, 2, "version", M2, { R_VERSION } },
    { M2, 2, 3, "type", M2, { R_MALFORMED } },
    { M2, 3, 5, "suite", M2, { R_SUITE } },
    { M2, 5, 37, "cid", M2, { R_WRONG_NETWORK } },
    { M2, 37, 77, "sid, ts, rand", M3, { R_NONCE_FORGED } },
    { M2, 77, 85, "epoch_lo", M2, { R_EPOCH } },
    { M2, 85, 93, "epoch_hi", 0, { R_EPOCH, R_NONCE_FORGED } },
    { M2, 93, 101, "policy number", 0, { R_POLICY_OLD, R_NONCE_FORGED } },
    { M2, 101, 201, "policy hash, idB, deadline, mac", M3, { R_NONCE_FORGED } },

    { M3, 0, 2, "version", M3, { R_VERSION } },
    { M3, 2, 7, "type, length of M1", M3, { R_MALFORMED } },
    { M3, 7, 9, "M1 version", M3, { R_VERSION } },
    { M3, 9, 11, "M1 type, suites", M3, { R_MALFORMED } },
    { M3, 11, 13, "M1 suite", M3, { R_SUITE } },
    { M3, 13, 45, "M1 cid", M3, { R_WRONG_NETWORK } },
    { M3, 45, 92, "M1 role to nJ", M3, { R_MALFORMED, R_ROLE, R_NONCE_FORGED } },
    { M3, 92, 96, "length of M2", M3, { R_MALFORMED } },
    { M3, 96, 98, "M2 version", M3, { R_VERSION } },
    { M3, 98, 99, "M2 type", M3, { R_MALFORMED } },
    { M3, 99, 297, "M2 fields", M3, { R_NONCE_FORGED } },
    { M3, 297, 298, "kind of channel binding", M3, { R_SIGNATURE, R_CHANNEL_BINDING } },
    { M3, 298, 394, "ekJ, idJ, member key", M3, { R_SIGNATURE } },
    { M3, 394, 398, "address length", M3, { R_MALFORMED } },
    { M3, 398, 420, "address", M3, { R_SIGNATURE, R_MALFORMED } },
    { M3, 420, 421, "level of rollback protection", M3, { R_SIGNATURE, R_MALFORMED } },
    { M3, 421, 429, "count of the TPM", M3, { R_SIGNATURE } },
    { M3, 429, 433, "evidence length", M3, { R_MALFORMED } },
    { M3, 433, END, "evidence, signatures", M3, { R_SIGNATURE } },

    { M4, 0, 2, "version", M4, { R_VERSION } },
    { M4, 2, 3, "type", M4, { R_MALFORMED } },
    { M4, 3, 19, "sid", M4, { R_SESSION_UNKNOWN } },
    { M4, 19, 51, "ekB", M4, { R_SIGNATURE } },
    { M4, 51, END, "the rest", M4, { R_SIGNATURE, R_MALFORMED, R_GENESIS_MISMATCH } },

    { M5, 0, 2, "version", M5, { R_VERSION } },
    { M5, 2, 3, "type", M5, { R_MALFORMED } },
    { M5, 3, 19, "sid", M5, { R_SESSION_UNKNOWN } },
    { M5, 19, 51, "mac", M5, { R_CONFIRM_MAC } },

    { M6, 0, 2, "version", M6, { R_VERSION } },
    { M6, 2, 3, "type", M6, { R_MALFORMED } },
    { M6, 3, 19, "sid", M6, { R_SESSION_UNKNOWN } },
    { M6, 19, END, "the rest", M6, { R_CONFIRM_MAC, R_MALFORMED } },
};

static const struct region regions_w[] = {
    { W1, 0, 2, "version", W1, { R_VERSION } },
    { W1, 2, 3, "type", W1, { R_MALFORMED } },
    { W1, 3, 35, "cid", W1, { R_WRONG_NETWORK } },
    { W1, 35, 59, "ts, rand", W2, { R_NONCE_FORGED } },
    { W1, 59, 67, "epoch", W1, { R_EPOCH } },
    { W1, 67, 75, "policy number", 0, { R_POLICY_OLD, R_NONCE_FORGED } },
    { W1, 75, 139, "policy hash, idB", W2, { R_NONCE_FORGED } },
    { W1, 139, 171, "release key", W1, { R_RELEASE_SIGNATURE } },
    { W1, 171, 207, "deadline, mac", W2, { R_NONCE_FORGED } },

    { W2, 0, 2, "version", W2, { R_VERSION } },
    { W2, 2, 7, "type, length of W1", W2, { R_MALFORMED } },
    { W2, 7, 9, "W1 version", W2, { R_VERSION } },
    { W2, 9, 10, "W1 type", W2, { R_MALFORMED } },
    { W2, 10, 42, "W1 cid", W2, { R_WRONG_NETWORK } },
    { W2, 42, 214, "W1 fields", W2, { R_NONCE_FORGED } },
    { W2, 214, 215, "kind of channel binding", W2, { R_REPORT_DATA, R_CHANNEL_BINDING } },
    { W2, 215, 247, "ekW", W2, { R_REPORT_DATA } },
    { W2, 247, END, "type, wants, evidence", W2, { R_REPORT_DATA, R_MALFORMED, R_WANT_LIST } },

    { W3, 0, 2, "version", W3, { R_VERSION } },
    { W3, 2, 3, "type", W3, { R_MALFORMED } },
    { W3, 3, 35, "enc", W3, { R_RELEASE_SIGNATURE } },
    { W3, 35, END, "the rest", W3, { R_RELEASE_SIGNATURE, R_MALFORMED } },
};

static bool among(enum sr_reason r, const enum sr_reason reasons[5])
{
    for (int i = 0; i < 5 && reasons[i] != R_NONE; i++)
        if (reasons[i] == r)
            return true;
    return false;
}

static const struct region *region_of(const struct region *rows, size_t n, int message, size_t byte)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].message == message && byte >= rows[i].from && byte < rows[i].to)
            return &rows[i];
    return NULL;
}

struct tally {
    int echo; /* the message that carries the first ones back */
    size_t turned, completed, elsewhere;
};

static void judge(struct tally *c, const struct region *row, int message, int refused_at,
                  enum sr_reason reason)
{
    c->turned++;
    if (refused_at == DONE)
        c->completed++;
    bool place = row && (row->at ? refused_at == row->at : refused_at == message || refused_at == c->echo);
    if (!place || !among(reason, row->reasons)) {
        if (c->elsewhere++ < 5)
            printf("message %d %s: refused at %d, %s\n", message, row ? row->field : "?", refused_at,
                   sr_reason_text(reason));
    }
}

/* The steps after the change, on the states of the honest run. */
static void turn_join(struct net *n, const struct tape *honest, int message, size_t bit, struct tape *t)
{
    struct join_attest a;
    struct join_member member;
    SR_OWN(buf) arrived = { 0 };
    struct turn turn = { message, bit };
    *t = *honest;
    t->refused_at = message;
    arrive(honest, message, &turn, &arrived);
    struct span s = buf_span(&arrived);
    enum sr_err e = message == M3   ? join_open_attest(&n->g, s, &t->granter_cb, NOW + 1, &a, &t->why)
                    : message == M4 ? take_grant(t, s, &n->genesis.params)
                    : message == M5 ? join_confirm(&n->g, &t->pending, s, NOW + 3, &t->confirmed, &t->why)
                                    : join_read_m6(&t->j, &t->hold, &t->k, s, &member, &t->why);
    if (e == SR_OK)
        t->refused_at = DONE;
}

static void no_bit_of_a_join_can_be_turned(void)
{
    struct net n;
    struct tape honest;
    net_make(&n, "master");
    tape_start(&honest, &n.cid);
    run_join(&n, &honest, NULL);
    T(honest.refused_at == DONE);
    T(span_eq(key_span(&honest.got.epoch[0].master), key_span(&n.master)));
    for (int message = M1; message <= M6; message++) {
        struct tally c = { .echo = M3 };
        for (size_t bit = 0; bit < honest.m[message].n * 8; bit++) {
            struct turn turn = { message, bit };
            struct tape t;
            if (message <= M2) {
                tape_start(&t, &n.cid);
                run_join(&n, &t, &turn);
                tape_drop(&t);
            } else {
                turn_join(&n, &honest, message, bit, &t);
            }
            judge(&c, region_of(regions, sizeof regions / sizeof *regions, message, bit / 8), message,
                  t.refused_at, t.why.reason);
        }
        T(c.turned == honest.m[message].n * 8 && c.completed == 0 && c.elsewhere == 0);
        printf("M%d: %zu bits turned, %zu completed\n", message, c.turned, c.completed);
    }
    tape_drop(&honest);
    net_drop(&n);
}

static void no_bit_of_a_release_can_be_turned(void)
{
    struct net n;
    struct tape_w honest;
    net_make(&n, "master");
    tape_w_start(&honest, &n);
    run_release(&n, &honest, NULL);
    T(honest.refused_at == DONE && honest.got.values.n == 2);
    for (int message = W1; message <= W3; message++) {
        struct tally c = { .echo = W2 };
        for (size_t bit = 0; bit < honest.m[message].n * 8; bit++) {
            struct turn turn = { message, bit };
            struct tape_w t;
            uint8_t seed[16] = { 0 };
            nonce_set_free(n.used); /* a fresh memory: so that only the change can be what is refused */
            T(nonce_set_new(4, seed, &n.used) == SR_OK);
            tape_w_start(&t, &n);
            run_release(&n, &t, &turn);
            judge(&c, region_of(regions_w, sizeof regions_w / sizeof *regions_w, message, bit / 8), message,
                  t.refused_at, t.why.reason);
            tape_w_drop(&t);
        }
        T(c.turned == honest.m[message].n * 8 && c.completed == 0 && c.elsewhere == 0);
        printf("W%d: %zu bits turned, %zu completed\n", message, c.turned, c.completed);
    }
    tape_w_drop(&honest);
    net_drop(&n);
}

static enum sr_err decode_join(int message, struct span s, struct sr_why *why)
{
    union {
        struct m1 m1;
        struct m2 m2;
        struct m3 m3;
        struct m4 m4;
        struct m5 m5;
        struct m6 m6;
    } u;
    switch (message) {
    case M1: return m1_decode(s, &u.m1, why);
    case M2: return m2_decode(s, &u.m2, why);
    case M3: return m3_decode(s, &u.m3, why);
    case M4: return m4_decode(s, &u.m4, why);
    case M5: return m5_decode(s, &u.m5, why);
    default: return m6_decode(s, &u.m6, why);
    }
}

static enum sr_err decode_release(int message, struct span s, struct sr_why *why)
{
    struct w1 w1;
    struct w2 w2;
    struct w3 w3;
    return message == W1   ? w1_decode(s, &w1, why)
           : message == W2 ? w2_decode(s, &w2, why)
                           : w3_decode(s, &w3, why);
}

/* Shorter and up to 64 bytes longer, for every message. */
static void cut(const struct buf *m, int message, enum sr_err (*decode)(int, struct span, struct sr_why *))
{
    size_t taken = 0;
    SR_OWN(buf) longer = { 0 };
    struct sr_why why;
    for (size_t len = 0; len < m->n; len++)
        taken += decode(message, (struct span){ m->p, len }, &why) == SR_OK || why.reason != R_MALFORMED;
    wr_span(&longer, buf_span(m));
    for (int i = 0; i < 64; i++) {
        wr_u8(&longer, 0);
        taken += decode(message, buf_span(&longer), &why) == SR_OK || why.reason != R_MALFORMED;
    }
    T(decode(message, buf_span(m), &why) == SR_OK);
    T(taken == 0);
}

static void no_message_of_another_length_is_read(void)
{
    struct net n;
    struct tape t;
    struct tape_w w;
    net_make(&n, "master");
    tape_start(&t, &n.cid);
    tape_w_start(&w, &n);
    run_join(&n, &t, NULL);
    run_release(&n, &w, NULL);
    T(t.refused_at == DONE && w.refused_at == DONE);
    for (int message = M1; message <= M6; message++)
        cut(&t.m[message], message, decode_join);
    for (int message = W1; message <= W3; message++)
        cut(&w.m[message], message, decode_release);
    T(t.m[M2].n == M2_SIZE && t.m[M5].n == M5_SIZE && w.m[W1].n == W1_SIZE);
    tape_drop(&t);
    tape_w_drop(&w);
    net_drop(&n);
}

int main(void)
{
    if (secret_init() != SR_OK)
        return 1;
    no_bit_of_a_join_can_be_turned();
    no_bit_of_a_release_can_be_turned();
    no_message_of_another_length_is_read();
    return t_end();
}
