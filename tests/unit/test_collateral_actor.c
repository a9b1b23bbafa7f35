/* The thread that gets collateral: on demand, in rounds, when the folder changes; bounded, and in nobody's
 * way. */
#include "node/clock.h"
#include "node/collateral_actor.h"
#include "tests/stand_in.h"
#include "tests/t.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct logger quiet = { LOG_ERROR, -1 };
static char top[] = "/tmp/sealring-actor-XXXXXX";
static char keep[64], folder[64];

struct scene {
    struct stand_in *server;
    struct collateral_holder *holder;
    struct collateral_actor *actor;
    struct genesis_params params;
};

static struct scene scene_open(unsigned refresh_s, const char *watched)
{
    struct scene s = { .server = stand_in_start() };
    char command[256];
    snprintf(keep, sizeof keep, "%s/keep", top);
    snprintf(folder, sizeof folder, "%s/folder", top);
    snprintf(command, sizeof command, "rm -rf %s %s && mkdir %s", keep, folder, folder);
    MUST(system(command) == 0);
    const struct collateral_holder_options h = { .dir = watched, .keep = keep, .log = &quiet };
    MUST(collateral_holder_new(&h, &s.holder) == SR_OK);
    s.params.ntypes = 2;
    strcpy(s.params.types[0].type, "snp");
    s.params.types[0].root[0] = made_pin(s_key(K_ROOT));
    strcpy(s.params.types[1].type, "tdx");
    s.params.types[1].root[0] = made_pin(w_key(0));
    s.params.types[0].n = s.params.types[1].n = 1;
    MUST(collateral_holder_trust(s.holder, &s.params, NULL) == SR_OK);
    struct collateral_actor_options o = {
        .holder = s.holder, .log = &quiet, .dir = watched, .refresh_s = refresh_s
    };
    o.sources.kds = o.sources.pccs = s.server->base;
    o.sources.timeout_ms = 5000;
    MUST(collateral_actor_start(&o, &s.actor) == SR_OK);
    return s;
}

static void scene_close(struct scene *s)
{
    collateral_actor_stop(s->actor);
    collateral_holder_free(s->holder);
    stand_in_stop(s->server);
}

static enum sr_reason judge(struct scene *s, const char *type, struct span evidence)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(s->holder);
    struct sr_why why = { 0 };
    static struct claims claims;
    struct verify_in in = { .evidence = evidence,
                            .now = time(NULL),
                            .roots = collateral_held_roots(&held),
                            .collateral = collateral_held(&held) };
    memset(in.rd.b, 0xda, sizeof in.rd.b);
    if (evidence_verify(span_of(type), &in, &claims, &why) == SR_OK)
        return R_NONE;
    collateral_actor_miss(s->actor, &held, span_of(type), evidence);
    return why.reason;
}

/* Asks again until it is so; each time as a handler would. */
static bool becomes(struct scene *s, const char *type, struct span evidence, enum sr_reason want)
{
    for (int i = 0; i < 200; i++) {
        if (judge(s, type, evidence) == want)
            return true;
        usleep(20000);
    }
    return false;
}

static void refused_once_then_there(void)
{
    SR_OWN(snp_world) amd = snp_today();
    struct world intel = tdx_today(20, "UpToDate");
    struct scene s = scene_open(3600, "");
    stand_in_amd(s.server, &amd);
    stand_in_intel(s.server, &intel);
    T(judge(&s, "snp", buf_span(&amd.evidence)) == R_COLLATERAL_MISSING);
    T(becomes(&s, "snp", buf_span(&amd.evidence), R_NONE));
    T(judge(&s, "tdx", buf_span(&intel.evidence)) == R_COLLATERAL_MISSING);
    T(becomes(&s, "tdx", buf_span(&intel.evidence), R_NONE));
    T(stand_in_asked(s.server) == 7);
    struct collateral_fetching f = collateral_actor_state(s.actor);
    T(f.fetched == 7 && f.failed == 0 && f.last > 0 && f.last_failed == 0);
    scene_close(&s);
    world_drop(&intel);
}

