#pragma once
/* event_log.h - what was extended into the Sealring PCR (14) since the machine started. Format and rules:
 * specs/measurement.md, "Event log". */
#include "crypto/hash.h"

enum { EVENT_LOG_MAX = 4096 /* bytes */, EVENTS_MAX = 16, EVENT_NAME_MAX = 32 };
enum event_type { EVENT_CODE, EVENT_CONFIG, EVENT_TYPE_COUNT };

struct event {
    enum event_type type;
    char name[EVENT_NAME_MAX + 1]; /* a-z 0-9 . _ -, at least one */
    struct sha256 digest;
};
struct event_log {
    struct sha256 start; /* the PCR before the first event; zero unless firmware extended it */
    struct event e[EVENTS_MAX];
    size_t n;
};

/* What one launch measures: the program first, then what goes with it, closed by the configuration. The
 * events are named "program", "file" and "config", never after paths, so that the same bytes give the same
 * values wherever they are installed. n: 1 to EVENTS_MAX - 1, else the log is empty. start is zero. */
void event_log_of(const struct sha256 files[], size_t n, const struct sha256 *config, struct event_log *ret);

/* What is hashed into the PCR: PCR = SHA-256(PCR || SHA-256(event bytes)). */
enum sr_err event_write(const struct event *e, struct buf *ret);

/* SR_EFORMAT R_EVENT_LOG: malformed, or not exactly one launch: one or more code events, closed by one config
 * event, and nothing after it. The closing event keeps a program measured later from hiding behind the first
 * one's digest. */
enum sr_err event_log_read(struct span bytes, struct event_log *ret, struct sr_why *why);
/* The launcher's: any sequence of events, none too. */
enum sr_err event_log_read_any(struct span bytes, struct event_log *ret, struct sr_why *why);
enum sr_err event_log_write(const struct event_log *l, struct buf *ret);
bool event_eq(const struct event *a, const struct event *b);
/* The PCR after the first n events; from: l->start, or zero for the reference value "measurement". */
enum sr_err event_log_replay(const struct event_log *l, size_t n, const struct sha256 *from,
                             struct sha256 *ret);
