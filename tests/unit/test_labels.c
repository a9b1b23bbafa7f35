#include "tests/unit/labels_rows.h"

static void every_label_does_what_its_row_says(void)
{
    for (enum label l = 0; l < LABEL_COUNT; l++)
        if (label_rows[l].text)
            label_gives(l, &label_rows[l].production);
}

/* LP(label) = u32be length || label. Of two different such strings none is a prefix of the other: either the
 * lengths differ, then they differ within the first 4 bytes, or the lengths agree and the labels differ. So
 * it is enough that all labels differ, and any two labelled inputs differ whatever follows. Checked on the
 * bytes too. */
static void labels_differ_and_are_prefix_free_once_length_prefixed(void)
{
    for (enum label i = 0; i < LABEL_COUNT; i++)
        for (enum label j = 0; j < LABEL_COUNT; j++) {
            struct label_text a = label_text(i), b = label_text(j);
            SR_OWN(buf) x = { 0 };
            SR_OWN(buf) y = { 0 };
            wr_lp(&x, (struct span){ (const uint8_t *)a.b, a.n });
            wr_lp(&y, (struct span){ (const uint8_t *)b.b, b.n });
            T_ROW(i == j || x.n > y.n || memcmp(x.p, y.p, x.n) != 0, a.b);
        }
}

static void labels_are_short_lower_case_and_prefixed(void)
{
    for (enum label l = 0; l < LABEL_COUNT; l++) {
        struct label_text t = label_text(l);
        T_ROW(t.n < LABEL_MAX && strlen(t.b) == t.n, t.b);
        T_ROW(strncmp(t.b, "sealring/v1/", 12) == 0 && t.n > 12, t.b);
        T_ROW(strspn(t.b, "abcdefghijklmnopqrstuvwxyz0123456789-/") == t.n, t.b);
    }
}

int main(void)
{
    T(secret_init() == SR_OK);
    T(strcmp(sr_mode.name, "production") == 0 && strcmp(sr_mode.cid_prefix, "sr1") == 0);
    every_label_does_what_its_row_says();
    labels_differ_and_are_prefix_free_once_length_prefixed();
    labels_are_short_lower_case_and_prefixed();
    return t_end();
}
