# lib_check.sh - what end-to-end tests share: counted checks, sourced after `run` (a folder of the test's own) is set.
passed=0 failed=0

check() { # what should hold, then a command that says whether it does
    local what=$1
    shift
    if "$@" >"$run/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
        tail -n 5 "$run/out"
    fi
}
exits() { # CODE COMMAND...: the command's exit status is that
    local want=$1
    shift
    "$@"
    local got=$?
    [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }
}
within() { # SECONDS COMMAND...: the command succeeds in time
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.1
    done
}
reason() { # CODE COMMAND...: refused for that reason, said in JSON
    local want=$1 got
    shift
    got=$("$@" --json | jq -r .error.reason)
    [ "$got" = "$want" ] || { echo "reason $got, not $want"; return 1; }
}
finish() {
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ]
}
