#pragma once
/* cosigners_parts.h - what the files of cosigners share. Private to node/cosigners*.c. */
#include "node/cosigners.h"
#include "node/node.h"
#include "node/peer.h"
#include "proto/witness.h"

enum { COSIGN_THREADS = 6, COSIGN_LINES = NOTE_SIGS_MAX - 1, COSIGN_CALL_MS = 5000 };

/* One witness. Changed by the thread that has it (busy), read under the lock by others. */
struct cosigner {
    struct note_key key;
    bool outside;
    char base[CONFIG_TEXT],
        prefix[CONFIG_TEXT]; /* scheme, host and port; the path before "/add-checkpoint" */
    struct peer_link link;
    uint64_t size; /* what it has cosigned, as it told us */
    bool asked;    /* a member said what it has seen, and our log goes on from that; nothing happened since */
    bool answered; /* it did so once since our start: counts as an answer */
    uint64_t round; /* the last one that it cosigned */
    bool busy;
    unsigned fails; /* in a row */
    uint64_t next_ms;
};

/* One checkpoint on its way to everybody. */
struct round {
    uint64_t id; /* 0: none yet */
    struct checkpoint at;
    char note[1024]; /* as the journal signed it */
    size_t note_n;
    struct buf lines;         /* cosignatures so far */
    unsigned n;               /* of them */
    uint64_t began_ms, began; /* CLOCK_BOOTTIME; unix seconds */
};

struct cosigners {
    struct node *node;
    struct core *core;
    pthread_t thread[COSIGN_THREADS];
    size_t threads;
    char origin[NOTE_NAME_MAX + 1]; /* of our log */

    pthread_mutex_t lock; /* of all below; taken before the journal's, never after it */
    pthread_cond_t work, news;
    bool stop;
    struct cosigner **v;
    size_t n;
    uint64_t policy; /* whose outside witnesses stand in v */
    struct round round;
    struct buf done; /* newest note with enough cosignatures */
    uint64_t done_size;
    unsigned done_n;
    size_t waiting;
    enum sr_reason ended;
    uint64_t looked_ms; /* when v was compared with members and policy */
};
/* Of the witnesses that there are, with the lock held. */
unsigned cosigners_enough(const struct cosigners *w, const struct policy *p, enum cosigned need);
/* Other members that the policy has not expelled; of them, those that said what they have seen. Lock held. */
size_t cosigners_others(const struct cosigners *w, const struct policy *p);
size_t cosigners_answers(struct cosigners *w, const struct policy *p);
void *cosigners_run(void *w); /* a thread */

/* One call to a witness, outside the lock. */
struct errand {
    struct cosigner *to;
    bool ask;          /* what have you seen? else: cosign this */
    struct round what; /* a copy without its lines */
    struct witness_line line;
    struct buf line_bytes;
    enum sr_reason verdict; /* of an answer to ask: R_NONE, or why we must stop */
};
void errand_drop(struct errand *e);
enum sr_err errand_run(struct cosigners *w, struct errand *e, struct sr_why *why);
