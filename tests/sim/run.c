#include "tests/sim/run.h"

#include "crypto/program.h"
#include "tests/sim/sim.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 300 /* a run that takes longer does not end */ };

static int result_fd = -1;

void run_ended(const char *invariant, const char *text)
{
    const struct world *w = world();
    const struct oracle *o = &w->oracle;
    struct run_result r = { .failed = invariant != NULL,
                            .virtual_ms = fiber_now() / 1000,
                            .turns = fiber_turns(),
                            .releases = o->releases,
                            .grants = o->grants,
                            .members = o->members,
                            .puts = o->puts,
                            .policies = o->policies };
    snprintf(r.invariant, sizeof r.invariant, "%s", invariant ? invariant : "");
    snprintf(r.text, sizeof r.text, "%s", text ? text : "");
    trace_hash(r.hash);
    fflush(stdout);
    bool sent = write(result_fd, &r, sizeof r) == (ssize_t)sizeof r;
    _exit(sent ? 0 : 1);
}

static _Noreturn void child(const struct run_options *o)
{
    alarm(SECONDS_MAX);
    trace_print(o->print);
    world_new(o->seed, o->steps);
    world()->skip = o->skip;
    switch (fiber_run(story)) {
    case FIBER_DONE: run_ended(NULL, NULL);
    case FIBER_STUCK: run_ended("liveness", "everybody waits for ever");
    case FIBER_RESTLESS: break;
    }
    run_ended("liveness", "no end of turns");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
    (void)st, (void)kind, (void)f;
    return remove(path);
}

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(2);
}

struct run_result run_seed(const struct run_options *o)
{
    struct run_result r = { .failed = true, .invariant = "crash", .text = "the process died" };
    char dir[] = "/tmp/sealring-sim-XXXXXX";
    int fd[2], status = 0;
    need(mkdtemp(dir) != NULL && pipe(fd) == 0, "folder");
    fflush(stdout);
    pid_t pid = fork();
    need(pid >= 0, "fork");
    if (pid == 0) {
        need(chdir(dir) == 0, dir);
        result_fd = fd[1];
        child(o);
    }
    close(fd[1]);
    if (read(fd[0], &r, sizeof r) != (ssize_t)sizeof r)
        r = (struct run_result){ .failed = true, .invariant = "crash", .text = "the process died" };
    close(fd[0]);
    need(waitpid(pid, &status, 0) == pid, "wait");
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return r;
}
