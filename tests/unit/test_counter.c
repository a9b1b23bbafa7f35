/* Rollback level "tpm": which states of a keystore go on beside which count of the TPM. */
#include "tests/counter_lab.h"

enum { OLD_STATES = 1000 };

static unsigned old_states(void)
{
    const char *text = getenv("SEALRING_OLD_STATES");
    return text && atoi(text) > 0 ? (unsigned)atoi(text) : OLD_STATES;
}

static struct counter_lab *lab(void)
{
    struct counter_lab *l = calloc(1, sizeof *l);
    struct sr_why why = { 0 };
    counter_lab_begin(l);
    T_ROW(lab_start(l, &why) == SR_OK, why.text);
    lab_put(l, HOME_MEMBER_CERT, "a certificate");
    T(counter_cover(l->counter, NULL) == SR_OK);
    return l;
}

static void end(struct counter_lab *l)
{
    counter_lab_end(l);
    free(l);
}

static void it_begins_past_all_that_was(void)
{
    struct counter_lab *l = lab();
    T(counter_value(l->counter) == 44); /* 41, then the first, the start's, and one for the certificate */
    T(counter_index(l->counter) >> 16 == 0x01a5);
    T(counter_cover(l->counter, NULL) == SR_OK &&
      counter_value(l->counter) == 44); /* nothing new, nothing counted */
    lab_put(l, "a", "1");
    T(counter_cover(l->counter, NULL) == SR_OK && counter_value(l->counter) == 45);
    end(l);
}

static void a_restart_goes_on(void)
{
    struct counter_lab *l = lab();
    struct sr_why why = { 0 };
    for (int i = 0; i < 5; i++) {
        lab_put(l, "a", "1");
        lab_down(l);
        T_ROW(lab_start(l, &why) == SR_OK, why.text);
    }
    l->begin = false; /* the option does not end it */
    lab_down(l);
    T(lab_start(l, &why) == SR_OK && l->counter != NULL);
    end(l);
}

static void without_the_option_there_is_none(void)
{
    struct counter_lab l;
    counter_lab_begin(&l);
    l.begin = false;
    T(lab_start(&l, NULL) == SR_OK && l.counter == NULL && l.tpm.steps == 0);
    T(counter_judge(NULL, NULL) == SR_OK && counter_cover(NULL, NULL) == SR_OK &&
      counter_holds(NULL, NULL) == SR_OK);
    counter_lab_end(&l);
}

/* Killed before the row, between row and count, between count and whatever comes next. */
static void killed_at_each_step(void)
{
    static const enum lab_fault faults[] = { LAB_BEFORE, LAB_AFTER };
    struct sr_why why = { 0 };
    for (size_t i = 0; i < 2; i++) {
        struct counter_lab *l = lab();
        lab_put(l, "a", "kept");
        lab_keep(l, 0); /* the row is not there yet */
        l->tpm.fault = faults[i];
        T(counter_cover(l->counter, &why) == SR_EBUSY && why.reason == R_TPM);
        l->tpm.fault = LAB_FINE;
        lab_keep(l, 1); /* it is, and the TPM has counted or not */
        lab_down(l);
        T_ROW(lab_start(l, &why) == SR_OK && lab_has(l, "a", "kept"), why.text);
        lab_put_back(l, 0); /* only what the TPM never counted may be forgotten */
        T(lab_start(l, &why) == SR_EPROOF && why.reason == R_ROLLED_BACK);
        end(l);
    }
}

/* What is written after a count that failed is not covered by that count's row. */
static void written_after_a_count_that_failed(void)
{
    struct counter_lab *l = lab();
    struct sr_why why = { 0 };
    lab_put(l, "a", "1");
    l->tpm.fault = LAB_BEFORE;
    T(counter_cover(l->counter, NULL) == SR_EBUSY);
    l->tpm.fault = LAB_FINE;
    lab_keep(l, 0); /* the row is there, the next write is not */
    lab_put(l, "a", "2");
    for (int i = 0; i < 200 && counter_cover(l->counter, NULL) != SR_OK; i++)
        nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    lab_keep(l, 1);
    lab_put_back(l, 0);
    T(lab_start(l, &why) == SR_EPROOF && why.reason == R_ROLLED_BACK);
    lab_put_back(l, 1);
    T(lab_start(l, &why) == SR_OK && lab_has(l, "a", "2"));
    end(l);
}

/* The same without a restart: what was not heard of is found out. */
static void an_answer_that_was_lost(void)
{
    struct counter_lab *l = lab();
    lab_put(l, "a", "1");
    l->tpm.fault = LAB_AFTER;
    T(counter_cover(l->counter, NULL) == SR_EBUSY);
    l->tpm.fault = LAB_FINE;
    for (int i = 0; i < 200 && counter_cover(l->counter, NULL) != SR_OK; i++) /* until the actor has probed */
        nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
    T(counter_value(l->counter) == 45);
    lab_down(l);
    T(lab_start(l, NULL) == SR_OK);
    end(l);
}

