#!/bin/sh
# layers.sh - fails when a folder includes one it must not know, or a big library leaves its home.
set -eu
may() { # folder, the folders it may include
    bad=$(find "$1" -maxdepth "${3:-1}" -name '*.[ch]' -exec grep -nHE '^ *# *include "' {} + |
        grep -vE "#include \"($2)/[a-z0-9_]+\.h\"" || true)
    [ -z "$bad" ] || { echo "$bad"; fail=1; }
}
only() { # a header, the files that may include it
    bad=$(grep -rlE "^ *# *include <$1" crypto proto store node bootstrap client | grep -vE "^($2)$" || true)
    [ -z "$bad" ] || { echo "<$1> belongs to $2: $bad"; fail=1; }
}
fail=0
may crypto         'crypto'
may proto/evidence 'crypto|proto|proto/evidence'
may proto          'crypto|proto|proto/evidence'
may store          'crypto|store'
may node/platform  'crypto|proto|proto/evidence|node/platform'
may node/wire      'crypto|node/wire'
may node/collateral 'crypto|proto|proto/evidence|node/wire|node/collateral'
may node           'crypto|proto|proto/evidence|store|node|node/platform|node/wire|node/collateral'
may bootstrap      'crypto|proto|proto/evidence|store|node|node/platform|node/wire|node/collateral|bootstrap'
may client         'crypto|proto|proto/evidence|node/platform|node/wire|node/collateral|client'
only 'microhttpd'  'node/http\.c'
only 'sqlite3'     'store/sqlite[a-z_]*\.c'
only 'cjson/'      'proto/json[a-z_]*\.c'
only 'tss2/'       'node/platform/tpm[a-z_]*\.[ch]'
only 'curl/'       'node/wire/[a-z_]*\.c'
only 'openssl/x509' 'crypto/cert[a-z_]*\.c'
only 'openssl/ssl'  'node/door[a-z_]*\.[ch]|node/wire/[a-z_]*\.c'
[ $fail -eq 0 ] && echo "1 passed, 0 failed"
exit $fail