/* Reports of chips that there are not: nobody signed them, and each would like to be asked for. */
static void evidence_makes_no_cannon_of_a_node(void)
{
    SR_OWN(snp_world) amd = snp_today();
    struct scene s = scene_open(3600, "");
    uint64_t before = clock_boot_ms(), longest = 0;
    for (int i = 0; i < 300; i++) {
        uint64_t at = clock_boot_ms();
        amd.evidence.p[0x1a0] = (uint8_t)i;
        amd.evidence.p[0x1a1] = (uint8_t)(i >> 8);
        (void)judge(&s, "snp", buf_span(&amd.evidence));
        longest = clock_boot_ms() - at > longest ? clock_boot_ms() - at : longest;
    }
    usleep(300000);
    size_t allowed = WANT_BURST + (clock_boot_ms() - before) / WANT_PAUSE_MS + 1;
    T(stand_in_asked(s.server) > 0 && stand_in_asked(s.server) <= allowed);
    T(collateral_actor_state(s.actor).dropped > 200);
    T(longest < 2000);
    scene_close(&s);
}

static void what_was_just_tried_is_not_tried_again(void)
{
    SR_OWN(snp_world) amd = snp_today();
    struct scene s = scene_open(3600, "");
    s.server->manner = NOT_FOUND;
    for (int i = 0; i < 20; i++) {
        T(judge(&s, "snp", buf_span(&amd.evidence)) == R_COLLATERAL_MISSING);
        usleep(10000);
    }
    T(stand_in_asked(s.server) == 3);
    struct collateral_fetching f = collateral_actor_state(s.actor);
    T(f.failed == 3 && f.last_failed > 0 && f.why.reason != R_NONE && f.fetched == 0);
    scene_close(&s);
}

static void a_server_that_hangs_holds_nobody_up(void)
{
    SR_OWN(snp_world) amd = snp_today();
    struct scene s = scene_open(3600, "");
    s.server->manner = HANGS;
    uint64_t at = clock_boot_ms();
    for (int i = 0; i < 20; i++)
        T(judge(&s, "snp", buf_span(&amd.evidence)) == R_COLLATERAL_MISSING);
    T(clock_boot_ms() - at < 2000);
    for (int i = 0; i < 200 && stand_in_asked(s.server) == 0; i++)
        usleep(10000);
    at = clock_boot_ms();
    collateral_actor_stop(s.actor);
    s.actor = NULL;
    T(clock_boot_ms() - at < 3500);
    s.server->manner = ANSWERS;
    scene_close(&s);
}

static unsigned eval_held(struct scene *s)
{
    SR_OWN(collateral_hold) held = collateral_holder_get(s->holder);
    const struct collateral *c = collateral_held(&held);
    return c->ntcb == 1 ? c->tcb[0]->info.eval : 0;
}

static void rounds_bring_what_is_newer_and_never_what_is_older(void)
{
    struct world old = tdx_today(20, "UpToDate"), new = tdx_today(21, "Revoked");
    struct scene s = scene_open(1, "");
    stand_in_intel(s.server, &old);
    T(becomes(&s, "tdx", buf_span(&old.evidence), R_NONE));
    T(eval_held(&s) == 20);
    stand_in_intel(s.server, &new);
    T(becomes(&s, "tdx", buf_span(&old.evidence), R_TCB_REVOKED));
    T(eval_held(&s) == 21);
    stand_in_intel(s.server, &old);
    for (int i = 0; i < 200 && collateral_actor_state(s.actor).why.reason != R_COLLATERAL_OLDER; i++)
        usleep(50000);
    T(collateral_actor_state(s.actor).why.reason == R_COLLATERAL_OLDER);
    T(eval_held(&s) == 21);
    T(judge(&s, "tdx", buf_span(&old.evidence)) == R_TCB_REVOKED);
    scene_close(&s);
    world_drop(&old);
    world_drop(&new);
}

static void a_folder_that_changes_is_read_again(void)
{
    SR_OWN(snp_world) amd = snp_today();
    struct scene s = scene_open(3600, folder);
    T(judge(&s, "snp", buf_span(&amd.evidence)) == R_COLLATERAL_MISSING);
    for (int i = S_ROOT; i <= S_VEK; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%d", folder, i);
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        MUST(write(fd, amd.file[i].p, amd.file[i].n) == (ssize_t)amd.file[i].n && close(fd) == 0);
    }
    bool read = false;
    for (int i = 0; i < 200 && !read; i++) {
        read = judge(&s, "snp", buf_span(&amd.evidence)) == R_NONE;
        usleep(50000);
    }
    T(read);
    scene_close(&s);
}

int main(void)
{
    MUST(mkdtemp(top));
    refused_once_then_there();
    evidence_makes_no_cannon_of_a_node();
    what_was_just_tried_is_not_tried_again();
    a_server_that_hangs_holds_nobody_up();
    rounds_bring_what_is_newer_and_never_what_is_older();
    a_folder_that_changes_is_read_again();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", top);
    MUST(system(command) == 0);
    return t_end();
}
