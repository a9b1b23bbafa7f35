/* Attacks on what SNP firmware seals. The attacker is the host: it has the disk, starts guests of its own on
 * the same chip, and puts old firmware or an old image back. It wants the key that opens the masters. */
#include "tests/attacks/lab.h"
#include "tests/sev_maker.h"

enum { CODE = 1, SVN = 5, TCB = 40 };
static const struct made_guest member = { .chip = 1, .measurement = CODE, .svn = SVN, .tcb = TCB };

/* What the member wrote to its disk. */
static void sealed(struct buf *ret, struct key *secret)
{
    struct made_guest m = member;
    const struct sev_guest g = made_guest(&m);
    const struct sev_key_of of = { .guest_svn = SVN, .tcb = TCB };
    fill(secret->b, sizeof secret->b, "the key of the masters");
    T(sev_seal(&g, &of, secret, ret, NULL) == SR_OK);
}

static bool opens(struct made_guest guest, struct sr_why *why)
{
    const struct sev_guest g = made_guest(&guest);
    SR_OWN(buf) blob = { 0 };
    SR_OWN(key) secret = { 0 };
    SR_OWN(key) got = { 0 };
    sealed(&blob, &secret);
    return sev_unseal(&g, buf_span(&blob), &got, why) == SR_OK && memcmp(&got, &secret, sizeof got) == 0;
}

static bool honest_guest(struct lab *l)
{
    (void)l;
    return opens(member, NULL);
}

static bool sealed_for_other_code(struct lab *l, struct sr_why *why)
{
    struct made_guest other = member;
    (void)l;
    other.measurement = CODE + 1;
    return opens(other, why);
}

static bool sealed_before_old_firmware(struct lab *l, struct sr_why *why)
{
    struct made_guest old = member;
    (void)l;
    old.tcb = TCB - 1;
    return opens(old, why);
}

/* The same measurement, started with the ID block of an older release. */
static bool sealed_before_old_svn(struct lab *l, struct sr_why *why)
{
    struct made_guest old = member;
    (void)l;
    old.svn = SVN - 1;
    return opens(old, why);
}

/* The numbers in the blob's head are in the clear: the host writes the ones that the old guest may ask for.
 */
static bool sealed_head_rewritten(struct lab *l, struct sr_why *why)
{
    struct made_guest old = member;
    const struct sev_guest g = made_guest(&old);
    SR_OWN(buf) blob = { 0 };
    SR_OWN(key) secret = { 0 };
    SR_OWN(key) got = { 0 };
    (void)l;
    sealed(&blob, &secret);
    old.svn = SVN - 1;
    blob.p[8] = SVN - 1; /* u32 guest_svn, last byte */
    return sev_unseal(&g, buf_span(&blob), &got, why) == SR_OK && memcmp(&got, &secret, sizeof got) == 0;
}

static const struct attack rows[] = {
    { "sealed_for_other_code", honest_guest, sealed_for_other_code, R_UNSEAL },
    { "sealed_before_old_firmware", honest_guest, sealed_before_old_firmware, R_UNSEAL },
    { "sealed_before_old_svn", honest_guest, sealed_before_old_svn, R_UNSEAL },
    { "sealed_head_rewritten", honest_guest, sealed_head_rewritten, R_UNSEAL },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
