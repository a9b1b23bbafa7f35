/* One line an event, whatever a peer puts into it. */
#include "node/logline.h"
#include "node/metrics.h"
#include "tests/t.h"

#include <time.h>
#include <unistd.h>

static size_t lines_of(enum log_level level, const char *value, char *out, size_t size)
{
    int fds[2];
    if (pipe(fds))
        return 0;
    struct logger to = { .level = LOG_INFO, .fd = fds[1] };
    struct logline l = log_start(&to, level, "test");
    log_text(&l, "key", value);
    log_num(&l, "n", 7);
    log_end(&l);
    close(fds[1]);
    ssize_t n = read(fds[0], out, size - 1);
    close(fds[0]);
    out[n > 0 ? n : 0] = '\0';
    size_t lines = 0;
    for (const char *p = out; *p; p++)
        lines += *p == '\n';
    return lines;
}

static void a_value_can_not_forge_a_line_or_a_field(void)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        { "plain", " key=plain n=7\n" },
        { "", " key=\"\" n=7\n" },
        { "two words", " key=\"two words\" n=7\n" },
        { "a\nlevel=error", " key=\"a\\x0alevel=error\" n=7\n" },
        { "a\rb\033[2J", " key=\"a\\x0db\\x1b[2J\" n=7\n" },
        { "q\"q\\", " key=\"q\\\"q\\\\\" n=7\n" },
        { "\xc3\xa4", " key=\"\\xc3\\xa4\" n=7\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[2048];
        T_ROW(lines_of(LOG_WARN, rows[i].value, out, sizeof out) == 1, rows[i].value);
        const char *key = strstr(out, " key=");
        T_ROW(key && strcmp(key, rows[i].want) == 0, out);
        T(strstr(out, " level=warn msg=test") != NULL);
    }
}

/* As another reader of times has it; the second may change in between. */
static void a_line_begins_with_the_time(void)
{
    char out[512];
    struct tm tm = { 0 };
    int ms = -1, end = 0;
    time_t before = time(NULL);
    T(lines_of(LOG_WARN, "x", out, sizeof out) == 1);
    time_t after = time(NULL);
    T_ROW(sscanf(out, "time=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ level%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                 &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms, &end) == 7 &&
              end == 35 && ms >= 0,
          out);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t said = timegm(&tm);
    T_ROW(said >= before && said <= after, out);
}

static void a_long_value_is_cut_and_says_so(void)
{
    char value[3000], out[4096];
    for (size_t n = 900; n < 1100; n++) {
        memset(value, 'x', n);
        value[n] = '\0';
        T(lines_of(LOG_ERROR, value, out, sizeof out) == 1);
        T(strlen(out) <= 1024);
        T((strstr(out, "cut=true") != NULL) != (strstr(out, " n=7") != NULL));
    }
}

static void lines_below_the_level_are_not_written(void)
{
    char out[64];
    T(lines_of(LOG_DEBUG, "x", out, sizeof out) == 0 && out[0] == '\0');
}

static void every_counter_is_in_the_text(void)
{
    struct metrics m = { 0 };
    SR_OWN(buf) b = { 0 };
    metrics_add(&m, M_RELEASES, 3);
    metrics_text(&m, &b);
    wr_u8(&b, 0);
    T(metrics_get(&m, M_RELEASES) == 3);
    T(buf_ok(&b) && strstr((const char *)b.p, "\nsealring_releases_total 3\n"));
    T(strstr((const char *)b.p, "# TYPE sealring_joins_granted_total counter\n") != NULL);
}

int main(void)
{
    a_value_can_not_forge_a_line_or_a_field();
    a_line_begins_with_the_time();
    a_long_value_is_cut_and_says_so();
    lines_below_the_level_are_not_written();
    every_counter_is_in_the_text();
    return t_end();
}
