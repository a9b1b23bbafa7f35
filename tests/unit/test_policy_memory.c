/* Memory that runs out at any point: a policy is refused, nothing leaks, nothing is half made. The sanitizers
 * bring an allocator of their own, so there only the path without a failure runs. */
#include "proto/policy_explain.h"
#include "tests/t.h"

#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_ALLOCATOR 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_ALLOCATOR 0
#endif
#ifndef OWN_ALLOCATOR
#define OWN_ALLOCATOR 1
#endif

static long left = -1; /* allocations until they fail; negative: never */
static long live;

#if OWN_ALLOCATOR
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void __libc_free(void *p);

static int runs_out(void)
{
    return left >= 0 && left-- == 0 ? (left = 0, 1) : 0;
}

void *malloc(size_t n)
{
    void *p = runs_out() ? NULL : __libc_malloc(n);
    live += p != NULL;
    return p;
}

void *calloc(size_t n, size_t size)
{
    void *p = runs_out() ? NULL : __libc_calloc(n, size);
    live += p != NULL;
    return p;
}

void free(void *p)
{
    live -= p != NULL;
    __libc_free(p);
}
#endif

static uint8_t text[4096];
static size_t text_n;

static enum sr_err read_and_write(void)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_OWN(buf) again = { 0 };
    SR_OWN(buf) draft = { 0 };
    SR_OWN(buf) words = { 0 };
    SR_TRY(policy_signed_parse((struct span){ text, text_n }, &s, NULL));
    policy_signed_write(&s, &again);
    SR_TRY(policy_draft(policy_document(s.policy), &draft, NULL));
    (void)policy_check_json(s.policy, NULL, &words);
    return buf_ok(&again) && buf_ok(&words) ? SR_OK : SR_ENOMEM;
}

static void every_failed_allocation_is_a_clean_refusal(void)
{
    enum sr_err e = SR_ENOMEM;
    long points = 0;
    for (; e != SR_OK && points < 10000; points++) {
        long before = live;
        left = OWN_ALLOCATOR ? points : -1;
        e = read_and_write();
        left = -1;
        T(e == SR_OK || e == SR_ENOMEM);
        T(live == before);
    }
    T(e == SR_OK && points > (OWN_ALLOCATOR ? 50 : 0));
}

int main(void)
{
    FILE *f = fopen("tests/vectors/policy/3.json", "rb");
    text_n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    T(secret_init() == SR_OK && text_n > 0);
    every_failed_allocation_is_a_clean_refusal();
    return t_end();
}
