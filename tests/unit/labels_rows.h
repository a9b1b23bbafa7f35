#pragma once
/* labels_rows.h - what every label does to a fixed key; rows from tests/vectors-src/labels.py. */
#include "crypto/hash.h"
#include "crypto/mode.h"
#include "tests/hex.h"

struct label_outputs {
    const char *derived, *mac, *hash;
};
static const struct label_row {
    const char *name, *text;
    struct label_outputs production, insecure;
} label_rows[LABEL_COUNT] = {
#define ROW(label, text, pd, pm, ph, id, im, ih) [label] = { #label, text, { pd, pm, ph }, { id, im, ih } },
#include "tests/unit/rows_labels.inc"
#undef ROW
};

static inline void label_gives(enum label l, const struct label_outputs *want)
{
    struct key master, out;
    for (size_t i = 0; i < sizeof master.b; i++)
        master.b[i] = (uint8_t)i;
    T_ROW(derive_key(&master, l, SPAN_STR("context"), &out) == SR_OK, label_rows[l].name);
    T_ROW(is_hex(key_span(&out), want->derived), label_rows[l].name);
    struct sha256 mac = hmac_label(&master, l, SPAN_STR("message"));
    T_ROW(is_hex(SPAN(mac.b), want->mac), label_rows[l].name);
    struct hash256 h = hash256_start(l);
    hash256_lp(&h, SPAN_STR("a"));
    hash256_lp(&h, SPAN_STR("bc"));
    struct sha256 d = hash256_end(&h);
    T_ROW(is_hex(SPAN(d.b), want->hash), label_rows[l].name);
}
