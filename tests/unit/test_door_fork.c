/* A process that is forked while a connection lives has a copy of its descriptor. What the door has closed
 * stays open there, and goes on being reported to who still waits for it. */
#include "tests/attacks/served.h"

#include <signal.h>
#include <sys/wait.h>

#define GET_PUBLIC "GET /public HTTP/1.1\r\nHost: x\r\n\r\n"

static pid_t child_with_copies(void)
{
    pid_t child = fork();
    maker_need(child >= 0, "a child");
    if (child == 0) {
        (void)alarm(10); /* should the test end without it */
        (void)pause();
        _exit(0);
    }
    return child;
}

static void closed_here_and_open_there(void)
{
    struct server s = { 0 };
    char one[1];
    server_start(&s, &(struct http_options){ .deadline = { .head = 2000, .body = 2000, .idle = 50 } });
    int fd = dial(&s);
    say(fd, SPAN_STR(GET_PUBLIC));
    T(recv(fd, one, sizeof one, 0) == 1);
    pid_t child = child_with_copies();
    wait_ms(300); /* idle for too long: closed */
    for (int i = 0; i < 20; i++) {
        say(fd, SPAN_STR(GET_PUBLIC));
        wait_ms(5);
    }
    T(ask(&s, SPAN_STR(GET_PUBLIC)) == 1);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    close(fd);
    server_drop(&s);
}

int main(void)
{
    T(secret_init() == SR_OK);
    closed_here_and_open_there();
    return t_end();
}
