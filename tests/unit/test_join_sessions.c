/* Joins between M4 and M6: bounded, one thread at a time, the same answer to the same M5. */
#include "node/sessions.h"
#include "tests/t.h"

static struct join_pending pending(uint8_t sid, uint64_t expires_ms)
{
    struct join_pending p = { .expires_ms = expires_ms };
    p.sid.b[0] = sid;
    return p;
}

static enum sr_err begin(struct sessions *s, uint8_t sid, uint8_t m5, uint64_t now, struct buf *m6,
                         struct sr_why *why)
{
    SR_OWN(join_pending) p = { 0 };
    struct session_id id = { { sid } };
    struct sha256 hash = { { m5 } };
    *why = (struct sr_why){ 0 };
    return sessions_begin(s, &id, &hash, now, &p, m6, why);
}

static void end(struct sessions *s, uint8_t sid, uint8_t m5, struct span m6)
{
    struct session_id id = { { sid } };
    struct sha256 hash = { { m5 } };
    sessions_end(s, &id, &hash, m6);
}

static enum sr_err put(struct sessions *s, uint8_t sid, uint64_t expires, uint64_t now)
{
    SR_OWN(join_pending) p = pending(sid, expires);
    return sessions_put(s, &p, now);
}

static void one_thread_has_a_session_and_a_refused_m5_leaves_it(void)
{
    struct sessions *s = NULL;
    struct sr_why why;
    SR_OWN(buf) m6 = { 0 };
    T(sessions_new(4, &s) == SR_OK && put(s, 1, 100, 0) == SR_OK);
    T(put(s, 1, 100, 0) == SR_EBUG);
    T(begin(s, 2, 5, 0, &m6, &why) == SR_EAUTH && why.reason == R_SESSION_UNKNOWN);
    T(begin(s, 1, 5, 0, &m6, &why) == SR_OK && m6.n == 0);
    T(begin(s, 1, 5, 0, &m6, &why) == SR_EBUSY && why.reason == R_BUSY);
    end(s, 1, 5, (struct span){ 0 });
    T(begin(s, 1, 6, 0, &m6, &why) == SR_OK && m6.n == 0);
    end(s, 1, 6, SPAN_STR("the answer"));
    sessions_free(s);
}

static void the_same_m5_gets_the_same_m6_and_another_gets_none(void)
{
    struct sessions *s = NULL;
    struct sr_why why;
    SR_OWN(buf) m6 = { 0 };
    SR_OWN(buf) again = { 0 };
    T(sessions_new(4, &s) == SR_OK && put(s, 1, 100, 0) == SR_OK);
    T(begin(s, 1, 5, 0, &m6, &why) == SR_OK);
    end(s, 1, 5, SPAN_STR("the answer"));
    T(begin(s, 1, 5, 100, &m6, &why) == SR_OK && span_eq(buf_span(&m6), SPAN_STR("the answer")));
    T(begin(s, 1, 6, 100, &again, &why) == SR_EAUTH && why.reason == R_CONFIRM_MAC && again.n == 0);
    T(begin(s, 1, 5, 101, &again, &why) == SR_EAUTH && why.reason == R_SESSION_UNKNOWN && again.n == 0);
    sessions_free(s);
}

static void a_full_table_says_so_until_something_expires(void)
{
    struct sessions *s = NULL;
    struct sr_why why = { 0 };
    T(sessions_new(2, &s) == SR_OK);
    T(put(s, 1, 10, 0) == SR_OK && sessions_room(s, 0, &why) == SR_OK && put(s, 2, 20, 0) == SR_OK);
    T(sessions_room(s, 10, &why) == SR_EBUSY && why.reason == R_NONCES_FULL);
    T(put(s, 3, 30, 10) == SR_EBUSY);
    T(sessions_room(s, 11, &why) == SR_OK && put(s, 3, 30, 11) == SR_OK);
    T(put(s, 4, 30, 11) == SR_EBUSY);
    sessions_free(s);
}

int main(void)
{
    T(secret_init() == SR_OK);
    one_thread_has_a_session_and_a_refused_m5_leaves_it();
    the_same_m5_gets_the_same_m6_and_another_gets_none();
    a_full_table_says_so_until_something_expires();
    return t_end();
}
