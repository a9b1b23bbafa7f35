#!/bin/sh
# apply.sh SOURCE PATCH OUT - copies the files that the patch names from SOURCE to OUT and applies it there.
# Any hunk that does not apply fails, and so does a patch that changes nothing.
set -eu
source=$1 patch=$2 out=$3
rm -rf "$out"
for file in $(sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$patch"); do
    mkdir -p "$out/$(dirname "$file")"
    cp "$source/$file" "$out/$file"
done
patch --batch --forward --no-backup-if-mismatch --reject-file=- -s -p1 -d "$out" <"$patch"
for file in $(sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$patch"); do
    ! cmp -s "$source/$file" "$out/$file" || { echo "$patch changes nothing in $file" >&2; exit 1; }
done
