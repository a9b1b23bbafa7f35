#include "crypto/arena.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, MARK = 16, CLASSES = 3, WORD = 64, WORDS_MAX = 16 };

/* Slots of one size: a mark, then room for a secret. */
struct slots {
    const size_t size, count;
    uint8_t *base;
    _Atomic(uint64_t) taken[WORDS_MAX]; /* one bit a slot */
};

static struct slots classes[CLASSES] = {
    { .size = 128, .count = 1024 },
    { .size = 512, .count = 128 },
    { .size = 2048, .count = 64 },
};
static uint8_t mark[MARK];
static bool opened;

static void corrupted(const char *how)
{
    fprintf(stderr, "memory of secrets: %s\n", how);
    abort();
}

static size_t bytes_of(const struct slots *s)
{
    return s->size * s->count;
}

static uint8_t *slot_at(const struct slots *s, size_t i)
{
    return s->base + i * s->size;
}

static void open_class(struct slots *s, uint8_t *at)
{
    s->base = at;
    for (size_t i = 0; i < s->count; i++)
        memcpy(slot_at(s, i), mark, MARK);
}

/* An inaccessible page, the slots of a class, and so on, and an inaccessible page. */
static void open_all(void)
{
    size_t all = PAGE;
    for (int c = 0; c < CLASSES; c++)
        all += bytes_of(&classes[c]) + PAGE;
    uint8_t *at = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return;
    (void)madvise(at, all, MADV_DONTDUMP);
    randombytes_buf(mark, sizeof mark);
    at += PAGE;
    for (int c = 0; c < CLASSES; c++) {
        size_t n = bytes_of(&classes[c]);
        if (mprotect(at, n, PROT_READ | PROT_WRITE) != 0)
            return;
        (void)mlock(at, n); /* harden_process() asks whether memory can be locked at all */
        open_class(&classes[c], at);
        at += n + PAGE;
    }
    opened = true;
}

bool arena_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, open_all);
    return opened;
}

static void check_mark(const struct slots *s, size_t i)
{
    if (i < s->count && sodium_memcmp(slot_at(s, i), mark, MARK) != 0)
        corrupted("written beyond the end");
}

static bool take_bit(_Atomic(uint64_t) *word, size_t *ret)
{
    uint64_t was = atomic_load_explicit(word, memory_order_relaxed);
    while (~was) {
        uint64_t bit = ~was & (was + 1); /* the lowest that is clear */
        was = atomic_fetch_or_explicit(word, bit, memory_order_acquire);
        if (!(was & bit)) {
            *ret = (size_t)__builtin_ctzll(bit);
            return true;
        }
    }
    return false;
}

static uint8_t *take_slot(struct slots *s, size_t n)
{
    size_t bit;
    for (size_t w = 0; w < s->count / WORD; w++) {
        if (!take_bit(&s->taken[w], &bit))
            continue;
        uint8_t *slot = slot_at(s, w * WORD + bit);
        if (!sodium_is_zero(slot + MARK, s->size - MARK))
            corrupted("written after it was given back");
        return slot + s->size - n;
    }
    return NULL;
}

uint8_t *arena_take(size_t n)
{
    uint8_t *p = NULL;
    for (int c = 0; opened && !p && c < CLASSES; c++)
        if (n <= classes[c].size - MARK)
            p = take_slot(&classes[c], n);
    return p;
}

/* p may be the end of its slot: nothing is in it then. */
static void give_slot(struct slots *s, const uint8_t *p)
{
    size_t i = (size_t)(p - 1 - s->base) / s->size;
    uint64_t bit = (uint64_t)1 << i % WORD;
    if (!(atomic_load_explicit(&s->taken[i / WORD], memory_order_relaxed) & bit))
        corrupted("given back twice");
    check_mark(s, i);
    check_mark(s, i + 1);
    sodium_memzero(slot_at(s, i) + MARK, s->size - MARK);
    (void)atomic_fetch_and_explicit(&s->taken[i / WORD], ~bit, memory_order_release);
}

bool arena_give(uint8_t *p)
{
    for (int c = 0; opened && c < CLASSES; c++) {
        struct slots *s = &classes[c];
        if (p > s->base && p <= s->base + bytes_of(s)) {
            give_slot(s, p);
            return true;
        }
    }
    return false;
}
