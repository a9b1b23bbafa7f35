#pragma once
/* backup_file.h - backups as files: read from a descriptor, and rows into a store. Used by those who make,
 * restore and import them. */
#include "proto/backup.h"
#include "store/store.h"

/* Verifies the file and puts its rows into an empty store. What the store holds counts only when this
 * returned SR_OK. Errors of backup_read(); SR_EFORMAT,
 * R_CONFIG: no regular file; SR_ENOENT. */
enum sr_err backup_file_load(const char *path, struct store *to, struct backup *ret, struct sr_why *why);

/* A folder of ours below `dir`, mode 0700, empty. */
enum sr_err backup_folder_new(const char *dir, const char *name, char *ret_path, size_t size,
                              struct sr_why *why);
void backup_folder_remove(const char *path); /* with the files in it */
