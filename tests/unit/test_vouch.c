#include "proto/vouch.h"
#include "tests/t.h"

#include <string.h>

/* One question, its answer, and whose they are. */
struct world {
    struct sha256 cid;
    struct sign_key asker, voucher;
    struct sign_pub asker_pub, voucher_pub;
    struct vouch_request q;
    struct buf request, answer;
};

static void world_drop(struct world *w)
{
    buf_drop(&w->request);
    buf_drop(&w->answer);
}

static struct vouch_about about(const struct world *w)
{
    return (struct vouch_about){ &w->cid, &w->asker_pub, buf_span(&w->request) };
}

static void world_make(struct world *w)
{
    const struct vouch_answer a = { VOUCH_YES, 7, { { 3 } }, 2 };
    *w = (struct world){ .cid = { { 1 } }, .q = { { 2 }, 7, { { 3 } }, 2, { 4 } } };
    sign_random(&w->asker, &w->asker_pub);
    sign_random(&w->voucher, &w->voucher_pub);
    vouch_request_write(&w->q, &w->request);
    struct vouch_about what = about(w);
    vouch_answer_write(&a, &what, &w->voucher, &w->answer);
    T(w->request.n == VOUCH_REQUEST_SIZE && w->answer.n == VOUCH_ANSWER_SIZE);
}

static void what_was_said_is_read(void)
{
    SR_OWN(world) w;
    struct vouch_request q;
    struct vouch_answer a;
    world_make(&w);
    struct vouch_about what = about(&w);
    T(vouch_request_read(buf_span(&w.request), &q, NULL) == SR_OK && memcmp(&q, &w.q, sizeof q) == 0);
    T(vouch_answer_check(buf_span(&w.answer), &what, &w.voucher_pub, &a, NULL) == SR_OK);
    T(a.verdict == VOUCH_YES && a.number == 7 && a.hash.b[0] == 3 && a.epoch == 2);
}

static void every_other_length_and_every_bit_is_refused(void)
{
    SR_OWN(world) w;
    struct vouch_request q;
    struct vouch_answer a;
    unsigned kept = 0;
    world_make(&w);
    struct vouch_about what = about(&w);
    wr_u8(&w.request, 0);
    wr_u8(&w.answer, 0);
    for (size_t n = 0; n <= VOUCH_ANSWER_SIZE + 1; n++) {
        T((vouch_answer_check((struct span){ w.answer.p, n }, &what, &w.voucher_pub, &a, NULL) == SR_OK) ==
          (n == VOUCH_ANSWER_SIZE));
        if (n <= VOUCH_REQUEST_SIZE + 1)
            T((vouch_request_read((struct span){ w.request.p, n }, &q, NULL) == SR_OK) ==
              (n == VOUCH_REQUEST_SIZE));
    }
    for (size_t bit = 0; bit < VOUCH_ANSWER_SIZE * 8; bit++) {
        w.answer.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        kept += vouch_answer_check((struct span){ w.answer.p, VOUCH_ANSWER_SIZE }, &what, &w.voucher_pub, &a,
                                   NULL) == SR_OK;
        w.answer.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    T(kept == 0);
    for (size_t bit = 0; bit < VOUCH_REQUEST_SIZE * 8; bit++) { /* another question, or none */
        w.request.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct span s = { w.request.p, VOUCH_REQUEST_SIZE };
        T(vouch_request_read(s, &q, NULL) != SR_OK || memcmp(&q, &w.q, sizeof q) != 0);
        w.request.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_word_is_about_one_question_of_one_member(void)
{
    SR_OWN(world) w;
    SR_OWN(world) other;
    struct vouch_answer a;
    struct sr_why why = { 0 };
    world_make(&w);
    world_make(&other);
    other.request.p[1] ^= 1; /* its nonce */
    const struct sha256 elsewhere = { { 9 } };
    struct span s = buf_span(&w.answer);
    const struct vouch_about wrong[] = {
        { &elsewhere, &w.asker_pub, buf_span(&w.request) },
        { &w.cid, &other.asker_pub, buf_span(&w.request) },
        { &w.cid, &w.asker_pub, buf_span(&other.request) },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        T(vouch_answer_check(s, &wrong[i], &w.voucher_pub, &a, &why) == SR_EPROOF && why.reason == R_VOUCH);
    }
    struct vouch_about what = about(&w);
    T(vouch_answer_check(s, &what, &other.voucher_pub, &a, &why) == SR_EPROOF && why.reason == R_VOUCH);
}

static const struct judge_row {
    const char *label;
    uint64_t number, hash, epoch;
    enum vouch_verdict want;
} judge_rows[] = {
    { "the same", 7, 3, 2, VOUCH_YES },
    { "ahead", 8, 9, 2, VOUCH_YES },
    { "a later epoch", 7, 3, 3, VOUCH_YES },
    { "behind", 6, 3, 2, VOUCH_BEHIND },
    { "behind, with the hash of ours", 1, 3, 2, VOUCH_BEHIND },
    { "another of that number", 7, 4, 2, VOUCH_FORK },
    { "a retired epoch", 7, 3, 1, VOUCH_EPOCH },
    { "ahead in a retired epoch", 8, 3, 1, VOUCH_EPOCH },
    { "behind in a retired epoch", 6, 3, 1, VOUCH_BEHIND },
};

static void the_verdict_goes_by_our_own_policy(void)
{
    const struct vouch_answer own = { VOUCH_NONE, 7, { { 3 } }, 2 };
    for (size_t i = 0; i < sizeof judge_rows / sizeof *judge_rows; i++) {
        const struct judge_row *r = &judge_rows[i];
        struct vouch_request q = { .number = r->number, .epoch = r->epoch };
        q.hash.b[0] = (uint8_t)r->hash;
        T_ROW(vouch_judge(&q, &own, 2) == r->want, r->label);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    what_was_said_is_read();
    every_other_length_and_every_bit_is_refused();
    a_word_is_about_one_question_of_one_member();
    the_verdict_goes_by_our_own_policy();
    return t_end();
}
