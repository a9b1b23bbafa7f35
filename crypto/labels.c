#include "crypto/labels.h"
#include "crypto/mode.h"

#include <stdio.h>

struct label_text label_text(enum label l)
{
#define X(name, text) [name] = text,
    static const char *const text[LABEL_COUNT] = { SR_LABELS(X) };
#undef X
    struct label_text t = { 0 };
    int n = snprintf(t.b, sizeof t.b, "%s%s", sr_mode.label_prefix, text[l]);
    t.n = n > 0 ? (size_t)n : 0;
    return t;
}
