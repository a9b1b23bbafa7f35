/* Attacks on upgrades. The attacker is the host of a member: it has the disk and the administrator's socket,
 * announces what it likes and starts what it likes. It wants the masters in a program of its own. */
#include "tests/attacks/running.h"

enum { PROGRAM = 0x0e, LISTED = RUNNING_NEXT };

static struct announcement announced(uint8_t program)
{
    struct announcement a = { .nfiles = 1 };
    memset(a.file[0].b, program, sizeof a.file[0].b);
    return a;
}

/* The administrator's request, as the socket brings it. */
static enum sr_err reseal(struct running *r, uint8_t program, struct sr_why *why)
{
    SR_OWN(buf) body = { 0 };
    SR_OWN(reply) reply = { 0 };
    const struct http_options o = running_http();
    const struct announcement a = announced(program);
    struct calls calls = { .node = &r->node, .o = &o };
    struct call call;
    announcement_write(&a, &body);
    call_begin(&call, &calls);
    call.req.method = POST;
    call.req.path = SPAN_STR("/sealring/v1/admin/reseal");
    call.req.type = span_of(TYPE_JSON);
    call.req.peer = (struct peer){ .source = SOURCE_UNIX, .local = true };
    if (call_judge(&call, buf_span(&body).n) == SR_OK)
        call_take(&call, buf_span(&body));
    call_answer(&call, &reply);
    *why = call.why;
    call_drop(&call);
    return reply.status == 200 ? SR_OK : SR_EDENIED;
}

/* The machine is started with that program. True: it has the masters of before. */
static bool starts_with(struct running *r, uint8_t program, struct sr_why *why)
{
    SR_OWN(home) home = { 0 };
    SR_OWN(key) was = maker_keyring(&r->core->home)->parts->masters.epoch[0].master;
    char line[80] = "code ";
    const struct announcement a = announced(program);
    hex_text(SPAN(a.file[0].b), line + 5);
    running_stop(r);
    running_write(r, "state/insecure-claims", span_of(line));
    if (node_open(&r->node, &r->config, why) != SR_OK ||
        home_load(r->node.store, r->node.tpm, NULL, &home, why) != SR_OK)
        return false;
    return memcmp(maker_keyring(&home)->parts->masters.epoch[0].master.b, was.b, sizeof was.b) == 0;
}

static bool try_program(uint8_t program, bool announce, struct sr_why *why)
{
    struct running *r = running_first();
    struct sr_why ignored = { 0 };
    enum sr_err sealed = announce ? reseal(r, program, why) : SR_OK;
    bool got = starts_with(r, program, sealed == SR_OK ? why : &ignored);
    running_end(r);
    return got;
}

static bool honest_upgrade(struct lab *l)
{
    struct sr_why why = { 0 };
    (void)l;
    bool got = try_program(LISTED, true, &why);
    T_ROW(got, why.text);
    return got;
}

/* A program that the policy does not list. */
static bool announced_by_host(struct lab *l, struct sr_why *why)
{
    (void)l;
    return try_program(PROGRAM, true, why);
}

static const struct attack rows[] = {
    { "announced_by_host", honest_upgrade, announced_by_host, R_NO_RULE },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
