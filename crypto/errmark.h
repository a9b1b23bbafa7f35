#pragma once
/* errmark.h - keeps OpenSSL's error queue as it was. A refused certificate is no error of ours, and what it
 * left in the queue would be taken by the TLS code of the same thread for a failure of its connection. Use:
 * SR_OWN(err_mark) mark = err_mark_set(); */
#include "crypto/own.h"

#include <openssl/err.h>

struct err_mark {
    int set;
};

static inline struct err_mark err_mark_set(void)
{
    return (struct err_mark){ ERR_set_mark() };
}

static inline void err_mark_drop(struct err_mark *m)
{
    (void)ERR_pop_to_mark();
    m->set = 0;
}

#define KEEP_ERROR_QUEUE SR_OWN(err_mark) err_mark_ __attribute__((unused)) = err_mark_set()
