#pragma once
/* memory.h - the back end that forgets: for tests and trials. "memory:" opens a new, empty store. */
#include "store/store.h"

extern const struct store_ops store_memory;
