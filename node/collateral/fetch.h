#pragma once
/* fetch.h - documents from a PCCS (Intel PCS API version 4, or a cache that speaks it) and a KDS (AMD 57230,
 * "Key Distribution Service"), over the base addresses that an administrator gave. Where a want came from
 * decides nothing about where it is asked for: paths are made of fixed words and hexadecimal digits. What
 * comes back counts for nothing before it is verified. */
#include "node/collateral/folder.h"
#include "node/wire/http_client.h"
#include "proto/evidence/collateral_wants.h"

/* An empty text: there is none. */
struct coll_sources {
    const char *pccs, *kds;  /* "https://host[:port][/path]" */
    const char *ca_file;     /* PEM, instead of the system's authorities */
    unsigned timeout_ms;     /* for one document; 0 means 10,000 */
    bool (*stop)(void *ctx); /* asked while one is awaited; may be NULL */
    void *stop_ctx;
};

/* https, or http to a loopback address; no user, query or fragment. SR_EFORMAT R_CONFIG. */
enum sr_err coll_source_check(const char *base, struct sr_why *why);

enum { COLL_PATH_MAX = 512 };
/* From the slash. false: it has none (a product that is none). */
bool coll_want_path(const struct coll_want *w, char ret[static COLL_PATH_MAX]);
/* Is there a source for that kind? */
bool coll_want_served(const struct coll_sources *s, const struct coll_want *w);

/* The pieces of one answer are added: the document, and the chain that came with it. SR_ENOENT R_NOT_FOUND:
 * there is no such document; SR_EIO R_NO_ANSWER, R_UNKNOWN: no answer, or another status (redirects too);
 * SR_EFORMAT R_COLLATERAL_FORMAT: no chain where one must be, or one that can't be read. At most
 * COLLATERAL_FILE_MAX bytes are taken. */
enum sr_err coll_fetch(const struct coll_sources *s, const struct coll_want *w, struct coll_folder *ret,
                       struct sr_why *why);
