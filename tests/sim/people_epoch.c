/* people_epoch.c - operators who rotate the master: they have a member draw, approve, and hand the approvals
 * to the member that drew; late, twice, to another member, or never. */
#include "client/remote.h"
#include "proto/rotation.h"
#include "tests/sim/oracle_epoch.h"
#include "tests/sim/people.h"

#include <stdlib.h>
#include <string.h>

enum { DRAFTS_MAX = 256, SECOND = 1000 * 1000, TRIES = 3 };

/* An epoch file as the operators keep it. */
struct draft {
    struct rotation_file file;
    struct host *by;
};
static struct draft draft[DRAFTS_MAX];
static size_t drafts;

struct errand {
    struct host *m;
    uint64_t b;
    size_t which;
};

static void run(void *(*what)(void *), struct host *m, uint64_t b, size_t which)
{
    struct errand *e = malloc(sizeof *e);
    if (!e)
        abort();
    *e = (struct errand){ m, b, which };
    (void)fiber_start(OPERATOR, what, e);
}

static enum sr_err open_to(const struct host *m, struct remote *ret, struct sr_why *why)
{
    const struct remote_options o = { .node = m->address, .cid = world()->cid, .timeout_s = 10 };
    return remote_open(&o, ret, why);
}

/* ---- drawing ---- */

static enum sr_err ask(const struct errand *e, struct rotation_file *ret, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) reply = { 0 };
    const struct remote_signer by = { world()->operator[0], world()->operator_pub[0] };
    const struct http_call call = { .method = "POST",
                                    .path = e->b % 4 ? "/sealring/v1/epoch/draw"
                                                     : "/sealring/v1/epoch/draw?again=1" };
    SR_TRY(open_to(e->m, &r, why));
    SR_TRY(remote_signed(&r, &by, &call, &reply, why));
    return rotation_file_parse(buf_span(&reply), ret, why);
}

/* Some operators approve one draw of an epoch and no other, whatever becomes of it. */
static bool may_approve(const struct rotation_file *f)
{
    const struct world *w = world();
    for (size_t i = 0; w->careful && !w->quiet && i < drafts; i++)
        if (draft[i].file.draw.pubs.epoch == f->draw.pubs.epoch &&
            !span_eq(buf_span(&draft[i].file.draw_bytes), buf_span(&f->draw_bytes)))
            return false;
    return true;
}

/* k of them, not always the same. */
static void approve(struct rotation_file *f)
{
    struct world *w = world();
    uint64_t first = rng_below(&w->people, OPERATORS);
    for (uint64_t i = 0; i < OPERATORS_K; i++) {
        uint64_t who = (first + i) % OPERATORS;
        if (rotation_approve(f, &w->operator[who], &w->operator_pub[who], NULL) != SR_OK)
            violated("harness", "an approval");
    }
}

static bool keep(struct host *m, struct rotation_file *f)
{
    if (drafts == DRAFTS_MAX || !may_approve(f))
        return false;
    approve(f);
    draft[drafts++] = (struct draft){ *f, m };
    *f = (struct rotation_file){ 0 };
    return true;
}

/* ---- handing in ---- */

static enum sr_err submit(struct host *m, size_t which, struct sr_why *why)
{
    SR_OWN(remote) r = { 0 };
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) reply = { 0 };
    rotation_file_write(&draft[which].file, &text);
    SR_TRY(open_to(m, &r, why));
    return remote_post(&r, "/sealring/v1/epoch/link", "application/json", buf_span(&text), &reply, why);
}

static void hand_in(struct host *m, size_t which)
{
    struct sr_why why = { 0 };
    enum sr_err e = submit(m, which, &why);
    trace(OPERATOR, "link of epoch %llu at m%d: %s %s", (unsigned long long)draft[which].file.draw.pubs.epoch,
          m->id, e == SR_OK ? "good" : sr_strerror(e), why.text);
}

static void *hands_in(void *arg)
{
    const struct errand *e = arg;
    hand_in(e->m, e->which);
    free(arg);
    return NULL;
}

/* At another member when one does not do it. */
static bool draw(struct errand *e)
{
    struct world *w = world();
    SR_OWN(rotation_file) f = { 0 };
    enum sr_err drawn = SR_EIO;
    for (int try = 0; try < TRIES && drawn != SR_OK; try++) {
        struct sr_why why = { 0 };
        e->m = try ? &w->m[((size_t)e->m->id + 1) % w->n] : e->m;
        drawn = ask(e, &f, &why);
        trace(OPERATOR, "draw at m%d: %s %s", e->m->id, drawn == SR_OK ? "good" : sr_strerror(drawn),
              why.text);
    }
    return drawn == SR_OK && keep(e->m, &f);
}

static void *draws(void *arg)
{
    struct errand *e = arg;
    if (draw(e) && e->which) { /* hands it in too, perhaps late */
        size_t which = drafts - 1;
        fiber_sleep(e->b / 4 % 3 * (e->b / 12 % 30) * SECOND);
        hand_in(e->m, which);
    }
    free(arg);
    return NULL;
}

void operator_draws(struct host *m, uint64_t b)
{
    trace(OPERATOR, "asks m%d for a draw", m->id);
    run(draws, m, b, 0);
}

void operator_rotates(struct host *m, uint64_t b)
{
    trace(OPERATOR, "rotates at m%d", m->id);
    run(draws, m, b, 1);
}

void operator_submits(struct host *m, uint64_t b)
{
    if (!drafts)
        return;
    size_t which = drafts - 1 - b % (drafts < 4 ? drafts : 4);
    run(hands_in, b / 4 % 4 ? draft[which].by : m, 0, which);
}
