/* A network is rotated until it can not be any more: it goes on, starts again, and takes members. */
#include "tests/rotation_ring.h"

static void rotated_to_the_last(struct rotation_ring *l)
{
    struct sr_why why = { 0 };
    for (uint64_t epoch = 2; epoch <= EPOCHS_MAX; epoch++)
        T_ROW(ring_link(l, 0, &why) == SR_OK && rotator_epoch(&l->m[0]) == epoch, why.text);
    T(ring_link(l, 0, &why) == SR_ETOOBIG && why.reason == R_EPOCH_CHAIN);
    T(rotator_epoch(&l->m[0]) == EPOCHS_MAX);
}

static void it_starts_again_and_takes_a_member(struct rotation_ring *l)
{
    struct rotator *second;
    rotator_again(&l->m[0]);
    T(rotator_epoch(&l->m[0]) == EPOCHS_MAX);
    second = ring_join(l);
    T(rotator_epoch(second) == EPOCHS_MAX);
    T(span_eq(buf_span(&maker_epochs_of(&second->r->core->home)->chain),
              buf_span(&maker_epochs_of(&l->m[0].r->core->home)->chain)));
    rotator_again(second);
    T(rotator_epoch(second) == EPOCHS_MAX);
}

int main(void)
{
    T(secret_init() == SR_OK);
    struct rotation_ring *l = ring_open(1);
    rotated_to_the_last(l);
    it_starts_again_and_takes_a_member(l);
    ring_close(l);
    return t_end();
}
