#pragma once
/* tpm_dial.h - opens the line to a TPM. Descriptors do not block and are closed on exec. */
#include <stdint.h>

/* The kinds of line; which one a name is of. */
struct tpm_line {
    const char *prefix;                         /* "unix:" */
    int (*dial)(const char *rest, int64_t end); /* -1: errno says why */
    enum { LINE_SOCKET = 1, LINE_DEVICE } kind;
};
const struct tpm_line *tpm_dial_kind(const char *name); /* NULL: none */

int64_t tpm_dial_now(void); /* monotonic milliseconds */
/* Waits until fd is ready for event (poll's), not past end. 0, or -1 with errno. */
int tpm_dial_wait(int fd, short event, int64_t end);
