#!/bin/bash
# hostile_state.sh - whoever has the disk puts something else where a node's state was. The daemon must end by itself
# soon, with the reason, without touching what it found; with its own state back it serves its secret again.
set -u
BUILD=$1
passed=0 failed=0
command -v jq >/dev/null || { echo "0 passed, 0 failed, 1 skipped"; exit 77; }
. tests/e2e/lib_insecure.sh
ins_begin || exit 1
ins_genesis || exit 1
value='the word that must be there again'

begin() { # NAME: a network of one
    ins_start "$1" sealring-bootstrap-insecure --genesis "$ins/genesis.json" --genesis-policy "$ins/policy.json" && ins_ready "$1"
}
node() { # the daemon over what is in one/state now, until it ends by itself or serves. Soon is five seconds of processor time, however
    # busy the machine is; a minute is for one that waits for something that never comes.
    (ulimit -t 5; exec "$BUILD/sealring-node-insecure" --platform insecure --state-dir "$ins/one/state" --listen-plain 127.0.0.1:0 \
        --admin-socket "$ins/one/admin" --cid "$cid") >"$ins/log" 2>&1 &
    local pid=$! until=$((SECONDS + 60))
    while kill -0 $pid 2>/dev/null && ! grep -q 'msg=ready' "$ins/log" && [ $SECONDS -lt $until ]; do sleep 0.02; done
    kill -9 $pid 2>/dev/null
    wait $pid
}
good() { rm -rf "$ins/one/state" && cp -a "$ins/good" "$ins/one/state"; }
look() { # what lies there: kinds, modes, owners and contents
    (cd "$ins/one" && find state target -printf '%p %y %m %U %s %l\n' | sort && find state target -type f -exec sha256sum {} + | sort) 2>/dev/null
}
refuses() { # REASON: it does not start, says why, and has changed nothing
    local rc before
    before=$(look)
    node
    rc=$?
    grep -q "reason=$1 " "$ins/log" && [ $rc = 1 ] || { echo "exit status $rc"; tail -n 2 "$ins/log"; return 1; }
    ! grep -q 'msg=ready' "$ins/log" && [ "$before" = "$(look)" ] || { echo "it changed what it found"; return 1; }
}
serves() { # the node's own state: it starts, and the secret is there
    ins_start one sealring-node-insecure --cid "$cid" && ins_ready one || return 1
    local got
    got=$("$BUILD/sealring-insecure" fetch --platform insecure --node "$(ins_url one)" --cid "$cid" demo:app/word)
    ins_stop one
    : >"$ins/one/log"
    [ "$got" = "$value" ]
}

begin one || exit 1
cid=$(ins_cid one)
check "a secret is stored" eval 'printf %s "$value" | "$BUILD/sealring-insecure" put --node "$(ins_url one)" --cid "$cid" --tenant demo --key "$ins/admin.key" app/word'
# Another network of the same build, and this node's database of before.
sed 's/"salt":"[0-9a-f]\{4\}/"salt":"ffff/' "$ins/genesis.json" >"$ins/other.json"
ins_start two sealring-bootstrap-insecure --genesis "$ins/other.json" --genesis-policy "$ins/policy.json"
check "another network runs" ins_ready two
ins_stop one && ins_stop two
: >"$ins/one/log"
check "the node's own state serves" serves
cp -a "$ins/one/state" "$ins/good"
head -c 4096 /dev/urandom >"$ins/one/target"

kinds() { # FILE REASON: everything that a path can be
    local at=$ins/one/state/$1
    put_there() { good; rm -rf "$at"; "$@" "$at"; }
    put_there mkfifo
    check "$1 as a FIFO" refuses "$2"
    put_there ln -s "$ins/one/target"
    check "$1 as a symbolic link" refuses "$2"
    put_there ln -s "$ins/nothing"
    check "$1 as a link to nothing" refuses "$2"
    put_there ln -s /dev/zero
    check "$1 as a link to an endless device" refuses "$2"
    put_there mkdir
    check "$1 as a folder" refuses "$2"
}
kinds store.db store-hostile
kinds store.db-wal store-hostile
kinds store.db-shm store-hostile
kinds store.db-journal store-hostile
kinds insecure-key config

