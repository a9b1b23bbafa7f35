/* Attacks with a member's whole folder, and with the TPM's owner: every state that there ever was can be put
 * back, every counter removed and made anew. The attacker wants the member to go on from a state in which
 * what it did later never happened. */
#include "tests/attacks/lab.h"
#include "tests/counter_lab.h"

static void born(struct counter_lab *l)
{
    counter_lab_begin(l);
    T(lab_start(l, NULL) == SR_OK);
    lab_put(l, HOME_MEMBER_CERT, "a certificate");
    lab_put(l, "secret", "deleted later");
    T(counter_cover(l->counter, NULL) == SR_OK);
    lab_keep(l, 0);
    lab_put(l, "secret", "gone");
    T(counter_cover(l->counter, NULL) == SR_OK);
}

static bool honest_counter(struct lab *unused)
{
    struct counter_lab *l = calloc(1, sizeof *l);
    struct sr_why why = { 0 };
    (void)unused;
    born(l);
    lab_down(l);
    bool good = lab_start(l, &why) == SR_OK && lab_has(l, "secret", "gone");
    T_ROW(good, why.text);
    counter_lab_end(l);
    free(l);
    return good;
}

static bool forgets(struct counter_lab *l, struct sr_why *why)
{
    bool got = lab_start(l, why) == SR_OK && lab_has(l, "secret", "deleted later");
    counter_lab_end(l);
    free(l);
    return got;
}

static bool whole_folder_of_the_past(struct lab *unused, struct sr_why *why)
{
    struct counter_lab *l = calloc(1, sizeof *l);
    (void)unused;
    born(l);
    lab_put_back(l, 0);
    return forgets(l, why);
}

static bool counter_removed(struct lab *unused, struct sr_why *why)
{
    struct counter_lab *l = calloc(1, sizeof *l);
    (void)unused;
    born(l);
    lab_put_back(l, 0);
    memset(l->tpm.slot, 0, sizeof l->tpm.slot);
    return forgets(l, why);
}

/* A state from before there was a counter: of that member the TPM has one. */
static bool counter_not_begun(struct lab *unused, struct sr_why *why)
{
    struct counter_lab *l = calloc(1, sizeof *l);
    (void)unused;
    counter_lab_begin(l);
    l->begin = false;
    T(lab_start(l, NULL) == SR_OK);
    lab_put(l, HOME_MEMBER_CERT, "a certificate");
    lab_put(l, "secret", "deleted later");
    lab_keep(l, 0);
    lab_down(l);
    l->begin = true;
    T(lab_start(l, NULL) == SR_OK);
    lab_put(l, "secret", "gone");
    T(counter_cover(l->counter, NULL) == SR_OK);
    lab_put_back(l, 0);
    return forgets(l, why);
}

/* The option that begins it is the host's to change: it must not end it. */
static bool counter_switched_off(struct lab *unused, struct sr_why *why)
{
    struct counter_lab *l = calloc(1, sizeof *l);
    (void)unused;
    born(l);
    lab_put_back(l, 0);
    l->begin = false;
    return forgets(l, why);
}

static const struct attack rows[] = {
    { "whole_folder_of_the_past", honest_counter, whole_folder_of_the_past, R_ROLLED_BACK },
    { "counter_removed", honest_counter, counter_removed, R_ROLLED_BACK },
    { "counter_not_begun", honest_counter, counter_not_begun, R_ROLLED_BACK },
    { "counter_switched_off", honest_counter, counter_switched_off, R_ROLLED_BACK },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
