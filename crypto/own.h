#pragma once
/* own.h - who frees what. A type T with something to release has T_drop(struct T *):
 * {0} is empty, dropping is idempotent, secrets are wiped. */

#define SR_OWN(T)     __attribute__((cleanup(T##_drop))) struct T
#define SR_OWN_PTR(T) __attribute__((cleanup(T##_dropp))) T *
#define SR_DEFINE_OWN_PTR(T, free_fn)                                                                        \
    static inline void T##_dropp(T **p)                                                                      \
    {                                                                                                        \
        if (*p)                                                                                              \
            free_fn(*p);                                                                                     \
        *p = NULL;                                                                                           \
    }
/* Moves the value out and leaves an empty one, so its owner frees nothing. */
#define SR_TAKE(v)                                                                                           \
    ({                                                                                                       \
        __typeof__(v) take_ = (v);                                                                           \
        (v) = (__typeof__(v)){ 0 };                                                                          \
        take_;                                                                                               \
    })
