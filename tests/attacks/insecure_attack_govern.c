/* Attacks of who should be no member any more, or not become one: after a freeze, an expulsion, a lapsed
 * lease. On whole members in this process. */
#include "tests/attacks/governed.h"

/* ---- freeze ---- */

/* Joins go on before a freeze, and after the thaw. */
static bool thawed(struct lab *l)
{
    struct running *r = running_first();
    struct sr_why why = { 0 };
    (void)l;
    bool good = governed_join(r, &why);
    governed_by(r, "frozen", "[\"join\"]");
    governed_by(r, "frozen", "");
    good = good && governed_join(r, &why);
    T(freeze_turn(r->core, true, &why) == SR_OK && freeze_turn(r->core, false, &why) == SR_OK);
    running_again(r);
    good = good && governed_join(r, &why);
    running_end(r);
    return good;
}

/* The operators froze joins: code that they had named turned out bad. */
static bool frozen_join(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    governed_by(r, "frozen", "[\"join\"]");
    bool got = governed_join(r, why);
    running_end(r);
    return got;
}

/* The member's own root turned the switch while the joiner had its challenge already. */
static bool frozen_here(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    SR_OWN(tape) t = { 0 };
    (void)l;
    T(governed_m3(r, &t, why) && freeze_turn(r->core, true, why) == SR_OK);
    bool got = governed_m4(r, &t, why);
    running_end(r);
    return got;
}

/* It is turned, and somebody has the member started again. */
static bool frozen_before_restart(struct lab *l, struct sr_why *why)
{
    struct running *r = running_first();
    (void)l;
    T(freeze_turn(r->core, true, why) == SR_OK);
    running_again(r);
    bool got = governed_join(r, why);
    running_end(r);
    return got;
}

static const struct attack rows[] = {
    { "frozen_join", thawed, frozen_join, R_FROZEN },
    { "frozen_here", thawed, frozen_here, R_FROZEN },
    { "frozen_before_restart", thawed, frozen_before_restart, R_FROZEN },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
