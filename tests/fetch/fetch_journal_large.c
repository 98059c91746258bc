/* SPDX-License-Identifier: MIT */
/*
 * Journals of many URLs are read quickly, and kept in 3 bytes a URL.
 *
 *     test_fetch_journal_large large_of_ten_million       says what it took
 */
#include "base/platform.h"
#include "journal/journal.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <coil/run.h>

#include "file_test.h"
#include "memory_test.h"

static uint64_t key_of(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15u;
}

static struct journal *open_it(void)
{
    struct journal *journal;

    ASSERT_EQ(journal_open(&journal,
                           &(struct journal_options){ .path = in_directory("j"),
                                                      .resumes = true,
                                                      .has_no_sync = true }),
              0);
    return journal;
}

/* As a run writes it: some hundred URLs a batch, each with its file. */
static void write_journal(uint64_t count, bool has_files)
{
    struct journal *journal = open_it();

    for (uint64_t n = 1; n <= count; n++) {
        if (has_files)
            ASSERT_EQ(journal_add_file(journal, n, "out/host.example/page"), 0);
        ASSERT_EQ(journal_add(journal, n, key_of(n),
                              n % 20 ? OUTCOME_OK : OUTCOME_SERVER_ERROR,
                              n % 20 ? 200 : 500),
                  0);
        if (n % 500 != 0 && n != count)
            continue;
        ASSERT_EQ(journal_seal(journal,
                               &(struct journal_place){ n * 300, 1, n * 900 }),
                  0);
        ASSERT_EQ(journal_flush(journal), 0);
    }
    ASSERT_EQ(journal_close(journal), 0);
}

/* KiB that the process has in memory. */
static long resident(void)
{
    return (long)(resident_memory() / 1024);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Returns how many KiB it needs. */
static long read_journal(uint64_t count)
{
    double wall = seconds_of(CLOCK_MONOTONIC);
    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    long kib = resident();
    struct journal *journal = open_it();

    kib = resident() - kib;
    printf("%llu URLs read in %.2f s, %.2f s of CPU, into %ld KiB\n",
           (unsigned long long)count, seconds_of(CLOCK_MONOTONIC) - wall,
           seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu, kib);
    for (uint64_t n = 1; n <= count; n++)
        ASSERT_EQ(journal_state_of(journal, n, key_of(n)),
                  n % 20 ? JOURNAL_DONE : JOURNAL_FAILED);
    ASSERT_EQ(journal_count(journal, OUTCOME_SERVER_ERROR), count / 20);
    ASSERT_EQ(journal_close(journal), 0);
    return kib;
}

/* In KiB.  A sanitizer keeps what was freed, so its memory says nothing. */
#if defined(COIL_ASAN) || defined(COIL_TSAN)
#define SLACK (1024 * 1024)
#else
#define SLACK (2048)
#endif

FILE_KERNEL_TEST(fetch_journal_large_takes_3_bytes_a_url)
{
    long kib;

    write_journal(300000, true);
    kib = read_journal(300000);
    ASSERT_LE(kib, 3 * 300 + SLACK);
}

/* With and without lines of files. */
static void measure(bool has_files)
{
    struct stat status;

    begin_directory();
    write_journal(10000000, has_files);
    ASSERT_EQ(stat(in_directory("j"), &status), 0);
    printf("%.0f MB: ", (double)status.st_size / 1e6);
    read_journal(10000000);
    end_directory();
}

static int measure_both(void *arg)
{
    (void)arg;
    measure(false);
    measure(true);
    return 0;
}

HIDDEN_TEST(fetch_journal_large_of_ten_million)
{
    ASSERT_EQ(coil_run(measure_both, NULL), 0);
}
