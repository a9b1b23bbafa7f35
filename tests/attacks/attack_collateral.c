/* Attacks with what vendors publish. The attacker is whoever hands it over: the host, a cache in between. It
 * has a platform that was found broken, and documents from before that was known, genuine all of them. */
#include "node/appraise.h"
#include "node/collateral_holder.h"
#include "tests/attacks/lab.h"
#include "tests/vendor_today.h"

static const struct logger quiet = { LOG_ERROR, -1 };

/* A member's collateral, in a folder of its own. */
struct shop {
    char keep[64];
    struct genesis genesis;
    struct collateral_holder *holder;
};

static void shop_start(struct shop *s)
{
    const struct collateral_holder_options o = { .dir = "", .keep = s->keep, .log = &quiet };
    T(collateral_holder_new(&o, &s->holder) == SR_OK);
    T(collateral_holder_trust(s->holder, &s->genesis.params, NULL) == SR_OK);
}

static struct shop shop_open(const char *type)
{
    struct shop s = { .keep = "/tmp/sealring-attack-XXXXXX" };
    struct type_roots *t = &s.genesis.params.types[0];
    T(mkdtemp(s.keep) != NULL);
    s.genesis.params.ntypes = 1;
    snprintf(t->type, sizeof t->type, "%s", type);
    t->root[0] = made_pin(w_key(0));
    t->n = 1;
    shop_start(&s);
    return s;
}

static void shop_close(struct shop *s)
{
    char command[96];
    collateral_holder_free(s->holder);
    snprintf(command, sizeof command, "rm -rf %s", s->keep);
    T(system(command) == 0);
}

static void hand_over(struct shop *s, const struct buf *file, struct sr_why *ret_refused)
{
    SR_OWN(coll_folder) pieces = { 0 };
    T(coll_folder_split(&pieces, "handed over", buf_span(file), NULL) == SR_OK);
    T(collateral_holder_take(s->holder, &pieces, ret_refused, NULL) == SR_OK);
}

static void hand_all_over(struct shop *s, const struct world *w)
{
    for (int i = 0; i < F_COUNT; i++)
        hand_over(s, &w->file[i], NULL);
}

/* Does a member take this quote? */
static bool takes(struct shop *s, const struct lab *l, const struct world *w, struct sr_why *why)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(s->holder);
    struct appraiser by = { .cid = l->net.cid,
                            .genesis = &s->genesis,
                            .newest = &l->net.keys.pub,
                            .policy = l->policy,
                            .collateral = collateral_held(&held),
                            .now = time(NULL) };
    struct appraisal a = { 0 };
    struct sha512 rd;
    memset(rd.b, 0xda, sizeof rd.b);
    return appraise(&by, SPAN_STR("tdx"), buf_span(&w->evidence), &rd, &a, why) == SR_OK;
}

static bool honest_platform(struct lab *l)
{
    struct shop s = shop_open("tdx");
    struct world w = tdx_today(20, "UpToDate");
    hand_all_over(&s, &w);
    bool taken = takes(&s, l, &w, NULL);
    world_drop(&w);
    shop_close(&s);
    return taken;
}

/* The platform's level was revoked with number 21; the document of number 20 says that all is well. */
static bool brought_back(struct lab *l, bool restart, struct sr_why *why)
{
    struct shop s = shop_open("tdx");
    struct world old = tdx_today(20, "UpToDate"), new = tdx_today(21, "Revoked");
    struct sr_why refused = { 0 };
    hand_all_over(&s, &new);
    T(!takes(&s, l, &old, NULL));
    if (restart) {
        collateral_holder_free(s.holder);
        shop_start(&s);
    }
    hand_over(&s, &old.file[F_TCB], &refused);
    bool taken = takes(&s, l, &old, NULL);
    if (!taken)
        *why = refused;
    world_drop(&old);
    world_drop(&new);
    shop_close(&s);
    return taken;
}

static bool tcb_info_brought_back(struct lab *l, struct sr_why *why)
{
    return brought_back(l, false, why);
}

static bool tcb_info_after_restart(struct lab *l, struct sr_why *why)
{
    return brought_back(l, true, why);
}

/* The platform's PCK was revoked; the next list no longer names it, and is as genuine. */
static bool revocation_lost(struct lab *l, struct sr_why *why)
{
    struct shop s = shop_open("tdx");
    struct world w = tdx_today(20, "UpToDate");
    struct made_crl list = w.ca_crl;
    SR_OWN(buf) revokes = { 0 };
    SR_OWN(buf) no_longer = { 0 };
    list.revoked = w.pck_cert.serial;
    list.number = 5;
    make_crl(&list, &revokes);
    list.revoked = 0;
    list.number = 6;
    list.from += 60;
    make_crl(&list, &no_longer);
    hand_all_over(&s, &w);
    hand_over(&s, &revokes, NULL);
    T(!takes(&s, l, &w, NULL));
    hand_over(&s, &no_longer, NULL);
    bool taken = takes(&s, l, &w, why);
    world_drop(&w);
    shop_close(&s);
    return taken;
}

/* The operators trust that root for SGX, say, and for nothing else. */
static bool root_of_another_type(struct lab *l, struct sr_why *why)
{
    struct shop s = shop_open("sgx");
    struct world w = tdx_today(20, "UpToDate");
    hand_all_over(&s, &w);
    bool taken = takes(&s, l, &w, why);
    world_drop(&w);
    shop_close(&s);
    return taken;
}

static const struct attack rows[] = {
    { "tcb_info_brought_back", honest_platform, tcb_info_brought_back, R_COLLATERAL_OLDER },
    { "tcb_info_after_restart", honest_platform, tcb_info_after_restart, R_COLLATERAL_OLDER },
    { "revocation_lost", honest_platform, revocation_lost, R_CERT_REVOKED },
    { "root_of_another_type", honest_platform, root_of_another_type, R_CERT_ANCHOR },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
