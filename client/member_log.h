#pragma once
/* member_log.h - the members of a network and their logs, as somebody outside reads them. A node that is
 * asked is believed in nothing: certificates are the network's, and a log is signed by its member's key. */
#include "client/remote.h"
#include "client/workload.h"
#include "proto/log.h"
#include "proto/member.h"

struct member_list {
    struct member_cert *v;
    size_t n;
};
void member_list_drop(struct member_list *l);
/* Every certificate that the node knows, each held against the network's keys. Certificates of an epoch that
 * `net` does not reach are left out. SR_EPROOF, R_MEMBER_CERT: one is not the network's. */
enum sr_err member_list_fetch(struct remote *r, const struct network *net, struct member_list *ret,
                              struct sr_why *why);
/* SR_ENOENT, R_NOT_FOUND. */
enum sr_err member_list_find(const struct member_list *l, const struct member_id *id, struct member_cert *ret,
                             struct sr_why *why);

/* One member's log over a connection. Its reader points into it: it stays where it is while that is used. */
struct member_log {
    struct remote *remote; /* borrowed */
    struct member_id id;
    char origin[NOTE_NAME_MAX + 1];
    struct log_reader reader;
};
void member_log_init(struct member_log *l, struct remote *r, const struct member_cert *cert);

/* A checkpoint kept in a file from an earlier look. SR_ENOENT: none yet. Errors of checkpoint_open(). */
enum sr_err member_log_kept(const struct member_log *l, const char *path, struct checkpoint *ret,
                            struct sr_why *why);
/* The newest checkpoint, and the note that it stands in: what is kept must be the one that was verified. */
enum sr_err member_log_head(const struct member_log *l, struct buf *ret_note, struct checkpoint *ret,
                            struct sr_why *why);
