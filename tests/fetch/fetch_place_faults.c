/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* A disk that is full or fails, a run that is killed, a task that is cancelled. */
#include "output/place.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/task.h>

#include "fetch/support/place_test.h"
#include "file_test.h"
#include "output/safe_name.h"

/* ---- a full disk ------------------------------------------------------------ */

static struct rlimit unlimited;

/* No file may have more bytes: as a disk that is full, -EFBIG instead of -ENOSPC. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    if (unlimited.rlim_max == 0)
        unlimited = limit;
    limit.rlim_cur = size;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, size ? &limit : &unlimited), 0);
}

FILE_TEST(fetch_place_faults_of_a_write_lose_nothing)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/a");
    unsigned char *bytes = make_bytes(200000);
    struct place *place;

    places_init(&places, &options);
    place = open_place(&places, job);
    limit_files(100000);
    ASSERT_EQ(place_write(place, bytes, 50000), 0);
    ASSERT_EQ(place_write(place, bytes + 50000, 20000), 0);
    ASSERT_EQ(place_write(place, bytes + 70000, 100000), -EFBIG);
    ASSERT_EQ(place_size(place), 70000);
    ASSERT_EQ(place_write(place, bytes + 70000, 100000), -EFBIG);
    ASSERT_EQ(place_write(place, bytes + 70000, 50000), 0);
    ASSERT_EQ(place_commit(place), -EFBIG);
    ASSERT(!place_is_committed(place));
    ASSERT_NE(access(in_directory("a"), F_OK), 0);
    /* There is room again. */
    limit_files(0);
    ASSERT_EQ(place_write(place, bytes + 120000, 80000), 0);
    ASSERT_EQ(place_commit(place), 0);
    FILE *f = fopen(in_directory("a"), "r");
    unsigned char *found = malloc(200001);

    ASSERT_EQ(fread(found, 1, 200001, f), 200000u);
    check_bytes(found, 0, 200000);
    fclose(f);
    free(found);
    free(bytes);
    place_free(place);
    job_free(job);
    places_fini(&places);
}

FILE_TEST(fetch_place_faults_that_end_it_leave_no_file)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;

    places_init(&places, &options);
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, "some", 4), 0);
    limit_files(2);
    ASSERT_EQ(place_commit(place), -EFBIG);
    ASSERT_EQ(place_abandon(place), 0);
    limit_files(0);
    ASSERT_EQ(count_names(), 0u);
    keep(&places, "http://h/a", "some", "a");
    job_free(job);
    places_fini(&places);
}

/* --min-space: the disk has less than is to be left free. */
FILE_TEST(fetch_place_faults_of_too_little_space)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/a");
    char *big = calloc(1, 100000);
    struct place *place;

    options.min_space = UINT64_MAX / 2;
    places_init(&places, &options);
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, big, 100000), -ENOSPC);
    ASSERT_EQ(place_write(place, "x", 1), 0);
    ASSERT_EQ(place_commit(place), -ENOSPC);
    ASSERT_EQ(place_abandon(place), 0);
    ASSERT_EQ(count_names(), 0u);
    places_fini(&places);
    options.min_space = 1;
    places_init(&places, &options);
    keep(&places, "http://h/a", "x", "a");
    /* No call for each file. */
    ASSERT_GT(atomic_load(&places.space), 100000);
    long long before = atomic_load(&places.space);

    atomic_store(&places.asked_at, LLONG_MAX / 2);
    keep(&places, "http://h/b", "12345", "b");
    ASSERT_EQ(atomic_load(&places.space), before - 5);
    places_fini(&places);
    free(big);
    job_free(job);
}

/* ---- directories that cannot be used ---------------------------------------- */

