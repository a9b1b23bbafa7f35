/* What the launcher does in each state that it may find: log, PCR, and what is to be launched. */
#include "tests/t.h"

#include "node/platform/launch.h"
#include "node/platform/measure.h"

static const struct sha256 zero, one = { { 1 } }, two = { { 2 } }, config = { { 3 } };

static struct event_log launch_of(const struct sha256 *code, const struct sha256 *with_config)
{
    struct event_log l;
    T(measure_events(code, 1, with_config, &l, NULL) == SR_OK);
    return l;
}

static struct sha256 pcr_of(const struct event_log *l, size_t n)
{
    struct sha256 v = { { 0 } };
    T(event_log_replay(l, n, &l->start, &v) == SR_OK);
    return v;
}

static struct event_log joined(const struct event_log *a, size_t n, const struct event_log *b)
{
    struct event_log l = *a;
    l.n = n;
    for (size_t i = 0; i < b->n; i++)
        l.e[l.n++] = b->e[i];
    return l;
}

static bool acceptable(const struct event_log *l)
{
    SR_OWN(buf) bytes = { 0 };
    struct event_log again;
    T(event_log_write(l, &bytes) == SR_OK);
    return event_log_read(buf_span(&bytes), &again, NULL) == SR_OK;
}

static void a_first_launch_extends_everything(void)
{
    struct launch_plan p;
    struct event_log a = launch_of(&one, &config);
    T(launch_plan(NULL, &zero, &zero, &a, &p, NULL) == SR_OK);
    T(p.done == 0 && p.log.n == 2 && acceptable(&p.log));
}

static void the_same_launch_again_extends_nothing(void)
{
    struct launch_plan p;
    struct event_log a = launch_of(&one, &config);
    struct sha256 pcr = pcr_of(&a, a.n);
    T(launch_plan(&a, &zero, &pcr, &a, &p, NULL) == SR_OK);
    T(p.done == 2 && p.log.n == 2);
}

static void a_log_of_an_earlier_boot_is_forgotten(void)
{
    struct launch_plan p;
    struct event_log a = launch_of(&one, &config), b = launch_of(&two, NULL);
    T(launch_plan(&b, &zero, &zero, &a, &p, NULL) == SR_OK);
    T(p.done == 0 && p.log.n == 2 && event_eq(&p.log.e[0], &a.e[0]) && acceptable(&p.log));
}

static void an_interrupted_launch_is_completed(void)
{
    struct launch_plan p;
    struct event_log a = launch_of(&one, &config);
    for (size_t done = 0; done <= a.n; done++) {
        struct sha256 pcr = pcr_of(&a, done);
        T(launch_plan(&a, &zero, &pcr, &a, &p, NULL) == SR_OK);
        T(p.done == done && p.log.n == 2 && acceptable(&p.log));
    }
}

static void another_program_makes_the_log_unacceptable(void)
{
    struct launch_plan p;
    struct event_log a = launch_of(&one, &config), b = launch_of(&two, &config);
    struct sha256 pcr = pcr_of(&a, a.n);
    T(launch_plan(&a, &zero, &pcr, &b, &p, NULL) == SR_OK);
    T(p.done == 2 && p.log.n == 4 && !acceptable(&p.log));
    /* and back: the PCR has seen both */
    struct event_log both = joined(&a, a.n, &b);
    pcr = pcr_of(&both, both.n);
    T(launch_plan(&both, &zero, &pcr, &a, &p, NULL) == SR_OK);
    T(p.done == 4 && p.log.n == 6 && !acceptable(&p.log));
    /* nothing poses as the program whose launch was interrupted */
    pcr = pcr_of(&a, 1);
    T(launch_plan(&a, &zero, &pcr, &b, &p, NULL) == SR_OK);
    T(p.done == 1 && p.log.n == 4 && p.log.e[1].type == EVENT_CONFIG && !acceptable(&p.log));
}

static void what_does_not_lead_to_the_pcr_is_an_error(void)
{
    struct launch_plan p;
    struct sr_why why = { 0 };
    struct event_log a = launch_of(&one, &config);
    T(launch_plan(NULL, &zero, &one, &a, &p, &why) == SR_EPROOF && why.reason == R_EVENT_LOG);
    T(launch_plan(&a, &zero, &one, &a, &p, &why) == SR_EPROOF && why.reason == R_EVENT_LOG);
    T(launch_plan(NULL, &one, &zero, &a, &p, &why) == SR_EPROOF && why.reason == R_EVENT_LOG);
    T(launch_plan(NULL, &one, &one, &a, &p, &why) == SR_OK && sha256_eq(&p.log.start, &one));
}

static void a_full_log_stops_the_launcher(void)
{
    struct launch_plan p;
    struct sr_why why = { 0 };
    struct event_log a = launch_of(&one, &config), b = launch_of(&two, &config), full = a;
    while (full.n + 2 <= EVENTS_MAX)
        full = joined(&full, full.n, full.n % 4 ? &b : &a);
    struct sha256 pcr = pcr_of(&full, full.n);
    struct event_log c = launch_of(&config, NULL);
    T(launch_plan(&full, &zero, &pcr, &c, &p, &why) == SR_ETOOBIG && why.reason == R_TOO_LARGE);
}

static void references_do_not_depend_on_paths(void)
{
    struct reference r, again;
    const char *const self[] = { "/proc/self/exe" };
    const char *const none[] = { "/nonexistent" };
    struct sr_why why = { 0 };
    T(measure_reference(self, 1, NULL, &r, NULL) == SR_OK);
    T(measure_reference(self, 1, &config, &again, NULL) == SR_OK);
    T(sha256_eq(&r.code, &again.code) && !sha256_eq(&r.measurement, &again.measurement));
    T(measure_reference(none, 1, NULL, &r, &why) == SR_EIO && why.reason == R_CONFIG);
    T(measure_reference(self, 0, NULL, &r, &why) == SR_ETOOBIG);
}

static void every_shorter_log_is_refused(void)
{
    SR_OWN(buf) bytes = { 0 };
    struct event_log a = launch_of(&one, &config), got;
    T(event_log_write(&a, &bytes) == SR_OK);
    T(event_log_read(buf_span(&bytes), &got, NULL) == SR_OK && got.n == 2);
    for (size_t n = 0; n < bytes.n; n++)
        T(event_log_read_any((struct span){ bytes.p, n }, &got, NULL) == SR_EFORMAT);
    wr_u8(&bytes, 0);
    T(event_log_read_any(buf_span(&bytes), &got, NULL) == SR_EFORMAT);
}

int main(void)
{
    a_first_launch_extends_everything();
    the_same_launch_again_extends_nothing();
    a_log_of_an_earlier_boot_is_forgotten();
    an_interrupted_launch_is_completed();
    another_program_makes_the_log_unacceptable();
    what_does_not_lead_to_the_pcr_is_an_error();
    a_full_log_stops_the_launcher();
    references_do_not_depend_on_paths();
    every_shorter_log_is_refused();
    return t_end();
}
