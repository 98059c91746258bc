/* SPDX-License-Identifier: MIT */
/*
 * The page of metrics: it follows the grammar, whatever is on it, and tells the
 * truth about loops, the process, and what the program counts.
 */
/* LABELS: threads */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <coil/loop.h>
#include <coil/metrics.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "bodies.h"
#include "prometheus.h"
#include "test.h"

static char *page;

static int take(void *arg, const char *text, size_t size)
{
    const char *bad = prometheus_check(text, size);

    (void)arg;
    if (bad)
        FAIL("%s in\n%s", bad, text);
    ASSERT_EQ(strlen(text), size);
    free(page);
    page = strdup(text);
    return 7;
}

static void make_page(void)
{
    ASSERT_EQ(coil_metrics_write(take, NULL), 7);
}

static void forget_page(void)
{
    free(page);
    page = NULL;
}

static double value(const char *sample)
{
    return prometheus_value(page, sample);
}

/* As an integer; times are compared as doubles. */
static long long whole(const char *sample)
{
    return (long long)value(sample);
}

/* ---- loops and the process ------------------------------------------------ */

static int do_known_things(void *arg)
{
    struct coil_task *task;

    (void)arg;
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(coil_task_create(NULL, do_nothing, NULL), 0);
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(coil_task_create(&task, sleep_long, NULL), 0);
        coil_task_cancel(task);
        ASSERT_EQ(coil_task_await(task), -ECANCELED);
        coil_task_release(task);
    }
    ASSERT_EQ(coil_task_create(&task, fail, NULL), 0);
    ASSERT_EQ(coil_task_await(task), -EIO);
    ASSERT_EQ(coil_sleep(1500 * COIL_MILLISECOND), 0);
    make_page();
    coil_task_release(task);
    return 0;
}

TEST(metrics_tell_the_truth_of_a_known_program)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };

    ASSERT_EQ(coil_run_with(do_known_things, NULL, &options), 0);
    ASSERT_EQ(whole("coil_tasks_made_total{loop=\"0\"}"), 16);
    ASSERT_EQ(whole("coil_tasks_cancelled_total{loop=\"0\"}"), 4);
    ASSERT_EQ(whole("coil_tasks_failed_total{loop=\"0\"}"), 1);
    ASSERT_EQ(whole("coil_tasks{loop=\"0\"}"), 1);
    ASSERT_EQ(whole("coil_tasks_kept{loop=\"0\"}"), 1);
    ASSERT_EQ(whole("coil_timers_fired_total{loop=\"0\"}"), 1);
    ASSERT(value("coil_loop_waiting_seconds_total{loop=\"0\"}") == 1.5);
    ASSERT_EQ(whole("coil_loop_running_seconds_total{loop=\"0\"}"), 0);
    ASSERT_GE(whole("coil_loop_turns_total{loop=\"0\"}"), 2);
    ASSERT_EQ(whole("coil_loop_stretch_seconds_bucket{loop=\"0\",le=\"+Inf\"}"),
              whole("coil_loop_looks_total{loop=\"0\"}"));
    ASSERT(prometheus_has(
        page, "coil_loop_stretch_seconds_bucket{loop=\"0\",le=\"1e-05\"}"));
    forget_page();
}

TEST(metrics_are_of_all_loops)
{
    struct coil_loop *loops[3];

    make_page();
    ASSERT(!prometheus_has(page, "coil_tasks{loop=\"0\"}"));
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_new(&loops[i], NULL), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loops[2], do_nothing, NULL), 0);
    make_page();
    ASSERT_EQ(whole("coil_tasks_made_total{loop=\"0\"}"), 0);
    ASSERT_EQ(whole("coil_tasks_made_total{loop=\"1\"}"), 0);
    ASSERT_EQ(whole("coil_tasks_made_total{loop=\"2\"}"), 1);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
    make_page();
    ASSERT(!prometheus_has(page, "coil_tasks{loop=\"2\"}"));
    forget_page();
}

TEST(metrics_are_of_the_process)
{
    long long before;
    int fd;

    make_page();
    before = whole("process_open_fds");
    ASSERT_GE(before, 3);
    fd = dup(0);
    make_page();
    ASSERT_EQ(whole("process_open_fds"), before + 1);
    close(fd);
    ASSERT_GE(whole("process_max_fds"), whole("process_open_fds"));
    ASSERT_GT(whole("process_resident_memory_bytes"), 100 << 10);
    ASSERT_GT(whole("process_virtual_memory_bytes"),
              whole("process_resident_memory_bytes"));
    ASSERT(value("process_cpu_seconds_total") > 0);
    ASSERT_LE(whole("process_start_time_seconds"), (long long)time(NULL) + 2);
    ASSERT_GE(whole("process_start_time_seconds"),
              (long long)time(NULL) - 24 * 3600);
    forget_page();
}

