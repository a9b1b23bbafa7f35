/* trace.c - what happened, line by line: hashed always, which is what "the same seed, the same run" compares.
 */
#include "tests/sim/run.h"
#include "tests/sim/sim.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static crypto_hash_sha256_state lines;
static bool started, print;

static const char *const people[] = {
    [OPERATOR] = "operator", [TENANT] = "tenant", [WORKLOAD] = "workload", [AUDITOR] = "auditor"
};

static void put(const char *text)
{
    if (!started)
        crypto_hash_sha256_init(&lines);
    started = true;
    crypto_hash_sha256_update(&lines, (const unsigned char *)text, strlen(text));
    if (print)
        fputs(text, stdout);
}

static void line(int place, const char *text)
{
    char all[1400], who[16] = "world";
    if (place >= OPERATOR && place < PLACES)
        snprintf(who, sizeof who, "%s", people[place]);
    else if (place >= 0)
        snprintf(who, sizeof who, "m%d", place);
    uint64_t ms = fiber_now() / 1000;
    snprintf(all, sizeof all, "%6llu.%03llu %-8s %s\n", (unsigned long long)ms / 1000,
             (unsigned long long)ms % 1000, who, text);
    put(all);
}

void trace(int place, const char *fmt, ...)
{
    char text[1300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    line(place, text);
}

void trace_print(bool yes)
{
    print = yes;
}

void trace_hash(uint8_t ret[static 32])
{
    crypto_hash_sha256_state copy = lines;
    crypto_hash_sha256_final(&copy, ret);
}

void violated(const char *invariant, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    trace(HOST_NONE, "VIOLATED %s: %s", invariant, text);
    run_ended(invariant, text);
}