FILE_TEST(fetch_place_faults_of_directories)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/d/a");
    struct place *place;
    struct text name = { 0 };

    places_init(&places, &options);
    /* Where the directory should be is a link to itself. */
    ASSERT_EQ(symlink("d", in_directory("d")), 0);
    place = open_place(&places, job);
    ASSERT_EQ(place_commit(place), -ELOOP);
    ASSERT_EQ(place_abandon(place), 0);
    options.skips_existing = true;
    ASSERT_EQ(place_open(&place, &places, job, NULL), -ELOOP);
    ASSERT_NULL(place);
    options.skips_existing = false;
    options.template = "{wrong}";
    ASSERT_EQ(place_open(&place, &places, job, NULL), -EINVAL);
    ASSERT_NULL(place);
    text_fini(&name);
    job_free(job);
    places_fini(&places);
}

/* ---- a cancelled task --------------------------------------------------------- */

struct cancelled {
    struct places *places;
    struct job *job;
    struct place *place;
    int result;
};

static int commit_one(void *arg)
{
    struct cancelled *c = arg;

    c->result = place_commit(c->place);
    return 0;
}

/* Wherever the cancellation strikes, the file is whole or not there. */
FILE_TEST(fetch_place_faults_of_a_cancelled_commit)
{
    struct place_options options = options_here("{path}");
    struct places places;
    int committed = 0;
    int prevented = 0;

    places_init(&places, &options);
    for (int yields = 0; yields < 6; yields++) {
        struct cancelled c = { &places, job_for("http://h/a"), NULL, 1 };
        struct coil_task *task;

        c.place = open_place(&places, c.job);
        ASSERT_EQ(place_write(c.place, "whole", 5), 0);
        ASSERT_EQ(coil_task_create(&task, commit_one, &c), 0);
        for (int i = 0; i < yields; i++)
            ASSERT_EQ(coil_yield(), 0);
        coil_task_cancel(task);
        (void)end_of(task);
        if (c.result == 1) {
            /* It never ran. */
            prevented++;
        } else if (place_is_committed(c.place)) {
            ASSERT(c.result == 0 || c.result == -ECANCELED);
            expect_file("a", "whole");
            committed++;
        } else {
            ASSERT_EQ(c.result, -ECANCELED);
            prevented++;
        }
        ASSERT_EQ(place_abandon(c.place), 0);
        ASSERT_EQ(count_files(".part"), 0u);
        (void)unlink(in_directory("a"));
        job_free(c.job);
    }
    ASSERT_GT(committed, 0);
    ASSERT_GT(prevented, 0);
    places_fini(&places);
}

static int use_cancelled(void *arg)
{
    struct cancelled *c = arg;
    enum part_verdict verdict;
    struct place *place;

    coil_task_cancel(coil_current_task());
    ASSERT_EQ(place_open(&place, c->places, c->job, NULL), -ECANCELED);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(place_response(c->place, &plain_response, &verdict), -ECANCELED);
    ASSERT_EQ(place_response(c->place, &plain_response, &verdict), 0);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(place_write(c->place, "x", 1), -ECANCELED);
    ASSERT_EQ(place_size(c->place), 0);
    char *big = calloc(1, 100000);

    ASSERT_EQ(place_write(c->place, big, 100000), 0);
    free(big);
    ASSERT_EQ(count_files(".part"), 1u);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(place_commit(c->place), -ECANCELED);
    ASSERT(!place_is_committed(c->place));
    /* What is abandoned is cleaned up all the same. */
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(place_abandon(c->place), -ECANCELED);
    ASSERT_EQ(count_names(), 0u);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(place_abandon(NULL), -ECANCELED);
    return 0;
}

FILE_TEST(fetch_place_faults_of_a_task_that_is_cancelled_before)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct cancelled c = { &places, job_for("http://h/a"), NULL, 0 };
    struct coil_task *task;

    places_init(&places, &options);
    ASSERT_EQ(place_open(&c.place, &places, c.job, NULL), 0);
    ASSERT_EQ(coil_task_create(&task, use_cancelled, &c), 0);
    ASSERT_EQ(end_of(task), 0);
    job_free(c.job);
    places_fini(&places);
}

/* ---- a run that is killed ------------------------------------------------------ */