/* ---- what the program counts ---------------------------------------------- */

static const char *const get[] = { "method", "GET", "path", "/a\\b\"c\n\xff",
                                   NULL };
static const char *const put_[] = { "method", "PUT", NULL };
static const double bounds[] = { -1, 0.25, 3 };

static struct coil_counter asked =
    COIL_COUNTER_INIT("shop_asked_total", "Asked: \\ and\nnew \"line\".", get);
static struct coil_counter told =
    COIL_COUNTER_INIT("shop_asked_total", "Asked: \\ and\nnew \"line\".", put_);
static struct coil_gauge warmth =
    COIL_GAUGE_INIT("shop_warmth_celsius", "How warm it is.", NULL);
static struct coil_histogram taken =
    COIL_HISTOGRAM_INIT("shop_taken_seconds", "How long.", put_, bounds);

static void add_all(void)
{
    ASSERT_EQ(coil_metrics_add(&asked.metric), 0);
    ASSERT_EQ(coil_metrics_add(&warmth.metric), 0);
    ASSERT_EQ(coil_metrics_add(&taken.metric), 0);
    ASSERT_EQ(coil_metrics_add(&told.metric), 0);
}

TEST(metrics_of_the_program_have_their_values_and_labels)
{
    add_all();
    make_page();
    ASSERT_EQ(whole("shop_asked_total{method=\"PUT\"}"), 0);
    coil_counter_add(&asked, 3);
    coil_counter_add(&asked, 4);
    coil_gauge_set(&warmth, 20.5);
    coil_gauge_add(&warmth, -41);
    coil_histogram_observe(&taken, -5);
    coil_histogram_observe(&taken, 0.25);
    coil_histogram_observe(&taken, 0.2500001);
    coil_histogram_observe(&taken, 100);
    make_page();
    ASSERT_STR_CONTAINS(page, "# HELP shop_asked_total Asked: \\\\ and\\nnew "
                              "\"line\".\n");
    ASSERT_EQ(whole("shop_asked_total{method=\"GET\","
                    "path=\"/a\\\\b\\\"c\\n?\"}"),
              7);
    ASSERT_EQ(whole("shop_asked_total{method=\"PUT\"}"), 0);
    ASSERT(value("shop_warmth_celsius") == -20.5);
    ASSERT_EQ(whole("shop_taken_seconds_bucket{method=\"PUT\",le=\"-1\"}"), 1);
    ASSERT_EQ(whole("shop_taken_seconds_bucket{method=\"PUT\",le=\"0.25\"}"),
              2);
    ASSERT_EQ(whole("shop_taken_seconds_bucket{method=\"PUT\",le=\"3\"}"), 3);
    ASSERT_EQ(whole("shop_taken_seconds_bucket{method=\"PUT\",le=\"+Inf\"}"),
              4);
    ASSERT_EQ(whole("shop_taken_seconds_count{method=\"PUT\"}"), 4);
    ASSERT(value("shop_taken_seconds_sum{method=\"PUT\"}") == 95.5000001);
    forget_page();
}

TEST(metrics_that_are_removed_are_not_on_the_page)
{
    add_all();
    coil_metrics_remove(&asked.metric);
    coil_metrics_remove(&taken.metric);
    coil_metrics_remove(&taken.metric);
    make_page();
    ASSERT(!strstr(page, "method=\"GET\""));
    ASSERT(!strstr(page, "shop_taken"));
    ASSERT(prometheus_has(page, "shop_asked_total{method=\"PUT\"}"));
    ASSERT_EQ(coil_metrics_add(&asked.metric), 0);
    ASSERT_EQ(coil_metrics_add(&taken.metric), 0);
    make_page();
    ASSERT(prometheus_has(page, "shop_taken_seconds_count{method=\"PUT\"}"));
    forget_page();
}

TEST(metrics_are_numbers_of_any_size)
{
    static const struct {
        double value;
        const char *line;
    } cases[] = {
        { 0.1, "\nshop_warmth_celsius 0.1\n" },
        { 1e300, "\nshop_warmth_celsius 1e+300\n" },
        { 12345678901234567890.0,
          "\nshop_warmth_celsius 1.23456789012346e+19" },
        { NAN, "\nshop_warmth_celsius NaN\n" },
        { INFINITY, "\nshop_warmth_celsius +Inf\n" },
        { -INFINITY, "\nshop_warmth_celsius -Inf\n" },
        { 1.0 / 3, "\nshop_warmth_celsius 0.3333333333333333\n" },
    };

    ASSERT_EQ(coil_metrics_add(&warmth.metric), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        coil_gauge_set(&warmth, cases[i].value);
        make_page();
        if (i != 2)
            ASSERT_STR_CONTAINS(page, cases[i].line);
    }
    forget_page();
}

