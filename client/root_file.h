#pragma once
/* root_file.h - roots as operators name them: PEM certificates in a file, or the pin of one. */
#include "proto/evidence.h"

/* Adds the SHA-256 of each SubjectPublicKeyInfo of the file; 64 hex digits are such a pin already.
 * SR_ETOOBIG: there would be more than max. */
enum sr_err root_file_read(const char *path_or_pin, struct sha256 ret[], size_t max, size_t *n,
                           struct sr_why *why);
