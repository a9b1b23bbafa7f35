/* Old states of a member's disk, each restored and started: none serves. SEALRING_ROLLBACKS: how many (12;
 * the full setting is 1000). */
#include "tests/attacks/witness_net.h"

enum { STATES = 6 };

static uint64_t count(void)
{
    const char *text = getenv("SEALRING_ROLLBACKS");
    unsigned long n = text ? strtoul(text, NULL, 10) : 0;
    return n ? n : 12;
}

static void name_of(int i, char ret[16])
{
    snprintf(ret, 16, "old%d", i);
}

/* Copies of a's disk, taken while it runs, with a release between any two. */
static void gather(struct witness_net *w)
{
    struct sr_why why;
    for (int i = 0; i < STATES; i++) {
        char name[16];
        name_of(i, name);
        live_copy(&w->a, name);
        T(live_release_soon(&w->a, &w->b.r->core->home, &why));
    }
}

static void refused(struct witness_net *w, int state)
{
    struct sr_why why;
    char name[16];
    name_of(state, name);
    live_restart(&w->a, name);
    T_ROW(!live_release_soon(&w->a, &w->b.r->core->home, &why), name);
    T_ROW(why.reason == R_ROLLED_BACK, name);
    T_ROW(!live_release(&w->a, &w->b.r->core->home, &why) && why.reason == R_ROLLED_BACK,
          name); /* for good */
}

int main(void)
{
    SR_OWN(witness_net) w = { 0 };
    struct sr_why why;
    T(secret_init() == SR_OK);
    witness_net_open(&w);
    gather(&w);
    live_stop(&w.a);
    live_copy(&w.a, "newest");
    for (uint64_t i = 0; i < count(); i++) {
        uint8_t draw;
        random_fill(&draw, sizeof draw);
        refused(&w, draw % STATES);
    }
    live_restart(&w.a, "newest"); /* what was lost was not the state but the time */
    T(live_release_soon(&w.a, &w.b.r->core->home, &why));
    witness_net_drop(&w);
    w = (struct witness_net){ 0 };
    return t_end();
}
