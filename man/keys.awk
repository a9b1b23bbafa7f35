# keys.awk - the daemon's --help, from the first key on, as the list of sealring.conf(5).
function text(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); return s }
/^  [a-z][a-z-]* / && !/^  --/ {
    key = $1
    line = $0; sub(/^  [a-z-]+ +/, "", line)
    initial = ""
    if (match(line, / \[[^]]*\]$/)) { initial = substr(line, RSTART + 2, RLENGTH - 3); line = substr(line, 1, RSTART - 1) }
    printf ".It Cm %s\n%s.\n", text(key), text(line)
    if (initial != "") printf "Default:\n.Ql %s .\n", text(initial)
}
