/* SPDX-License-Identifier: MIT */
/*
 * names.c - how names are looked up, by the system or by c-ares
 *
 *   names dead SOURCE N           asks for N names that no server answers for,
 *                                 and then for good.test; when that came, how
 *                                 long it took to cancel the others, what was
 *                                 left of them, and how long that stayed
 *   names fetch SOURCE N PORT     fetches http://good.test:PORT/ N times, 20 at a
 *                                 time, on a new connection each
 *   names cost SOURCE N WIDTH     asks for N names, WIDTH at a time, with nothing
 *                                 kept; the time of the processor for each
 *
 * SOURCE is system or cares.  For `dead` it may be http as well: an HTTP client
 * fetches http://NAME/, and the program chooses no source.
 * scripts/run/bench-names runs them where a name server of its own answers.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

#include <coil.h>
#include <coil/cares.h>
#include <coil/http_client.h>

#include "bench.h"

enum { DEAD_MAX = 1000, WIDTH_MAX = 256 };

static int count;
static int width = 20;
static int next;
static uint16_t port;
static struct coil_http_client *client; /* NULL: not with HTTP */

/* ---- what is left --------------------------------------------------------- */

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int n = 0;

    while (dir && (entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

static double processor_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double milliseconds(coil_time time)
{
    return (double)time / (double)COIL_MILLISECOND;
}

/* ---- dead names ----------------------------------------------------------- */

/* How long the last of what was left stays; 0 where nothing was. */
static coil_time await_end(int threads, int descriptors)
{
    coil_time begun = coil_now();

    while (entries("/proc/self/task") > threads ||
           entries("/proc/self/fd") > descriptors) {
        if (coil_sleep(10 * COIL_MILLISECOND) < 0)
            break;
    }
    return coil_now() - begun;
}

static int resolve(const char *host)
{
    struct coil_address *addresses;
    size_t n;
    int rc = coil_resolve(host, 80, &addresses, &n);

    coil_addresses_free(addresses);
    return rc;
}

static int fetch_from(const char *host)
{
    struct coil_http_response *response;
    char url[60];
    int rc;

    snprintf(url, sizeof url, "http://%s/", host);
    rc = coil_http_get(client, url, &response);
    if (rc == 0)
        coil_http_response_free(response);
    return rc;
}

static int ask(const char *host)
{
    return client ? fetch_from(host) : resolve(host);
}

static int ask_dead(void *arg)
{
    char name[40];

    snprintf(name, sizeof name, "dead%d.test", *(int *)arg);
    return ask(name);
}

static int dead(void *arg)
{
    struct coil_task *tasks[DEAD_MAX];
    int descriptors = entries("/proc/self/fd");
    int threads = entries("/proc/self/task");
    coil_time begun = coil_now();
    coil_time came, cancelled;
    int given_up = 0;
    int rc;

    (void)arg;
    for (int i = 0; i < count; i++) {
        rc = coil_task_create_copy(&tasks[i], ask_dead, &i);
        if (rc < 0)
            return rc;
    }
    rc = coil_yield();
    if (rc == 0)
        rc = ask("good.test");
    came = coil_now();
    for (int i = 0; i < count; i++)
        coil_task_cancel(tasks[i]);
    for (int i = 0; i < count; i++) {
        given_up += coil_task_await(tasks[i]) != -ECANCELED;
        coil_task_release(tasks[i]);
    }
    if (coil_yield() < 0)
        return -ECANCELED;
    cancelled = coil_now();
    coil_http_client_free(client); /* and the connection to good.test */
    if (given_up > 0)
        printf("(%d had been given up) ", given_up);
    printf("%.1f ms | %.1f ms | %d threads, %d descriptors",
           milliseconds(came - begun), milliseconds(cancelled - came),
           entries("/proc/self/task") - threads,
           entries("/proc/self/fd") - descriptors);
    printf(" | %.1f s\n", milliseconds(await_end(threads, descriptors)) / 1000);
    return rc;
}

/* ---- fetching ------------------------------------------------------------- */

static int fetch_one(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: good.test\r\n"
                                  "Connection: close\r\n\r\n";
    struct coil_stream *s;
    char bytes[4096];
    ptrdiff_t n = 0;
    int rc = coil_tcp_connect(&s, "good.test", port);

    if (rc < 0)
        return rc;
    rc = coil_stream_write(s, request, sizeof request - 1);
    while (rc == 0 && (n = coil_stream_read(s, bytes, sizeof bytes)) > 0)
        continue;
    coil_stream_abort(s);
    return rc < 0 ? rc : (int)n;
}

static int fetch_some(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && next < count) {
        next++;
        rc = fetch_one();
    }
    return rc;
}

static int ask_some(void *arg)
{
    char name[40];
    int rc = 0;

    (void)arg;
    while (rc == 0 && next < count) {
        snprintf(name, sizeof name, "host%d.test", next++);
        rc = resolve(name);
    }
    return rc;
}

/* `width` tasks, each of which runs fn(). */
static int in_parallel(coil_fn fn)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    for (int i = 0; rc == 0 && i < width; i++)
        rc = coil_task_group_create(&group, NULL, fn, NULL);
    return coil_task_group_end(&group, rc);
}

static int fetch(void *arg)
{
    coil_time begun = coil_now();
    int rc = in_parallel(fetch_some);

    (void)arg;
    printf("%.1f s\n", milliseconds(coil_now() - begun) / 1000);
    return rc;
}

static int cost(void *arg)
{
    double before = processor_time();
    coil_time begun = coil_now();
    int rc = in_parallel(ask_some);

    (void)arg;
    printf("%.1f us of processor, %.1f us\n",
           (processor_time() - before) * 1e6 / count,
           milliseconds(coil_now() - begun) * 1000 / count);
    return rc;
}

/* False: there is no such source. */
static bool choose_source(const char *name, bool may_be_http,
                          struct coil_resolver_options *options)
{
    if (strcmp(name, "system") == 0)
        options->source = coil_resolver_system();
    else if (strcmp(name, "cares") == 0)
        options->source = coil_cares_source();
    else
        return may_be_http && strcmp(name, "http") == 0 &&
               coil_http_client_new(&client, NULL) == 0;
    return true;
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[1] : "";
    struct coil_resolver_options options = { .source = NULL };
    coil_fn fn;

    if (strcmp(what, "dead") == 0)
        fn = dead;
    else if (strcmp(what, "fetch") == 0 && argc > 4)
        fn = fetch;
    else if (strcmp(what, "cost") == 0 && argc > 4)
        fn = cost;
    else
        return 2;
    count = atoi(argv[3]);
    if (count < 1 || (fn == dead && count > DEAD_MAX))
        return 2;
    if (fn == fetch)
        port = (uint16_t)atoi(argv[4]);
    if (fn == cost)
        width = atoi(argv[4]) < WIDTH_MAX ? atoi(argv[4]) : WIDTH_MAX;
    options.no_cache = fn == cost;
    if (!choose_source(argv[2], fn == dead, &options))
        return 2;
    if (coil_resolver_configure(&options) < 0)
        return 1;
    return coil_run_status(coil_run(fn, NULL));
}
