#pragma once
/* recovery_net.h - recovery holders for the networks of running.h, which have none. */
#include "proto/genesis_file.h"
#include "tests/attacks/running.h"
#include "tests/recovery_maker.h"

static inline void name_holders(const struct running *of, const struct holder_set *h)
{
    static const char none[] = "\"recovery\":{\"t\":0,\"keys\":[]}";
    char path[128];
    SR_OWN(buf) json = { 0 };
    SR_OWN(buf) with = { 0 };
    snprintf(path, sizeof path, "%s/genesis.json", of->dir);
    T(file_read(path, GENESIS_FILE_MAX, &json, NULL) == SR_OK);
    wr_u8(&json, 0);
    const char *at = strstr((const char *)json.p, none);
    maker_need(at != NULL, "recovery in genesis.json");
    wr_span(&with, (struct span){ json.p, (size_t)(at - (const char *)json.p) });
    wr_fmt(&with, "\"recovery\":{\"t\":%zu,\"keys\":[", h->t);
    for (size_t i = 0; i < h->n; i++) {
        char text[HOLDER_TEXT_MAX];
        holder_text(&h->v[i], text);
        wr_fmt(&with, "%s\"%s\"", i ? "," : "", text);
    }
    wr_text(&with, "]}");
    wr_text(&with, at + sizeof none - 1);
    running_write(of, "genesis.json", buf_span(&with));
}

/* For ring_open_with(): the holders of make_holders(). */
static inline void with_holders(const struct running *r)
{
    struct recovery_maker m = { 0 };
    make_holders(&m);
    name_holders(r, &m.holders);
}