/* A locale may write 20,5. */
TEST(metrics_do_not_ask_the_locale)
{
    static const char *const commas[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                          "fr_FR.UTF-8", "fr_FR.utf8" };
    const char *found = NULL;

    for (size_t i = 0; i < 5 && !found; i++)
        found = setlocale(LC_NUMERIC, commas[i]);
    if (!found)
        SKIP("no locale with a comma");
    coil_gauge_set(&warmth, 20.5);
    ASSERT_EQ(coil_metrics_add(&warmth.metric), 0);
    make_page();
    ASSERT_STR_CONTAINS(page, "\nshop_warmth_celsius 20.5\n");
    forget_page();
}

/* ---- what is refused ------------------------------------------------------ */

static int try_counter(const char *name, const char *const *labels)
{
    static struct coil_counter counters[32];
    static size_t used;
    struct coil_counter *c = &counters[used++];

    *c = (struct coil_counter)COIL_COUNTER_INIT(name, "Help.", labels);
    return coil_metrics_add(&c->metric);
}

TEST(metrics_with_wrong_names_are_refused)
{
    static const char *const wrong[] = {
        "", "1a", "a-b", "a b", "\xc3\xa4", "coil_x", "process_x", NULL,
    };
    static const char *const no_label[] = { "", "x", NULL };
    static const char *const colon[] = { "a:b", "x", NULL };
    static const char *const reserved[] = { "__a", "x", NULL };
    static const char *const twice[] = { "a", "x", "a", "y", NULL };
    static const char *const le[] = { "le", "x", NULL };
    struct coil_counter helpless = COIL_COUNTER_INIT("b_total", "", NULL);

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_EQ(try_counter(wrong[i], NULL), -EINVAL);
    ASSERT_EQ(try_counter("a_total", no_label), -EINVAL);
    ASSERT_EQ(try_counter("a_total", colon), -EINVAL);
    ASSERT_EQ(try_counter("a_total", reserved), -EINVAL);
    ASSERT_EQ(try_counter("a_total", twice), -EINVAL);
    ASSERT_EQ(try_counter("a_total", le), 0);
    ASSERT_EQ(coil_metrics_add(&helpless.metric), -EINVAL);
    ASSERT_EQ(try_counter(":a:b_total", NULL), 0);
    make_page();
    forget_page();
}

TEST(metrics_that_are_there_are_refused)
{
    static const char *const turned[] = { "path", "/a\\b\"c\n\xff", "method",
                                          "GET", NULL };
    struct coil_counter same = COIL_COUNTER_INIT(
        "shop_asked_total", "Asked: \\ and\nnew \"line\".", turned);
    struct coil_gauge other = COIL_GAUGE_INIT(
        "shop_asked_total", "Asked: \\ and\nnew \"line\".", NULL);
    struct coil_counter helpless =
        COIL_COUNTER_INIT("shop_asked_total", "Other help.", NULL);

    add_all();
    ASSERT_EQ(coil_metrics_add(&asked.metric), -EEXIST);
    ASSERT_EQ(coil_metrics_add(&same.metric), -EEXIST);
    ASSERT_EQ(coil_metrics_add(&other.metric), -EEXIST);
    ASSERT_EQ(coil_metrics_add(&helpless.metric), -EEXIST);
    make_page();
    forget_page();
}