good; : >"$ins/one/state/store.db"
check "an empty database" refuses store-hostile
good; truncate -s 99 "$ins/one/state/store.db"
check "a database shorter than its header" refuses store-hostile
good; truncate -s 64T "$ins/one/state/store.db" 2>/dev/null || truncate -s 8T "$ins/one/state/store.db"
look() { (cd "$ins/one" && find state -printf '%p %y %m %U %s %l\n' | sort); } # nobody hashes that
check "a database of terabytes" refuses store-hostile
good; cp "$ins/one/target" "$ins/one/state/store.db"
check "4096 random bytes" refuses store-hostile
for mode in 644 666 640 602; do
    good; chmod $mode "$ins/one/state/store.db"
    check "a database with mode $mode" refuses store-hostile
done
for mode in 755 777 750; do
    good; chmod $mode "$ins/one/state"
    check "a folder with mode $mode" refuses store-hostile
done
good; chown nobody "$ins/one/state/store.db"
check "somebody else's database" refuses store-hostile
good; chown nobody "$ins/one/state"
check "somebody else's folder" refuses store-hostile
good; ln "$ins/one/state/store.db" "$ins/one/second-name"
check "a database with a second name" refuses store-hostile
rm "$ins/one/second-name"

good; mv "$ins/one/state" "$ins/elsewhere"; ln -s "$ins/elsewhere" "$ins/one/state"
check "the folder as a symbolic link" refuses store-hostile
rm -rf "$ins/elsewhere" "$ins/one/state"; : >"$ins/one/state"
check "the folder as a file" refuses store-hostile
rm "$ins/one/state"; mkfifo "$ins/one/state"
check "the folder as a FIFO" refuses store-hostile

good; cp -a "$ins/two/state/store.db" "$ins/one/state/store.db"
check "another network's database" refuses genesis-mismatch
good; cp -a "$ins/two/state/insecure-key" "$ins/one/state/insecure-key"
check "the database on another machine" refuses unseal
good; python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("PRAGMA user_version = 99"); c.commit()' "$ins/one/state/store.db"
check "a database of another format" refuses store-version

# One byte changed in each of 24 places that hold something: noticed, or not used and then the secret is intact.
places() { python3 -c '
import sys
b = open(sys.argv[1], "rb").read()
used = [i for i, x in enumerate(b) if x]
print(*used[7 :: len(used) // 24])' "$ins/good/store.db"; }
changed=0 stopped=0
for at in $(places); do
    good
    printf '\xa5' | dd of="$ins/one/state/store.db" bs=1 seek="$at" conv=notrunc 2>/dev/null
    changed=$((changed + 1))
    ins_start one sealring-node-insecure --cid "$cid"
    if ins_ready one >/dev/null; then
        got=$("$BUILD/sealring-insecure" fetch --platform insecure --node "$(ins_url one)" --cid "$cid" demo:app/word 2>/dev/null)
        check "with byte $at changed, its own word or none" [ -z "$got" -o "$got" = "$value" ]
        [ "$got" = "$value" ] || stopped=$((stopped + 1))
        ins_stop one
    else
        # state-exists: a row that the changed index no longer finds is in the way of a new one
        check "with byte $at changed, it says so" grep -qE 'msg=start-failed .*reason=(store-|state-exists|unseal|genesis|log-|master)' "$ins/one/log"
        stopped=$((stopped + 1))
        kill -9 "$(cat "$ins/one/pid")" 2>/dev/null # one that hangs is not in the way of the next
    fi
    : >"$ins/one/log"
done
check "of $changed changes, $stopped were noticed" [ $stopped -gt $((changed / 2)) ]
good
check "the node's own state serves after all of that" serves

echo "$passed passed, $failed failed"
[ $failed = 0 ]
