# command.awk - the --help of one command as a manual page in mdoc(7), so that the two can not differ.
# Variables: name (sealring-fetch), words (fetch), about (the one-line summary), date.
function text(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); sub(/^[.']/, "\\\\\\&&", s); return s }
BEGIN {
    printf ".Dd %s\n.Dt %s 1\n.Os Sealring\n.Sh NAME\n.Nm %s\n.Nd %s\n.Sh SYNOPSIS\n", date, toupper(name), name, text(about)
}
/^usage: / {
    sub(/^usage: [^ ]+ /, "")
    sub("^" words " ", "")
    printf ".Nm sealring\n.Cm %s\n.Op Ar options\n", words
    sub(/^\[options\] ?/, "")
    if ($0 != "") printf ".Ar %s\n", text($0)
    print ".Sh DESCRIPTION"
    next
}
/^options:$/ { print ".Sh OPTIONS\n.Bl -tag -width Ds"; options = 1; next }
/^exit status: / {
    if (options) print ".El"
    options = 0
    sub(/^exit status: /, "")
    print ".Sh EXIT STATUS\n.Bl -tag -width Ds"
    n = split($0, row, /, /)
    for (i = 1; i <= n; i++) {
        code = row[i]; sub(/ .*/, "", code); sub(/^[0-9]+ /, "", row[i])
        printf ".It %s\n%s\n", code, text(row[i])
    }
    print ".El"
    next
}
options && /^  --/ {
    flag = $1; sub(/^--/, "", flag)
    rest = substr($0, 3); sub(/^--[^ ]+ ?/, "", rest)
    value = ""
    if (match(rest, /^[A-Z][A-Z]*( |$)/)) { value = $2; sub(/^[A-Z]+ */, "", rest) }
    sub(/^ +/, "", rest)
    printf ".It Fl Fl %s%s\n%s\n", text(flag), value == "" ? "" : " Ar " value, text(rest)
    next
}
/^  / { if (!list) print ".Bd -literal"; list = 1; print text($0); next }
{
    if (list) { print ".Ed"; list = 0 }
    if ($0 == "") { if (said) blank = 1; next }
    if (blank && !options) print ".Pp"
    blank = 0; said = 1
    line = text($0)
    gsub(/[.] /, ".\n", line) # mdoc: a new sentence is a new line
    print line
}
END {
    print ".Sh SEE ALSO\n.Xr sealring 1 ,\n.Xr sealring-launch 1 ,\n.Xr sealring-node 8"
}
