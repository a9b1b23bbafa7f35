#pragma once
/* draw_lab.h - a member's draw of the epoch after those of recovery_lab.h, and the operator who judges it:
 * the real verifier and the real policy between them. Tests change one thing, then quote or not, then judge.
 */
#include "proto/rotation.h"
#include "tests/recovery_lab.h"

struct draw_lab {
    struct recovery_lab net;
    struct maker machine;
    struct key master;
    struct epoch_keys next;
    struct buf sealed, evidence;
    struct epoch_draw d;
    struct rotation_judge by;
};

static inline void draw_lab_drop(struct draw_lab *l)
{
    buf_drop(&l->sealed);
    buf_drop(&l->evidence);
    maker_drop(&l->machine);
    epoch_keys_drop(&l->next);
    recovery_lab_drop(&l->net);
}

/* The machine's evidence over the draw as it stands. */
static inline void draw_lab_quote(struct draw_lab *l)
{
    struct sha512 rd;
    buf_drop(&l->evidence);
    T(epoch_draw_rd(&l->d, &rd) == SR_OK);
    maker_evidence(&l->machine, &rd, &l->evidence);
    l->d.evidence = buf_span(&l->evidence);
}

/* A machine with an AK certificate of the newest epoch. */
static inline void draw_lab_machine(struct draw_lab *l, uint8_t code)
{
    maker_drop(&l->machine);
    lab_machine(&l->machine, &l->net.net, code);
    l->machine.ca = l->net.newest.akca;
    l->machine.ca_pub = l->net.newest.pub.akca;
    l->machine.cert.epoch = l->net.newest.pub.epoch;
    l->machine.cert.root = l->net.net.genesis.params.types[0].root[0];
}

/* The drawn master, sealed to a key. */
static inline void draw_lab_seal(struct draw_lab *l, const struct kem_pub *to)
{
    struct recovery_sealed s;
    buf_drop(&l->sealed);
    T(recovery_seal_master(to, &l->net.net.cid, &l->master, &l->next.pub, &l->net.r.rand.master_eph, &s) ==
      SR_OK);
    recovery_sealed_write(&s, &l->sealed);
    l->d.recovery = buf_span(&l->sealed);
}

/* Borrows itself: stays where it is. */
static inline void draw_lab_open(struct draw_lab *l)
{
    *l = (struct draw_lab){ 0 };
    recovery_lab_open(&l->net);
    fill(&l->master, sizeof l->master, "drawn");
    T(epoch_keys_derive(&l->master, LAB_EPOCHS + 1, l->net.net.genesis.params.salt, &l->next) == SR_OK);
    draw_lab_machine(l, GOOD);
    l->d = (struct epoch_draw){
        .cid = l->net.net.cid, .pubs = l->next.pub, .created = MAKER_NOW, .type = SPAN_STR("tpm")
    };
    draw_lab_seal(l, &l->net.r.set.pub);
    draw_lab_quote(l);
    l->by = (struct rotation_judge){ .genesis = &l->net.net.genesis,
                                     .cid = &l->net.net.cid,
                                     .before = &l->net.newest.pub,
                                     .policy = l->net.policy,
                                     .now = MAKER_NOW };
}
