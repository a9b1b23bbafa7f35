#pragma once
/* sqlite.h - the durable back end: one sqlite file, write-ahead log, every commit synced. */
#include "store/store.h"

extern const struct store_ops store_sqlite;
