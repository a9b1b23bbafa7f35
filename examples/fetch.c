/* fetch.c - a workload that gets one key with libsealring and hands it to nobody: it prints its length.
 *   cc fetch.c $(pkg-config --cflags --libs sealring) -o fetch
 *   sealring-launch --tcti TCTI --event-log FILE -- ./fetch NODE CID WANT TCTI EVENT-LOG EK-CHAIN */
#include <sealring.h>
#include <stdio.h>

int main(int argc, char *argv[])
{
    struct sealring_error why;
    struct sealring *s = NULL;
    struct sealring_keys *keys = NULL;
    struct sealring_key key;
    if (argc != 7)
        return SEALRING_USAGE;
    const struct sealring_options o = { .size = sizeof o,
                                        .node = argv[1],
                                        .cid = argv[2],
                                        .tcti = argv[4],
                                        .event_log = argv[5],
                                        .ek_chain = argv[6] };
    const char *wants[] = { argv[3] };
    enum sealring_status e = sealring_open(&o, &s, &why);
    if (e == SEALRING_OK)
        e = sealring_fetch(s, wants, 1, &keys, &why);
    if (e == SEALRING_OK)
        e = sealring_keys_find(keys, argv[3], &key);
    if (e == SEALRING_OK)
        printf("%zu bytes, version %u\n", key.value_size, key.version);
    else
        fprintf(stderr, "%s: %s\n", why.reason, why.text);
    sealring_keys_free(keys);
    sealring_close(s);
    return (int)e;
}
