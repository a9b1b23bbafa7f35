#pragma once
/* logline.h - one line an event on stderr: time, level, msg, then key=value. specs/node.md says which keys
 * there are. Control characters, quotes and backslashes in values are escaped, so that a peer can't forge a
 * line. Nothing secret has a way in: values are texts, numbers, and the hex of public identifiers. */
#include "crypto/bytes.h"
#include "crypto/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };

/* Where lines go. Set once at the start, read by all threads. */
struct logger {
    enum log_level level; /* lines above it are dropped */
    int fd;
};

/* "error", "warn", "info", "debug"; false: none of them. */
const char *log_level_name(enum log_level level);
bool log_level_read(const char *name, enum log_level *ret);

/* A line being built: log_start, then fields, then log_end, which writes it with one write(2). */
struct logline {
    const struct logger *to;
    bool wanted, cut;
    size_t n;
    char b[1024]; /* a longer line ends in " cut=true" */
};

/* A line from its level and message to log_end(), which writes it at once; what is below the level costs
 * nothing. */
struct logline log_start(const struct logger *to, enum log_level level, const char *msg);
void log_text(struct logline *l, const char *key, const char *value);
void log_span(struct logline *l, const char *key, struct span value); /* untrusted text */
void log_hex(struct logline *l, const char *key, struct span value);  /* at most 64 bytes shown */
void log_num(struct logline *l, const char *key, uint64_t value);
void log_why(struct logline *l, enum sr_err e, const struct sr_why *why); /* error, reason and text */
void log_end(struct logline *l);

/* The commonest line: a message and why it happened. */
void log_refusal(const struct logger *to, enum log_level level, const char *msg, enum sr_err e,
                 const struct sr_why *why);
