/* Attacks by text: JSON that costs more than its bytes, or that says one thing to us and another to whoever
 * else reads it. Each is read as requests and policies are. */
#include "node/logline.h"
#include "proto/json.h"
#include "tests/attacks/lab.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void repeat(struct buf *b, const char *text, int n)
{
    for (int i = 0; i < n; i++)
        wr_text(b, text);
}

static size_t length_of(const struct json_doc *d, const char *member)
{
    return json_count(json_get(json_root(d), member));
}

/* As much as there may be. */
static bool honest_text(struct lab *l)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(json_doc) d = { 0 };
    char name[8] = "";
    uint64_t number = 0;
    const struct json_field fields[] = { { "a", JSON_ANY, &(const struct json *){ NULL }, 0, false },
                                         { "n", JSON_U64, &number, 0, false },
                                         { "s", JSON_STR, name, sizeof name, false },
                                         { 0 } };
    (void)l;
    wr_text(&b, "{\"a\":");
    repeat(&b, "[", JSON_DEPTH_MAX - 1);
    repeat(&b, "]", JSON_DEPTH_MAX - 1);
    wr_text(&b, ",\"n\":9007199254740991,\"s\":\"b\"}\n");
    return json_parse(buf_span(&b), &d, NULL) == SR_OK && json_fields(json_root(&d), fields, NULL) == SR_OK &&
           number == JSON_INT_MAX && strcmp(name, "b") == 0;
}

/* In a child: does reading that end it? */
static bool kills(struct span text, struct sr_why *why)
{
    int status = 0;
    int told[2];
    maker_need(pipe(told) == 0, "pipe");
    pid_t child = fork();
    maker_need(child >= 0, "child");
    if (child == 0) {
        struct sr_why mine = { 0 };
        SR_OWN(json_doc) d = { 0 };
        (void)!close(2); /* a sanitizer would speak here */
        (void)json_parse(text, &d, &mine);
        _exit(write(told[1], &mine.reason, sizeof mine.reason) != sizeof mine.reason);
    }
    close(told[1]);
    if (read(told[0], &why->reason, sizeof why->reason) != sizeof why->reason)
        why->reason = R_NONE;
    close(told[0]);
    maker_need(waitpid(child, &status, 0) == child, "waiting for the child");
    return status != 0;
}

/* A level a byte, until the stack is used up. */
static bool deep(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    (void)l;
    wr_text(&b, "{\"a\":");
    repeat(&b, "[", JSON_SIZE_MAX - 8);
    return kills(buf_span(&b), why);
}

/* A value in two bytes, each of which becomes a node of the tree. */
static bool wide(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(json_doc) d = { 0 };
    (void)l;
    wr_text(&b, "{\"a\":[0");
    repeat(&b, ",0", 120000);
    wr_text(&b, "]}");
    return json_parse(buf_span(&b), &d, why) == SR_OK && length_of(&d, "a") > 120000;
}

/* Each member is compared with all before it. */
static bool many_members(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(json_doc) d = { 0 };
    (void)l;
    wr_text(&b, "{\"a\":{\"m\":0");
    for (int i = 0; i < 1000; i++)
        wr_fmt(&b, ",\"m%d\":0", i);
    wr_text(&b, "}}");
    return json_parse(buf_span(&b), &d, why) == SR_OK && length_of(&d, "a") > 1000;
}

static bool large(struct lab *l, struct sr_why *why)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(json_doc) d = { 0 };
    (void)l;
    wr_text(&b, "{\"a\":\"");
    repeat(&b, "0123456789abcdef", 1 << 16);
    wr_text(&b, "\"}");
    return json_parse(buf_span(&b), &d, why) == SR_OK && json_str(json_get(json_root(&d), "a")).n == 1 << 20;
}

/* One more than a double can hold: others read the number as it stands. */
static bool number_rounded(struct lab *l, struct sr_why *why)
{
    SR_OWN(json_doc) d = { 0 };
    (void)l;
    return json_parse(SPAN_STR("{\"number\":9007199254740993}"), &d, why) == SR_OK &&
           json_u64(json_get(json_root(&d), "number")) != UINT64_C(9007199254740993);
}

/* A second document after the one that we read. */
static bool two_documents(struct lab *l, struct sr_why *why)
{
    SR_OWN(json_doc) d = { 0 };
    (void)l;
    return json_parse(SPAN_STR("{\"allow\":false}{\"allow\":true}"), &d, why) == SR_OK &&
           json_type(json_get(json_root(&d), "allow")) == JSON_BOOL;
}

/* A name that goes on after a NUL, for whoever does not read C strings. */
static bool cut_at_nul(struct lab *l, struct sr_why *why)
{
    SR_OWN(json_doc) d = { 0 };
    (void)l;
    return json_parse(SPAN_STR("{\"tenant\":\"acme\\u0000.evil\"}"), &d, why) == SR_OK &&
           span_eq(json_str(json_get(json_root(&d), "tenant")), SPAN_STR("acme"));
}

/* A name that is two lines in whatever prints it. */
static bool forged_line(struct lab *l, struct sr_why *why)
{
    SR_OWN(json_doc) d = { 0 };
    char name[64] = "";
    const struct json_field fields[] = { { "name", JSON_STR, name, sizeof name, false }, { 0 } };
    (void)l;
    return json_parse(SPAN_STR("{\"name\":\"web\\nlevel=info msg=all-is-well\"}"), &d, why) == SR_OK &&
           json_fields(json_root(&d), fields, why) == SR_OK && strchr(name, '\n') != NULL;
}

/* A line of the log that somebody else's text has become: it says what it likes. */
static bool log_forged(struct lab *l, struct sr_why *why)
{
    char said[512];
    int fd[2];
    (void)l, (void)why;
    maker_need(pipe(fd) == 0, "pipe");
    const struct logger to = { LOG_INFO, fd[1] };
    struct logline line = log_start(&to, LOG_INFO, "join-granted");
    log_text(&line, "address", "a\nts=0 level=info msg=ready");
    log_end(&line);
    close(fd[1]);
    ssize_t n = read(fd[0], said, sizeof said - 1);
    close(fd[0]);
    said[n > 0 ? n : 0] = '\0';
    T(strstr(said, "join-granted") != NULL);
    return strstr(said, "\nts=0 ") != NULL;
}

static const struct attack rows[] = {
    { "deep", honest_text, deep, R_TOO_LARGE },
    { "wide", honest_text, wide, R_TOO_LARGE },
    { "many_members", honest_text, many_members, R_TOO_LARGE },
    { "large", honest_text, large, R_TOO_LARGE },
    { "number_rounded", honest_text, number_rounded, R_JSON_SYNTAX },
    { "two_documents", honest_text, two_documents, R_JSON_SYNTAX },
    { "cut_at_nul", honest_text, cut_at_nul, R_JSON_SYNTAX },
    { "log_forged", honest_text, log_forged, R_NONE },
    { "forged_line", honest_text, forged_line, R_JSON_MEMBER },
};

int main(int argc, char **argv)
{
    return attack_main(argc, argv, rows, sizeof rows / sizeof *rows);
}
