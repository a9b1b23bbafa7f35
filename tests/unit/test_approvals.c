/* Operators' signatures: as they are passed round, put in their places, and counted. */
#include "crypto/text.h"
#include "proto/approvals.h"
#include "proto/json.h"
#include "tests/t.h"

#include <string.h>

enum { SIGNERS = APPROVALS_MAX + 1 };

static struct sign_key keys[SIGNERS];
static struct sign_pub pubs[SIGNERS];
static const struct approved of = { L_LOSS_SIG, { (const uint8_t *)"text", 4 }, R_LOSS, "loss" };

static void signers(void)
{
    for (size_t i = 0; i < SIGNERS; i++)
        sign_random(&keys[i], &pubs[i]);
}

static void signed_by(size_t n, struct approvals *ret)
{
    *ret = (struct approvals){ 0 };
    for (size_t i = 0; i < n; i++)
        T(approvals_sign(ret, &of, &keys[i], &pubs[i], NULL) == SR_OK);
}

/* As in the files that are passed round, the array is a member of something. */
static enum sr_err read_text(struct span array, struct approvals *ret, struct sr_why *why)
{
    SR_OWN(json_doc) doc = { 0 };
    SR_OWN(buf) text = { 0 };
    wr_text(&text, "{\"by\":");
    wr_span(&text, array);
    wr_text(&text, "}");
    SR_TRY(json_parse(buf_span(&text), &doc, why));
    return approvals_read(json_get(json_root(&doc), "by"), &of, ret, why);
}

static void there_and_back(void)
{
    for (size_t n = 0; n <= APPROVALS_MAX; n++) {
        struct approvals a, back = { 0 };
        SR_OWN(buf) text = { 0 };
        SR_OWN(buf) again = { 0 };
        signed_by(n, &a);
        approvals_write(&a, &text);
        T(buf_ok(&text) && read_text(buf_span(&text), &back, NULL) == SR_OK && back.n == n);
        approvals_write(&back, &again);
        T(span_eq(buf_span(&again), buf_span(&text)));
        for (size_t i = 1; i < back.n; i++)
            T(memcmp(back.v[i - 1].key.b, back.v[i].key.b, sizeof back.v[i].key.b) < 0);
    }
}

#define ZEROS   "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES    "1111111111111111111111111111111111111111111111111111111111111111"
#define BY(key) "{\"key\":\"" key "\",\"sig\":\"" ZEROS ZEROS "\"}"

static void what_is_not_read(void)
{
    static const struct {
        const char *label, *text;
        enum sr_reason reason;
    } rows[] = {
        { "twice", "[" BY(ZEROS) "," BY(ZEROS) "]", R_LOSS },
        { "not ascending", "[" BY(ONES) "," BY(ZEROS) "]", R_LOSS },
        { "no signature", "[{\"key\":\"" ZEROS "\"}]", R_JSON_MEMBER },
        { "something more", "[{\"key\":\"" ZEROS "\",\"sig\":\"" ZEROS ZEROS "\",\"x\":1}]", R_JSON_MEMBER },
        { "a shorter key", "[{\"key\":\"00\",\"sig\":\"" ZEROS ZEROS "\"}]", R_JSON_MEMBER },
        { "no object", "[1]", R_JSON_MEMBER },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct approvals a = { .n = 3 };
        struct sr_why why = { 0 };
        T_ROW(read_text(span_of(rows[i].text), &a, &why) == SR_EFORMAT, rows[i].label);
        T_ROW(why.reason == rows[i].reason && a.n == 3, rows[i].label);
    }
}

static void one_too_many(void)
{
    SR_OWN(buf) text = { 0 };
    struct approvals a;
    struct sr_why why = { 0 };
    signed_by(APPROVALS_MAX, &a);
    T(approvals_sign(&a, &of, &keys[APPROVALS_MAX], &pubs[APPROVALS_MAX], &why) == SR_ETOOBIG);
    T(why.reason == R_LOSS && a.n == APPROVALS_MAX);
    T(approvals_sign(&a, &of, &keys[3], &pubs[3], &why) == SR_EFORMAT && why.reason == R_LOSS);
    wr_text(&text, "[");
    for (unsigned i = 0; i <= APPROVALS_MAX; i++)
        wr_fmt(&text, "%s{\"key\":\"%02x%.62s\",\"sig\":\"" ZEROS ZEROS "\"}", i ? "," : "", i, ZEROS);
    wr_text(&text, "]");
    T(read_text(buf_span(&text), &a, &why) == SR_EFORMAT);
}

static void how_many(void)
{
    for (size_t n = 0; n <= 4; n++)
        for (size_t k = 0; k <= 4; k++)
            for (size_t have = 0; have <= 4; have++) {
                struct approvals a;
                signed_by(have, &a);
                const struct approvers by = { pubs, n, k };
                T(approvals_enough(&a, &by) == (k >= 1 && k <= n && have >= k));
            }
}

static bool counts(const struct approvals *a, size_t operators, const struct approved *what)
{
    const struct approvers by = { pubs, operators, 1 };
    struct sr_why why = { 0 };
    enum sr_err e = approvals_check(a, &by, what, &why);
    T(e == SR_OK || (e == SR_EPROOF && why.reason == R_LOSS));
    return e == SR_OK;
}

static void each_is_looked_at(void)
{
    struct approvals a;
    signed_by(3, &a);
    T(counts(&a, 3, &of) && counts(&a, SIGNERS, &of));
    T(!counts(&a, 2, &of)); /* one is no operator's */
    const struct approved other = { L_LOSS_SIG, SPAN_STR("texu"), R_LOSS, "loss" };
    const struct approved elsewhere = { L_POLICY_SIG, SPAN_STR("text"), R_LOSS, "loss" };
    T(!counts(&a, 3, &other) && !counts(&a, 3, &elsewhere));
    for (size_t i = 0; i < 3; i++) {
        struct approvals b = a;
        b.v[i].sig.b[5] ^= 1;
        T(!counts(&b, 3, &of));
        b = a;
        b.v[(i + 1) % 3] = b.v[i]; /* one of them twice */
        T(!counts(&b, 3, &of));
    }
    struct approval first = a.v[0];
    a.v[0] = a.v[1];
    a.v[1] = first;
    T(!counts(&a, 3, &of));
}

int main(void)
{
    T(secret_init() == SR_OK);
    signers();
    there_and_back();
    what_is_not_read();
    one_too_many();
    how_many();
    each_is_looked_at();
    return t_end();
}
