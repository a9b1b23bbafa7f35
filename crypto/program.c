#include "crypto/program.h"
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a name begins with. */
static const char *const steering[] = {
    /* the dynamic linker and libc */
    "LD_", "GLIBC_", "MALLOC_", "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "TZDIR", "HOSTALIASES",
    "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_",
    /* OpenSSL; SSLKEYLOGFILE is libcurl's */
    "OPENSSL", "SSL", "CTLOG_FILE", "RANDFILE",
    /* the TPM stack, SQLite, libcurl and what Debian's libcurl stands on */
    "TSS2_", "TPM2", "SQLITE", "CURL", "NETRC", "GNUTLS_", "NETTLE_", "P11_KIT", "KRB5", "GSS", "LDAP",
    "SASL_", "LIBSSH2_", "IDN_"
};
/* And what it ends with. */
static const char *const ends[] = { "_proxy", "_PROXY" };

bool program_env_steers(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof steering / sizeof *steering; i++) {
        size_t k = strlen(steering[i]);
        if (n >= k && memcmp(name, steering[i], k) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t k = strlen(ends[i]);
        if (n >= k && memcmp(name + n - k, ends[i], k) == 0)
            return true;
    }
    return false;
}

/* In place: a name that occurs twice is taken out twice. */
static void clean(char **env)
{
    char **to = env;
    for (char **from = env; *from; from++)
        if (!program_env_steers(*from, strcspn(*from, "=")))
            *to++ = *from;
    *to = NULL;
}

enum sr_err program_start(void)
{
    if (environ)
        clean(environ);
    if (setenv("TSS2_LOG", "all+none", 1) != 0 || OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return SR_EBUG;
    return secret_init();
}
