/* main.c - sim: runs seeds, one process each, and says what was violated.
 *
 *   sim --seeds A..B [--steps N] [--known FILE]   all must hold, but for seeds listed as known to fail
 *   sim --same A..B [--steps N]          each seed twice: the traces must be the same
 *   sim --expect INVARIANT --seeds A..B  a fault is planted: some seed must violate that
 *   sim --trace SEED [--steps N]         what happened, line by line; of a seed that fails, the fewest events
 *   sim --print SEED [--steps N]         the same with all of its events
 *   sim --replay FILE                    seeds that failed once: SEED STEPS REASON, a line each */
#include "crypto/program.h"
#include "crypto/text.h"
#include "tests/sim/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 100, STEPS_MAX = 100000 };

struct asked {
    unsigned long long first, last;
    unsigned steps;
    const char *expect, *known;
};

static void usage(void)
{
    fputs("usage: sim --seeds A..B | --same A..B | --trace SEED | --replay FILE [--steps N] [--expect "
          "INVARIANT]\n",
          stderr);
    exit(2);
}

static void say(unsigned long long seed, const struct run_result *r)
{
    printf("seed %llu: %s violated: %s (after %llu ms)\n", seed, r->invariant, r->text,
           (unsigned long long)r->virtual_ms);
    fflush(stdout);
}

/* Does the file list that seed, with that many steps, as one that fails for a reason not repaired yet? */
static bool is_known(const char *path, unsigned long long seed, unsigned steps)
{
    FILE *f = path ? fopen(path, "r") : NULL;
    char line[400];
    unsigned long long one;
    unsigned n;
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, "%llu %u", &one, &n) == 2 && one == seed && n == steps;
    if (f)
        fclose(f);
    return found;
}

struct sum {
    unsigned long long seeds, failed, known, ms, turns, releases, grants, members, puts, policies;
};

static void add(struct sum *s, const struct run_result *r)
{
    s->seeds++;
    s->failed += r->failed;
    s->ms += r->virtual_ms;
    s->turns += r->turns;
    s->releases += r->releases;
    s->grants += r->grants;
    s->members += r->members;
    s->puts += r->puts;
    s->policies += r->policies;
}

static int seeds(const struct asked *a)
{
    struct sum sum = { 0 };
    for (unsigned long long seed = a->first; seed <= a->last; seed++) {
        struct run_result r = run_seed(&(struct run_options){ .seed = seed, .steps = a->steps });
        add(&sum, &r);
        if (r.failed)
            say(seed, &r);
        sum.known += r.failed && is_known(a->known, seed, a->steps);
        if (r.failed && a->expect && strcmp(r.invariant, a->expect) == 0)
            return 0;
    }
    printf(
        "%llu seeds, %llu s of theirs: %llu turns, %llu grants, %llu members, %llu releases, %llu puts, %llu "
        "policies\n",
        sum.seeds, sum.ms / 1000, sum.turns, sum.grants, sum.members, sum.releases, sum.puts, sum.policies);
    printf("%llu of the failures are known\n", sum.known);
    printf("%llu passed, %llu failed\n", sum.seeds - sum.failed, sum.failed - sum.known);
    return a->expect || sum.failed > sum.known || !sum.releases || !sum.members || !sum.puts || !sum.policies;
}

static int same(const struct asked *a)
{
    int failed = 0, passed = 0;
    for (unsigned long long seed = a->first; seed <= a->last; seed++) {
        const struct run_options o = { .seed = seed, .steps = a->steps };
        struct run_result one = run_seed(&o), two = run_seed(&o);
        bool good = memcmp(one.hash, two.hash, sizeof one.hash) == 0 && strcmp(one.invariant, "crash") != 0;
        good ? passed++ : failed++;
        if (!good)
            printf("seed %llu: two runs, two traces\n", seed);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

/* ---- the fewest events ---- */

static bool still(const struct run_options *o, const char *invariant)
{
    struct run_result r = run_seed(o);
    return r.failed && strcmp(r.invariant, invariant) == 0;
}

/* Halves, quarters and so on of the events are left out while the same is violated. */
static void shrink(const struct asked *a, const char *invariant, bool *skip)
{
    const struct run_options o = { .seed = a->first, .steps = a->steps, .skip = skip };
    for (unsigned width = a->steps / 2; width > 0; width /= 2)
        for (unsigned from = 0; from < a->steps; from += width) {
            bool was[STEPS_MAX];
            unsigned to = from + width < a->steps ? from + width : a->steps;
            memcpy(was, skip, a->steps);
            memset(skip + from, true, to - from);
            if (!still(&o, invariant))
                memcpy(skip, was, a->steps);
        }
}

static int show(const struct asked *a, bool shrunk)
{
    bool *skip = calloc(STEPS_MAX, sizeof *skip);
    struct run_options o = { .seed = a->first, .steps = a->steps };
    struct run_result r = run_seed(&o);
    if (!skip)
        return 2;
    if (r.failed && shrunk)
        shrink(a, r.invariant, skip);
    o.skip = skip;
    o.print = true;
    r = run_seed(&o);
    if (r.failed)
        say(a->first, &r);
    free(skip);
    return r.failed;
}

static int replay(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[400];
    int passed = 0, failed = 0;
    while (f && fgets(line, sizeof line, f)) {
        unsigned long long seed;
        unsigned steps;
        if (sscanf(line, "%llu %u", &seed, &steps) != 2)
            continue;
        struct run_result r = run_seed(&(struct run_options){ .seed = seed, .steps = steps });
        r.failed ? failed++ : passed++;
        if (r.failed)
            say(seed, &r);
    }
    if (!f)
        usage();
    fclose(f);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

static struct asked range(const char *text)
{
    struct asked a = { .steps = STEPS };
    int n = sscanf(text, "%llu..%llu", &a.first, &a.last);
    if (n < 1)
        usage();
    if (n == 1)
        a.last = a.first;
    return a;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "", *expect = NULL, *known = NULL;
    unsigned steps = STEPS;
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--steps") == 0)
            steps = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--expect") == 0)
            expect = argv[i + 1];
        else if (strcmp(argv[i], "--known") == 0)
            known = argv[i + 1];
        else
            usage();
    }
    if (program_start() != SR_OK || steps > STEPS_MAX)
        return 2;
    if (strcmp(what, "--replay") == 0)
        return replay(argv[2]);
    struct asked a = range(argc > 2 ? argv[2] : "");
    a.steps = steps;
    a.expect = expect;
    a.known = known;
    if (strcmp(what, "--seeds") == 0)
        return seeds(&a);
    if (strcmp(what, "--same") == 0)
        return same(&a);
    if (strcmp(what, "--trace") == 0)
        return show(&a, true);
    if (strcmp(what, "--print") == 0)
        return show(&a, false);
    usage();
}