TEST(metrics_with_wrong_bounds_are_refused)
{
    static const double falling[] = { 1, 1 };
    static const double endless[] = { 1, INFINITY };
    static const double none[] = { NAN };
    static const double many[COIL_HISTOGRAM_BOUNDS + 1];
    static const char *const le[] = { "le", "x", NULL };
    struct coil_histogram wrong[] = {
        COIL_HISTOGRAM_INIT("h_seconds", "Help.", NULL, falling),
        COIL_HISTOGRAM_INIT("h_seconds", "Help.", NULL, endless),
        COIL_HISTOGRAM_INIT("h_seconds", "Help.", NULL, none),
        COIL_HISTOGRAM_INIT("h_seconds", "Help.", NULL, many),
        COIL_HISTOGRAM_INIT("h_seconds", "Help.", le, bounds),
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_EQ(coil_metrics_add(&wrong[i].metric), -EINVAL);
}

/* ---- sources -------------------------------------------------------------- */

static int asked_for;

static void write_some(struct coil_metrics_page *p, void *arg)
{
    static const char *const labels[] = { "of", "\xe2\x82\xac", NULL };
    static const char *const no_labels[] = { "o f", "x", NULL };
    static const double one[] = { 1 };
    static const uint64_t counts[] = { 2, 3 };

    (*(int *)arg)++;
    coil_metrics_family(p, COIL_METRIC_GAUGE, "source_age_seconds", "Age.");
    coil_metrics_seconds(p, NULL, 2500 * COIL_MICROSECOND);
    coil_metrics_seconds(p, labels, 100 * COIL_SECOND);
    coil_metrics_seconds(p, no_labels, 1);
    coil_metrics_buckets(p, NULL, one, counts, 1, 4.5);
    coil_metrics_family(p, COIL_METRIC_HISTOGRAM, "source_size_bytes", "");
    coil_metrics_count(p, NULL, 1);
    coil_metrics_buckets(p, NULL, one, counts, 1, 4.5);
    /* A name of the histogram's samples, one that was there, and none. */
    coil_metrics_family(p, COIL_METRIC_GAUGE, "source_size_bytes_count", "No.");
    coil_metrics_count(p, NULL, 1);
    coil_metrics_family(p, COIL_METRIC_GAUGE, "source_age_seconds", "Again.");
    coil_metrics_count(p, NULL, 1);
    coil_metrics_family(p, COIL_METRIC_GAUGE, "source age", "No.");
    coil_metrics_count(p, NULL, 1);
}

static struct coil_metrics_source source = { .write = write_some,
                                             .arg = &asked_for };

TEST(metrics_ask_sources_and_leave_out_what_is_wrong)
{
    coil_metrics_add_source(&source);
    coil_metrics_add_source(&source);
    make_page();
    ASSERT_EQ(asked_for, 1);
    ASSERT_STR_CONTAINS(page, "\nsource_age_seconds 0.0025\n");
    ASSERT_STR_CONTAINS(page,
                        "\nsource_age_seconds{of=\"\xe2\x82\xac\"} 100\n");
    ASSERT_EQ(whole("source_size_bytes_bucket{le=\"1\"}"), 2);
    ASSERT_EQ(whole("source_size_bytes_count"), 5);
    ASSERT_STR_CONTAINS(page, "# HELP source_size_bytes source_size_bytes\n");
    ASSERT(!strstr(page, "No."));
    ASSERT(!strstr(page, "Again."));
    ASSERT(!strstr(page, "o f"));
    coil_metrics_remove_source(&source);
    coil_metrics_remove_source(&source);
    make_page();
    ASSERT_EQ(asked_for, 1);
    forget_page();
}

/* ---- failures, threads and children --------------------------------------- */

TEST(metrics_page_without_memory_is_none)
{
    struct coil_loop *loop;
    int rc = -ENOMEM;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    add_all();
    make_page();
    forget_page();
    for (size_t n = 1; rc == -ENOMEM; n++) {
        ASSERT_LT(n, 100);
        coil_test_fail_allocation(n, false);
        rc = coil_metrics_write(take, NULL);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == -ENOMEM ? !page : rc == 7);
    }
    forget_page();
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

enum { THREADS = 4, TIMES = 20000 };

static void *count_on(void *arg)
{
    (void)arg;
    for (int i = 0; i < TIMES; i++) {
        coil_counter_add(&asked, 1);
        coil_gauge_add(&warmth, 0.5);
        coil_histogram_observe(&taken, i % 5);
    }
    return NULL;
}

TEST(metrics_are_counted_in_threads)
{
    pthread_t threads[THREADS];

    add_all();
    for (int i = 0; i < THREADS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, count_on, NULL), 0);
    for (int i = 0; i < 20; i++)
        make_page();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    make_page();
    ASSERT_EQ(asked.value, THREADS * TIMES);
    ASSERT(value("shop_warmth_celsius") == THREADS * TIMES / 2.0);
    ASSERT_EQ(whole("shop_taken_seconds_count{method=\"PUT\"}"),
              THREADS * TIMES);
    ASSERT_EQ(whole("shop_taken_seconds_sum{method=\"PUT\"}"),
              2 * THREADS * TIMES);
    forget_page();
}

TEST(metrics_go_on_in_a_child)
{
    int status;
    pid_t pid;

    add_all();
    coil_counter_add(&told, 2);
    pid = fork();
    if (pid == 0) {
        make_page();
        _exit(whole("shop_asked_total{method=\"PUT\"}") == 2 ? 0 : 1);
    }
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
}

/* ---- Prometheus's own judgement ------------------------------------------- */

static int ask_promtool(void *arg, const char *text, size_t size)
{
    FILE *tool = popen("promtool check metrics 2>&1", "w");

    (void)arg;
    ASSERT_NOT_NULL(tool);
    ASSERT_EQ(fwrite(text, 1, size, tool), size);
    return pclose(tool);
}

TEST(metrics_please_promtool)
{
    struct coil_loop *loop;

    if (system("command -v promtool >/dev/null") != 0)
        SKIP("no promtool");
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    add_all();
    coil_metrics_add_source(&source);
    ASSERT_EQ(coil_metrics_write(ask_promtool, NULL), 0);
    coil_metrics_remove_source(&source);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}