static void what_its_owner_does(void)
{
    struct sr_why why = { 0 };
    struct counter_lab *l = lab();
    struct key other = { { 5 } };
    lab_down(l);
    l->tpm.slot[0].auth = other; /* removed, and one of the host's own in its place */
    T(lab_start(l, &why) == SR_EPROOF && why.reason == R_ROLLED_BACK);
    lab_down(l);
    l->tpm.slot[0].index = 0; /* removed */
    T(lab_start(l, &why) == SR_EPROOF && why.reason == R_ROLLED_BACK);
    T(counter_value(l->counter) == 0);
    T(counter_start(l->counter, &why) == SR_OK); /* operators said so: one more, past all */
    T(counter_value(l->counter) > 44);
    lab_down(l);
    T(lab_start(l, &why) == SR_OK);
    end(l);
}

static void an_index_that_is_taken(void)
{
    struct counter_lab l;
    counter_lab_begin(&l);
    T(lab_look(&l, NULL) == SR_OK);
    uint32_t first = counter_index(l.counter);
    lab_down(&l);
    l.tpm.slot[3].index = first;
    l.tpm.slot[3].auth = (struct key){ { 9 } };
    T(lab_start(&l, NULL) == SR_OK && counter_index(l.counter) != first);
    counter_lab_end(&l);
}

/* From before it was begun: the TPM has it, the state does not. */
static void a_state_that_knows_of_none(void)
{
    struct sr_why why = { 0 };
    struct counter_lab l;
    counter_lab_begin(&l);
    l.begin = false;
    T(lab_start(&l, NULL) == SR_OK);
    lab_put(&l, HOME_MEMBER_CERT, "a certificate");
    lab_keep(&l, 0);
    lab_down(&l);
    l.begin = true;
    T(lab_start(&l, NULL) == SR_OK);
    lab_put_back(&l, 0);
    T(lab_start(&l, &why) == SR_EPROOF && why.reason == R_ROLLED_BACK);
    counter_lab_end(&l);
}

/* Something is written; it may be counted; the TPM may fail at it, and then the member starts again. */
static void one_round(struct counter_lab *l, unsigned i)
{
    char value[16];
    struct sr_why why = { 0 };
    snprintf(value, sizeof value, "%u", i);
    lab_put(l, "a", value);
    if (random() % 3 == 0)
        return;
    l->tpm.fault = (enum lab_fault)(random() % 8 < 6 ? LAB_FINE : 1 + random() % 2);
    T((counter_cover(l->counter, NULL) == SR_OK) == (l->tpm.fault == LAB_FINE));
    if (l->tpm.fault == LAB_FINE)
        return;
    l->tpm.fault = LAB_FINE;
    lab_down(l);
    T_ROW(lab_start(l, &why) == SR_OK, why.text);
}

/* Whatever order of writes, counts, failures and restarts: a state goes on exactly when nothing was counted
 * after it. */
static void old_states_at_random(void)
{
    struct counter_lab *l = lab();
    uint64_t counted[LAB_STATES] = { 0 };
    unsigned refused = 0, went_on = 0, want = old_states();
    srandom(7);
    for (unsigned i = 0; refused < want; i++) {
        struct sr_why why = { 0 };
        size_t newest = i % LAB_STATES;
        one_round(l, i);
        lab_keep(l, newest);
        counted[newest] = counter_value(l->counter);
        if (random() % 2)
            continue;
        size_t at = (size_t)random() % (i < LAB_STATES ? i + 1 : LAB_STATES);
        bool old = counted[at] != counted[newest];
        lab_put_back(l, at);
        enum sr_err e = lab_start(l, &why);
        T(old ? e == SR_EPROOF && why.reason == R_ROLLED_BACK : e == SR_OK);
        refused += old;
        went_on += !old;
        if (old) {
            lab_put_back(l, newest);
            T_ROW(lab_start(l, &why) == SR_OK, why.text);
        }
    }
    T(refused >= want && went_on > 0);
    printf("%u old states refused, %u that were not old went on\n", refused, went_on);
    end(l);
}

int main(void)
{
    T(secret_init() == SR_OK);
    it_begins_past_all_that_was();
    a_restart_goes_on();
    without_the_option_there_is_none();
    killed_at_each_step();
    written_after_a_count_that_failed();
    an_answer_that_was_lost();
    what_its_owner_does();
    an_index_that_is_taken();
    a_state_that_knows_of_none();
    old_states_at_random();
    return t_end();
}
