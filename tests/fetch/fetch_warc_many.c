/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Memory stays what it is however many records an archive has.
 */
#include "base/platform.h"
#include "output/warc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <coil/run.h>
#include <coil/sleep.h>

#include "file_test.h"
#include "memory_test.h"

enum { URLS = 50000 }; /* 10^5 records */

static char page[10000];

/* KiB that the process has in memory. */
static long resident(void)
{
    return (long)(resident_memory() / 1024);
}

static void add(struct warc *warc, unsigned n, size_t size)
{
    static const struct coil_http_header headers[] = {
        { "Content-Type", "text/html" }, { "Server", "coil" }
    };
    struct warc_entry *entry;
    char url[64];

    snprintf(url, sizeof url, "http://host%u.example/page/%u", n % 100, n);
    ASSERT_EQ(warc_entry_begin(
                  &entry, warc,
                  &(struct warc_capture){ .method = "GET",
                                          .url = url,
                                          .version = COIL_HTTP_1_1,
                                          .status = 200,
                                          .headers = headers,
                                          .header_count = 2,
                                          .address = "127.0.0.1:80",
                                          .unix_us = 1795949067000000 + n }),
              0);
    ASSERT_EQ(warc_entry_add(entry, url, strlen(url)), 0);
    ASSERT_EQ(warc_entry_add(entry, page, size), 0);
    ASSERT_EQ(warc_entry_end(entry, NULL), 0);
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Returns how many KiB more there are at the end than after a half. */
static long archive(unsigned count, size_t size)
{
    struct warc *warc;
    double cpu = cpu_seconds();
    long early = 0;
    long late;

    ASSERT_EQ(warc_open(&warc, &(struct warc_options){ .path = in_directory(
                                                           "a.warc.gz"),
                                                       .has_no_sync = true }),
              0);
    for (unsigned n = 0; n < count; n++) {
        add(warc, n, size);
        if (n == count / 2)
            early = resident();
        if (n % 100 == 0)
            ASSERT_EQ(coil_yield(), 0);
    }
    cpu = cpu_seconds() - cpu;
    late = resident();
    ASSERT_EQ(warc_close(warc), 0);
    printf("%u entries of %zu bytes: %.1f us of CPU each, %ld KiB, %+ld KiB\n",
           count, size, cpu * 1e6 / count, late, late - early);
    return late - early;
}

/* In KiB.  A sanitizer keeps what was freed, so its memory says nothing. */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
#define SLACK (1024 * 1024)
#else
#define SLACK (4 * 1024)
#endif

FILE_KERNEL_TEST(fetch_warc_many_records_need_no_more_memory)
{
    /* The writing may lag behind, by the limits of two files. */
    ASSERT_LE(archive(URLS, 100), SLACK);
}

static int measure(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = "the quick brown fox "[(i * i >> 6) % 20];
    begin_directory();
    archive(1000000, 100);
    end_directory();
    begin_directory();
    archive(20000, sizeof page);
    end_directory();
    return 0;
}

HIDDEN_TEST(fetch_warc_many_measured)
{
    ASSERT_EQ(coil_run(measure, NULL), 0);
}
