#pragma once
/* memory_search.h - is this in the process's memory? Whoever searches holds it masked alone. */
#include "tests/attacks/lab.h"

#include <fcntl.h>
#include <unistd.h>

enum { MARKER = 32, MASK = 0xa5 };

struct marker {
    uint8_t masked[MARKER];
};

static inline bool is_marker(const struct marker *m, const uint8_t *p)
{
    for (size_t i = 0; i < MARKER; i++)
        if ((p[i] ^ MASK) != m->masked[i])
            return false;
    return true;
}

/* A piece of this process's memory. */
static inline bool in_region(int mem, uint64_t from, uint64_t to, const struct marker *m)
{
    uint8_t b[16384];
    while (from + MARKER <= to) {
        size_t want = to - from < sizeof b ? (size_t)(to - from) : sizeof b;
        ssize_t n = pread(mem, b, want, (off_t)from);
        if (n < MARKER)
            return false;
        for (size_t i = 0; i + MARKER <= (size_t)n; i++)
            if (is_marker(m, b + i))
                return true;
        from += (uint64_t)n - MARKER + 1;
    }
    return false;
}

/* Of all that can be written: the rest was there before. */
static inline bool in_memory(const struct marker *m)
{
    char line[512], mode[8];
    unsigned long long from, to;
    bool found = false;
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    maker_need(mem >= 0 && maps, "memory");
    while (!found && fgets(line, sizeof line, maps))
        if (sscanf(line, "%llx-%llx %7s", &from, &to, mode) == 3 && mode[0] == 'r' && mode[1] == 'w' &&
            to - from < (1 << 30) && !strstr(line, "[v"))
            found = in_region(mem, from, to, m);
    fclose(maps);
    close(mem);
    return found;
}
