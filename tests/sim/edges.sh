#!/bin/sh
# edges.sh SIM - nothing that a node may wait for, or learn the time or chance from, is asked of the system itself.
# (poll: the line to a TPM, which no simulated machine has.)
set -eu
asked=$(nm -u "$1" | sed -n 's/^ *U \([a-z_0-9]*\).*/\1/p' | sort -u)
beyond=$(echo "$asked" | grep -E '^(pthread_|sem_|mtx_|cnd_|thrd_|ppoll$|epoll_wait|select$|usleep|sleep$|clock_nanosleep|gettimeofday|ftime|timespec_get|getrandom|getentropy|rand$|random$|futex)' |
    grep -vE '^pthread_(attr|condattr|mutexattr)_|^pthread_(once|self|sigmask)$' || true)
[ -z "$beyond" ] || { echo "not simulated: $beyond"; echo "0 passed, 1 failed"; exit 1; }
echo "$asked" | grep -q '^fork$' # nm sees what is asked
echo "1 passed, 0 failed"
