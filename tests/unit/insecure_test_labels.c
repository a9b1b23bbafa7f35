/* The insecure build: other labels, so that nothing it makes means anything to a production program. */
#include "tests/unit/labels_rows.h"

static void every_label_does_what_its_insecure_row_says(void)
{
    for (enum label l = 0; l < LABEL_COUNT; l++)
        if (label_rows[l].text)
            label_gives(l, &label_rows[l].insecure);
}

static void no_output_is_the_same_in_both_modes(void)
{
    for (enum label l = 0; l < LABEL_COUNT; l++) {
        const struct label_row *r = &label_rows[l];
        if (!r->text)
            continue;
        T_ROW(strcmp(r->production.derived, r->insecure.derived) != 0, r->name);
        T_ROW(strcmp(r->production.mac, r->insecure.mac) != 0, r->name);
        T_ROW(strcmp(r->production.hash, r->insecure.hash) != 0, r->name);
    }
}

static void labels_fit_with_the_longer_prefix_too(void)
{
    for (enum label l = 0; l < LABEL_COUNT; l++) {
        struct label_text t = label_text(l);
        T_ROW(t.n < LABEL_MAX && strlen(t.b) == t.n, t.b);
        T_ROW(strncmp(t.b, "sealring-insecure/v1/", 21) == 0, t.b);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    T(strcmp(sr_mode.name, "insecure") == 0 && strcmp(sr_mode.cid_prefix, "srx1") == 0);
    every_label_does_what_its_insecure_row_says();
    no_output_is_the_same_in_both_modes();
    labels_fit_with_the_longer_prefix_too();
    return t_end();
}