/* Keep files until it is killed: each has its number, many times. */
static int keep_for_ever(void *arg)
{
    struct places *places = arg;
    char *body = malloc(150000);

    for (unsigned i = 1;; i++) {
        char url[64];
        struct job *job;
        struct place *place;

        snprintf(url, sizeof url, "http://h/%u", i);
        job = job_for(url);
        place = open_place(places, job);
        memset(body, 'a' + i % 26, 150000);
        for (int k = 0; k < 3; k++)
            if (place_write(place, body, i % 2 ? 50000 : 100) < 0)
                _exit(1);
        if (place_commit(place) < 0)
            _exit(1);
        place_free(place);
        job_free(job);
    }
    return 0;
}

static size_t check_files(void)
{
    size_t count = 0;

    for (unsigned i = 1;; i++) {
        char name[16];
        struct stat status;
        FILE *f;

        snprintf(name, sizeof name, "%u", i);
        f = fopen(in_directory(name), "r");
        if (!f)
            return count;
        ASSERT_EQ(fstat(fileno(f), &status), 0);
        ASSERT_EQ(status.st_size, i % 2 ? 150000 : 300);
        for (int c = getc(f); c != EOF; c = getc(f))
            ASSERT_EQ(c, 'a' + (int)(i % 26));
        fclose(f);
        count++;
    }
}

TEST(fetch_place_faults_of_a_killed_run_leave_no_half_file)
{
    for (int i = 0; i < 8; i++) {
        struct place_options options;
        struct places places;
        size_t count;
        pid_t pid;

        begin_directory();
        options = options_here("{path}");
        pid = fork();
        if (pid == 0) {
            places_init(&places, &options);
            _exit(coil_run(keep_for_ever, &places) < 0);
        }
        /* As soon as there are some: which instant it is does not matter. */
        while (count_files("") < 3u + (unsigned)i)
            usleep(300 + 100 * i);
        ASSERT_EQ(kill(pid, SIGKILL), 0);
        ASSERT_EQ(waitpid(pid, NULL, 0), pid);
        count = check_files();
        ASSERT_LE(count_files(".part"), 1u);
        ASSERT_EQ(count_files(""), count + count_files(".part"));
        end_directory();
    }
}

/* ---- two URLs never end in one file -------------------------------------------- */

static int one_of_hostile(void *arg)
{
    struct places *places = arg;
    static const char alphabet[] = "ab/..%2F%00?@~.d.f1\xc3\xa9";
    char url[64] = "http://h/";
    struct job *job;
    struct place *place;
    char expected[64];
    size_t length = 9;

    for (uint64_t n = 1 + (uint64_t)rand() % 8; n > 0; n--)
        url[length++] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
    url[length] = '\0';
    ASSERT_EQ(job_new(&job, url, NULL), 0);
    if (place_open(&place, places, job, NULL) == 0) {
        enum part_verdict verdict;

        snprintf(expected, sizeof expected, "%p %s", (void *)job, url);
        ASSERT_EQ(place_response(place, &plain_response, &verdict), 0);
        ASSERT_EQ(place_write(place, expected, strlen(expected)), 0);
        ASSERT_EQ(place_commit(place), 0);
        place_free(place);
    }
    job_free(job);
    return 0;
}

FILE_TEST(fetch_place_faults_two_urls_never_end_in_one_file)
{
    enum { MANY = 8, ROUNDS = 15 };
    struct place_options options = options_here("{host}/{path}");
    struct places places;
    size_t kept = 0;

    srand(7);
    for (int way = 0; way < 2; way++) {
        options.overwrites = way == 1;
        options.directory = strdup(in_directory(way ? "x" : "y"));
        places_init(&places, &options);
        for (int i = 0; i < ROUNDS; i++) {
            struct coil_task *tasks[MANY];

            for (int k = 0; k < MANY; k++)
                ASSERT_EQ(coil_task_create(&tasks[k], one_of_hostile, &places),
                          0);
            for (int k = 0; k < MANY; k++)
                ASSERT_EQ(end_of(tasks[k]), 0);
        }
        places_fini(&places);
        free((char *)options.directory);
        ASSERT_EQ(count_files(".part"), 0u);
        ASSERT_GT(count_files(""), kept);
        kept = count_files("");
    }
}
