#pragma once
/* events.h - what can happen to a network, a row each. An event is drawn from the script's numbers alone, so
 * that leaving one out changes no other. */
#include "tests/sim/people.h"

struct happening_row;
struct happening {
    const struct happening_row *row;
    uint64_t a, b;
};
struct happening event_draw(struct rng *script);
void event_run(const struct happening *e);
const char *event_text(const struct happening *e); /* until the next call */
