#pragma once
/* intel_json.h - fields of Intel's signed documents, read one by one. The first one that is not as it must be
 * makes the reader bad, and everything after it reads as zero; ask once, at the end. */
#include "proto/json.h"

#include <time.h>

struct intel_json {
    bool bad;
};
/* A member that must be there and of that kind. Else the reader is bad, and the answer NULL, empty or 0. */
const struct json *ij_any(struct intel_json *r, const struct json *object, const char *name);
const struct json *ij_array(struct intel_json *r, const struct json *object, const char *name, size_t max);
struct span ij_text(struct intel_json *r, const struct json *object, const char *name);
uint64_t ij_u64(struct intel_json *r, const struct json *object, const char *name, uint64_t max);
/* Exactly n bytes of hex of either case: Intel writes upper case. */
void ij_hex(struct intel_json *r, const struct json *object, const char *name, uint8_t *ret, size_t n);
/* YYYY-MM-DDThh:mm:ssZ */
time_t ij_time(struct intel_json *r, const struct json *object, const char *name);
