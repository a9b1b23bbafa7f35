/* Every table of routes that the daemon serves: no row without access, no two alike, and who may what. */
#include "node/api.h"
#include "tests/t.h"

static const struct protocol *const all[] = {
    &protocol_status,  &protocol_join, &protocol_enrol, &protocol_release, &protocol_policy,
    &protocol_secrets, &protocol_sync, &protocol_log,   &protocol_witness, &protocol_admin,
    &protocol_upgrade, &protocol_kbs,  &protocol_epoch,
};
enum { TABLES = sizeof all / sizeof *all };

static void every_table_is_well_formed(void)
{
    for (size_t i = 0; i < TABLES; i++) {
        const char *bad = route_check(all[i]);
        T_ROW(bad == NULL, bad ? bad : all[i]->name);
        T_ROW(all[i]->error != NULL, all[i]->name);
    }
}

static void no_two_tables_have_the_same_route(void)
{
    for (size_t i = 0; i < TABLES; i++)
        for (size_t j = i + 1; j < TABLES; j++)
            for (size_t a = 0; a < all[i]->n; a++)
                for (size_t b = 0; b < all[j]->n; b++)
                    T_ROW(all[i]->routes[a].method != all[j]->routes[b].method ||
                              strcmp(all[i]->routes[a].path, all[j]->routes[b].path) != 0,
                          all[i]->routes[a].path);
}

static void administration_is_local_and_nothing_else_is(void)
{
    for (size_t i = 0; i < TABLES; i++)
        for (size_t a = 0; a < all[i]->n; a++) {
            const struct route *r = &all[i]->routes[a];
            T_ROW((strstr(r->path, "/admin/") != NULL) == (r->access == ACCESS_LOCAL), r->path);
        }
}

static void packages_and_vouching_are_signed(void)
{
    for (size_t i = 0; i < TABLES; i++)
        for (size_t a = 0; a < all[i]->n; a++) {
            const struct route *r = &all[i]->routes[a];
            bool names =
                strstr(r->path, "/packages") || strstr(r->path, "/vouch") || strstr(r->path, "/draw");
            T_ROW(names == (r->access == ACCESS_SIGNED), r->path);
        }
}

/* Whatever changes something over KBS needs a bearer, and evidence is read for an open session alone. */
static void kbs_reads_no_body_of_nobody(void)
{
    for (size_t a = 0; a < protocol_kbs.n; a++) {
        const struct route *r = &protocol_kbs.routes[a];
        bool opening = strcmp(r->path, "/kbs/v0/auth") == 0,
             attesting = strcmp(r->path, "/kbs/v0/attest") == 0;
        enum access want = opening ? ACCESS_ANYONE : attesting ? ACCESS_SESSION : ACCESS_TOKEN;
        T_ROW(r->method == GET || r->access == want, r->path);
        T_ROW(r->max_body <= (opening ? 16u << 10 : 2u << 20), r->path);
    }
}

static void query_values_are_found_by_their_whole_name(void)
{
    static const struct {
        const char *query, *name, *want;
    } rows[] = {
        { "path=a/b&kind=raw", "path", "a/b" },
        { "path=a/b&kind=raw", "kind", "raw" },
        { "xpath=1&path=2", "path", "2" },
        { "path=", "path", "" },
        { "pat=1", "path", "" },
        { "", "path", "" },
        { "a=1&&path=3", "path", "3" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request q = { .query = span_of(rows[i].query) };
        T_ROW(span_eq(api_query(&q, rows[i].name), span_of(rows[i].want)), rows[i].query);
    }
}

static void numbers_in_a_query_are_whole_or_refused(void)
{
    static const struct {
        const char *query;
        enum sr_err want;
        uint64_t value;
    } rows[] = {
        { "", SR_OK, 5 },
        { "n=7", SR_OK, 7 },
        { "n=7x", SR_EFORMAT, 0 },
        { "n=-1", SR_EFORMAT, 0 },
        { "n=18446744073709551615", SR_OK, UINT64_MAX },
        { "n=18446744073709551616", SR_EFORMAT, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request q = { .query = span_of(rows[i].query) };
        struct sr_why why = { 0 };
        uint64_t got = 0;
        T_ROW(api_query_u64(&q, "n", 5, &got, &why) == rows[i].want && got == rows[i].value, rows[i].query);
    }
}

int main(void)
{
    every_table_is_well_formed();
    no_two_tables_have_the_same_route();
    administration_is_local_and_nothing_else_is();
    packages_and_vouching_are_signed();
    kbs_reads_no_body_of_nobody();
    query_values_are_found_by_their_whole_name();
    numbers_in_a_query_are_whole_or_refused();
    return t_end();
}
