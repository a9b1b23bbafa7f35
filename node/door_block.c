#include "node/door_conn.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

bool block_open(struct block *b)
{
    if (!b->p) {
        b->p = malloc(BLOCK_SIZE);
        b->size = BLOCK_SIZE;
    }
    return b->p != NULL;
}

bool block_resize(struct block *b, size_t size)
{
    struct block other = { .p = malloc(size), .size = size };
    if (!other.p)
        return false;
    if (b->p)
        block_put(&other, block_data(b));
    block_drop(b);
    *b = other;
    return true;
}

struct span block_data(const struct block *b)
{
    if (!b->p)
        return (struct span){ 0 };
    return (struct span){ b->p + b->at, b->end - b->at };
}

size_t block_room(const struct block *b)
{
    return (b->p ? b->size : BLOCK_SIZE) - (b->end - b->at);
}

uint8_t *block_tail(struct block *b)
{
    if (b->at) {
        memmove(b->p, b->p + b->at, b->end - b->at);
        b->end -= b->at;
        b->at = 0;
    }
    return b->p + b->end;
}

void block_put(struct block *b, struct span s)
{
    uint8_t *to = block_tail(b);
    if (s.n)
        memcpy(to, s.p, s.n);
    block_grew(b, s.n);
}

void block_grew(struct block *b, size_t n)
{
    b->end += n;
    if (b->high < b->end)
        b->high = b->end;
}

void block_take(struct block *b, size_t n)
{
    b->at += n;
    if (b->at == b->end)
        b->at = b->end = 0;
}

void block_drop(struct block *b)
{
    if (b->p)
        sodium_memzero(b->p, b->high);
    free(b->p);
    *b = (struct block){ 0 };
}
