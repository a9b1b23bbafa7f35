/* world.c - what there is before anything happens. */
#include "crypto/file.h"
#include "crypto/text.h"
#include "tests/sim/disk.h"
#include "tests/sim/people.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LEAST_HOSTS = 3,
    STREAM_SCRIPT = 1,
    STREAM_NET,
    STREAM_DISK,
    STREAM_PEOPLE,
    STREAM_TURNS,
    STREAM_SHAPE,
    STREAM_CRYPTO
};

static struct world the_world;

struct world *world(void)
{
    return &the_world;
}

/* What an insecure platform says of itself stands in a file. */
static void write_claims(const char *dir, int id, enum code code)
{
    char path[TEXT_MAX + 32];
    SR_OWN(buf) b = { 0 };
    struct sha256 digest = code_digest(code), hardware = hardware_digest(id);
    wr_text(&b, "code ");
    wr_hex(&b, SPAN(digest.b));
    wr_text(&b, "\nmeasurement ");
    wr_hex(&b, SPAN(digest.b));
    wr_text(&b, "\nhardware ");
    wr_hex(&b, SPAN(hardware.b));
    wr_text(&b, "\n");
    snprintf(path, sizeof path, "%s/insecure-claims", dir);
    if (mkdir(dir, 0700) != 0 || file_write(path, 0600, buf_span(&b), NULL) != SR_OK)
        violated("harness", "%s can't be written", path);
}

static void new_host(struct host *m, int id, enum code code)
{
    *m = (struct host){ .id = id, .code = code, .disk = disk_new(id) };
    snprintf(m->address, sizeof m->address, "https://m%d.example:7443", id);
    snprintf(m->dir, sizeof m->dir, "m%d", id);
    write_claims(m->dir, id, code);
}

/* Half of the networks ask their members for leases from the start, a quarter has a delay. */
static void shape_terms(struct rng *shape, struct terms *ret)
{
    if (rng_chance(shape, 500))
        ret->lease_s = 5 + (unsigned)rng_below(shape, 60);
    if (rng_chance(shape, 250))
        ret->delay_s = 20 + (unsigned)rng_below(shape, 60);
}

void world_new(uint64_t seed, unsigned steps)
{
    struct world *w = &the_world;
    struct rng shape = rng_new(seed, STREAM_SHAPE);
    *w = (struct world){ .seed = seed,
                         .steps = steps,
                         .script = rng_new(seed, STREAM_SCRIPT),
                         .net = rng_new(seed, STREAM_NET),
                         .disk = rng_new(seed, STREAM_DISK),
                         .people = rng_new(seed, STREAM_PEOPLE) };
    for (size_t i = 0; i <= PLACES; i++)
        w->crypto[i] = rng_new(seed, STREAM_CRYPTO + i);
    w->n = LEAST_HOSTS + rng_below(&shape, HOSTS_MAX - LEAST_HOSTS);
    w->binding_required = rng_chance(&shape, 500);
    if (w->n > LEAST_HOSTS && rng_chance(&shape, 600)) { /* together more than there are others */
        w->need = 2;
        w->restart = (unsigned)w->n - 2;
    }
    shape_terms(&shape, &w->terms);
    if (rng_chance(&shape, 500))
        w->quorum = (unsigned)w->n / 2 + 1;
    w->careful = rng_chance(&shape, 500);
    w->goes_on = rng_chance(&shape, 400);
    w->weather = (struct weather){ .least_us = 500, .most_us = 20000 };
    fiber_reset(rng_new(seed, STREAM_TURNS), (unsigned)rng_below(&shape, 3) * 40);
    oracle_new();
    for (size_t i = 0; i < w->n; i++)
        new_host(&w->m[i], (int)i, i + 1 == w->n ? CODE_ODD : CODE_GOOD);
    write_claims("workload", WORKLOAD, CODE_GOOD);
    people_new();
}
