#include "crypto/secret.h"
#include "node/door_conn.h"
#include "tests/t.h"

#include <arpa/inet.h>
#include <fcntl.h>

static const struct row {
    const char *address;
    enum source want;
    const char *same; /* an address that counts with it; NULL: none tried */
    const char *other;
} rows[] = {
    { "127.0.0.1", SOURCE_LOOPBACK, NULL, "127.0.0.2" },
    { "10.1.2.3", SOURCE_PRIVATE, NULL, "10.1.2.4" },
    { "172.16.0.1", SOURCE_PRIVATE, NULL, NULL },
    { "172.31.255.255", SOURCE_PRIVATE, NULL, NULL },
    { "172.32.0.1", SOURCE_PUBLIC, NULL, NULL },
    { "192.168.1.1", SOURCE_PRIVATE, NULL, NULL },
    { "169.254.169.254", SOURCE_PRIVATE, NULL, NULL },
    { "8.8.8.8", SOURCE_PUBLIC, "::ffff:8.8.8.8", "8.8.8.9" },
    { "::1", SOURCE_LOOPBACK, NULL, NULL },
    { "::ffff:127.0.0.1", SOURCE_LOOPBACK, "127.0.0.1", NULL },
    { "fe80::1", SOURCE_PRIVATE, NULL, NULL },
    { "fd00::1", SOURCE_PRIVATE, NULL, NULL },
    { "2001:db8:1:2::1", SOURCE_PUBLIC, "2001:db8:1:2:ffff::9", "2001:db8:1:3::1" },
};

static enum source ask(const char *text, struct origin *ret)
{
    struct sockaddr_storage a = { 0 };
    struct sockaddr_in in4 = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
        memcpy(&a, &in4, sizeof in4);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        memcpy(&a, &in6, sizeof in6);
    return source_of(&a, ret);
}

static void addresses_have_a_class_and_count_by_host_or_by_64(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct origin one, two;
        T_ROW(ask(rows[i].address, &one) == rows[i].want, rows[i].address);
        if (rows[i].same)
            T_ROW(ask(rows[i].same, &two) == rows[i].want && memcmp(&one, &two, sizeof one) == 0,
                  rows[i].address);
        if (rows[i].other)
            T_ROW(ask(rows[i].other, &two) && memcmp(&one, &two, sizeof one) != 0, rows[i].address);
    }
}

static void a_source_has_as_many_as_it_may(void)
{
    struct sources *s = sources_new();
    struct origin a = { { 1 } }, b = { { 2 } };
    T(s && sources_add(s, a, 2) && sources_add(s, a, 2) && !sources_add(s, a, 2));
    T(sources_add(s, b, 2));
    sources_remove(s, a);
    T(sources_add(s, a, 2) && !sources_add(s, a, 2));
    T(!sources_add(s, (struct origin){ { 3 } }, 0));
    for (uint32_t i = 0; i < 20000; i++) { /* buckets are shared, counts are not */
        struct origin o = { { 9 } };
        memcpy(o.b + 4, &i, 4);
        T(sources_add(s, o, 1) && !sources_add(s, o, 1));
    }
    sources_free(s);
}

static void a_refused_start_leaves_no_listener_open(void)
{
    static const struct route careless[] = { { GET, "/a", ACCESS_UNSET, 0, NULL, NULL } };
    static const struct protocol p = { "careless", careless, 1, route_error };
    static const struct protocol *const list[] = { &p };
    struct http_options o = { .protocols = list, .n_protocols = 1, .n_listeners = 1 };
    struct sr_why why = { 0 };
    struct http *h = NULL;
    uint16_t port = 0;
    o.listeners[0].kind = LISTEN_PLAIN;
    T(http_listen(&o.listeners[0].fd, "127.0.0.1", 0, &port, &why) == SR_OK && port != 0);
    T(http_start(&h, NULL, &o, &why) == SR_EBUG && h == NULL);
    T(fcntl(o.listeners[0].fd, F_GETFD) < 0);
    T(http_listen(&o.listeners[0].fd, "localhost", 0, NULL, &why) == SR_EFORMAT && why.reason == R_CONFIG);
    T(http_listen_unix(&o.listeners[0].fd, "/nowhere/at/all", &why) == SR_EIO);
}

int main(void)
{
    T(secret_init() == SR_OK);
    addresses_have_a_class_and_count_by_host_or_by_64();
    a_source_has_as_many_as_it_may();
    a_refused_start_leaves_no_listener_open();
    return t_end();
}
