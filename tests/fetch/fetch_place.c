/* SPDX-License-Identifier: MIT */
/* A body's file: whole or not there, and nobody else's. */
#include "output/place.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/task.h>
#include <coil/url.h>

#include "fetch/support/place_test.h"
#include "file_test.h"

FILE_TEST(fetch_place_has_its_name_only_as_a_whole)
{
    struct place_options options = options_here("{host}/{path}");
    struct places places;
    struct job *job = job_for("http://h/a/b");
    struct place *place;
    char *big = calloc(1, 200000);

    places_init(&places, &options);
    place = open_place(&places, job);
    ASSERT_EQ(count_names(), 0u);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(place_write(place, big, 30000), 0);
    ASSERT_EQ(place_write(place, big, 200000), 0);
    ASSERT_EQ(place_write(place, "end", 3), 0);
    ASSERT_EQ(place_size(place), 290003);
    ASSERT_EQ(count_files(".part"), 1u);
    ASSERT_EQ(count_files(""), 1u);
    ASSERT_EQ(place_commit(place), 0);
    ASSERT_STR_EQ(place_file(place), in_directory("h/a/b"));
    ASSERT_EQ(count_files(""), 1u);
    ASSERT_EQ(count_files(".part"), 0u);
    ASSERT_EQ(place_abandon(place), 0);
    ASSERT_EQ(count_files("h/a/b"), 1u);
    free(big);
    job_free(job);
    places_fini(&places);
}

FILE_TEST(fetch_place_that_is_abandoned_leaves_nothing)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;
    char *big = calloc(1, 100000);

    places_init(&places, &options);
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, "x", 1), 0);
    ASSERT_EQ(place_abandon(place), 0);
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, big, 100000), 0);
    ASSERT_EQ(count_names(), 1u);
    ASSERT_EQ(place_abandon(place), 0);
    ASSERT_EQ(place_abandon(NULL), 0);
    place_free(NULL);
    ASSERT_EQ(count_names(), 0u);
    keep(&places, "http://h/a", "", "a");
    free(big);
    job_free(job);
    places_fini(&places);
}

FILE_TEST(fetch_place_of_equal_names_are_numbered)
{
    struct place_options options = options_here("{file}");
    struct places places;

    places_init(&places, &options);
    put_file("a", "mine");
    keep(&places, "http://h/1/a", "1", "a.1");
    keep(&places, "http://h/2/a", "2", "a.2");
    keep(&places, "http://h/3/a", "3", "a.3");
    keep(&places, "http://h/1/b", "1", "b");
    keep(&places, "http://h/2/b", "2", "b.1");
    for (int i = 4; i < 70; i++) {
        char name[16];

        snprintf(name, sizeof name, "a.%d", i);
        keep(&places, "http://h/3/a", "x", name);
    }
    /* A hole is filled or not; nothing is replaced. */
    ASSERT_EQ(unlink(in_directory("a.69")), 0);
    keep(&places, "http://h/9/a", "9", "a.69");
    expect_file("a", "mine");
    expect_file("a.1", "1");
    places_fini(&places);
}

/* A symbolic link to nowhere is a name that is taken. */
FILE_TEST(fetch_place_does_not_follow_links)
{
    struct place_options options = options_here("{file}");
    struct places places;
    struct job *job = job_for("http://h/a");

    places_init(&places, &options);
    ASSERT_EQ(symlink("nowhere", in_directory("a")), 0);
    keep(&places, "http://h/a", "1", "a.1");
    ASSERT_NE(access(in_directory("nowhere"), F_OK), 0);
    job_free(job);
    places_fini(&places);
}

/* /a and /a/b are two URLs, and a file is no directory. */
FILE_TEST(fetch_place_of_a_file_and_a_directory_with_one_name)
{
    struct place_options options = options_here("{path}");
    struct places places;

    places_init(&places, &options);
    keep(&places, "http://h/a", "1", "a");
    keep(&places, "http://h/a/b", "2", "a.d/b");
    keep(&places, "http://h/a/c", "3", "a.d/c");
    keep(&places, "http://h/a/b/c", "4", "a.d/b.d/c");
    keep(&places, "http://h/d/e", "5", "d/e");
    keep(&places, "http://h/d", "6", "d.f");
    keep(&places, "http://h/d?", "7", "d@");
    keep(&places, "http://h/a.d", "8", "a.d.f");
    keep(&places, "http://h/d.f", "9", "d.f.1");
    places_fini(&places);
}

FILE_TEST(fetch_place_overwrites_what_was_there_before_the_run)
{
    struct place_options options = options_here("{file}");
    struct places places;

    options.overwrites = true;
    put_file("a", "old");
    put_file("b", "old");
    ASSERT_EQ(mkdir(in_directory("d"), 0777), 0);
    places_init(&places, &options);
    keep(&places, "http://h/1/a", "1", "a");
    keep(&places, "http://h/2/a", "2", "a.1");
    keep(&places, "http://h/1/b", "1", "b");
    keep(&places, "http://h/1/c", "1", "c");
    keep(&places, "http://h/2/c", "2", "c.1");
    keep(&places, "http://h/1/d", "1", "d.f");
    expect_file("a", "1");
    expect_file("c", "1");
    places_fini(&places);
    /* Another run. */
    places_init(&places, &options);
    keep(&places, "http://h/2/a", "3", "a");
    places_fini(&places);
}

FILE_TEST(fetch_place_skips_what_is_there)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;

    options.skips_existing = true;
    places_init(&places, &options);
    keep(&places, "http://h/a", "1", "a");
    ASSERT_EQ(place_open(&place, &places, job, NULL), 1);
    ASSERT_STR_EQ(place_file(place), in_directory("a"));
    ASSERT_EQ(place_abandon(place), 0);
    expect_file("a", "1");
    job_free(job);
    job = job_for("http://h/a/b");
    keep(&places, "http://h/a/b", "2", "a.d/b");
    ASSERT_EQ(place_open(&place, &places, job, NULL), 1);
    ASSERT_STR_EQ(place_file(place), in_directory("a.d/b"));
    place_free(place);
    job_free(job);
    places_fini(&places);
}

/* ---- claims ---------------------------------------------------------------- */

static char claimed[4096];
static char first_claim[4096];
static int claim_result;

static int note_claim(void *arg, const struct job *job, const char *path)
{
    (void)arg;
    (void)job;
    ASSERT_NE(access(path, F_OK), 0);
    snprintf(claimed, sizeof claimed, "%s", path);
    return claim_result;
}

/*
 * A run that was killed behind the rename: what it claimed is replaced, and nothing
 * else is, whatever has got that name meanwhile.
 */
FILE_TEST(fetch_place_of_a_resumed_run_replaces_what_it_claimed)
{
    struct place_options options = options_here("{file}");
    struct places places;

    options.claim = note_claim;
    places_init(&places, &options);
    put_file("a", "mine");
    keep(&places, "http://h/1/a", "1", "a.1");
    ASSERT_STR_EQ(claimed, in_directory("a.1"));
    strcpy(first_claim, claimed);
    keep(&places, "http://h/1/b", "2", "b");
    places_fini(&places);

    options.resumes = true;
    options.claim = NULL;
    places_init(&places, &options);
    keep_claimed(&places, "http://h/1/a", first_claim, "again", "a.1");
    expect_file("a", "mine");
    /* It was claimed, and not renamed: a URL of this run has that name now. */
    keep(&places, "http://h/1/c", "other", "c");
    snprintf(claimed, sizeof claimed, "%s", in_directory("c"));
    keep_claimed(&places, "http://h/2/c", claimed, "2", "c.1");
    expect_file("c", "other");
    places_fini(&places);
}

FILE_TEST(fetch_place_whose_claim_fails_has_no_name)
{
    struct place_options options = options_here("{file}");
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *place;

    options.claim = note_claim;
    places_init(&places, &options);
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, "x", 1), 0);
    claim_result = -ENOSPC;
    ASSERT_EQ(place_commit(place), -ENOSPC);
    claim_result = 0;
    ASSERT(!place_is_committed(place));
    ASSERT_NE(access(in_directory("a"), F_OK), 0);
    /* It can be tried again. */
    ASSERT_EQ(place_commit(place), 0);
    expect_file("a", "x");
    place_free(place);
    job_free(job);
    places_fini(&places);
}

/* While one claims a name, which takes its time, others find another one. */
static int slow_claim(void *arg, const struct job *job, const char *path)
{
    (void)arg;
    (void)job;
    (void)path;
    return coil_yield();
}

static int keep_one(void *arg)
{
    struct places *places = arg;
    struct job *job = job_for("http://h/a");
    struct place *place = open_place(places, job);
    char body[32];

    snprintf(body, sizeof body, "%p", (void *)place);
    ASSERT_EQ(place_write(place, body, strlen(body)), 0);
    ASSERT_EQ(place_commit(place), 0);
    expect_file(strrchr(place_file(place), '/') + 1, body);
    place_free(place);
    job_free(job);
    return 0;
}

FILE_TEST(fetch_place_of_many_at_once_are_all_different)
{
    enum { MANY = 12 };
    struct place_options options = options_here("{file}");

    for (int way = 0; way < 4; way++) {
        struct coil_task *tasks[MANY];
        struct places places;

        options.claim = way % 2 ? slow_claim : NULL;
        options.overwrites = way / 2;
        places_init(&places, &options);
        for (int i = 0; i < MANY; i++)
            ASSERT_EQ(coil_task_create(&tasks[i], keep_one, &places), 0);
        for (int i = 0; i < MANY; i++)
            ASSERT_EQ(end_of(tasks[i]), 0);
        places_fini(&places);
    }
    /* Those of the first overwriting run are replaced by the second once. */
    ASSERT_GE(count_names(), 3u * MANY);
    ASSERT_EQ(count_files(".part"), 0u);
}

/* ---- temporary files -------------------------------------------------------- */

static void leave_temporary(struct places *places, const char *url)
{
    struct job *job = job_for(url);
    struct place *place = open_place(places, job);
    char *big = calloc(1, 100000);

    ASSERT_EQ(place_write(place, big, 100000), 0);
    place_free(place);
    free(big);
    job_free(job);
    ASSERT_EQ(count_files(".part"), 1u);
}

/* What a killed run has left is taken over by its URL. */
FILE_TEST(fetch_place_takes_over_what_was_left)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/d/a");
    struct place *place;

    places_init(&places, &options);
    leave_temporary(&places, "http://h/d/a");
    keep(&places, "http://h/d/a", "short", "d/a");
    ASSERT_EQ(count_files(".part"), 0u);
    /* It failed this time: a resumed run removes what was left. */
    leave_temporary(&places, "http://h/d/a");
    options.resumes = true;
    place = open_place(&places, job);
    ASSERT_EQ(place_abandon(place), 0);
    ASSERT_EQ(count_files(".part"), 0u);
    job_free(job);
    places_fini(&places);
}

/* Another process has it open: then it is that one's. */
FILE_TEST(fetch_place_leaves_a_locked_file_alone)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/a");
    struct place *a;
    struct place *b;
    char *big = malloc(100000);

    options.resumes = true;
    places_init(&places, &options);
    a = open_place(&places, job);
    b = open_place(&places, job);
    memset(big, 'a', 100000);
    ASSERT_EQ(place_write(a, big, 100000), 0);
    memset(big, 'b', 100000);
    ASSERT_EQ(place_write(b, big, 100000), 0);
    ASSERT_EQ(count_files(".part"), 2u);
    ASSERT_EQ(place_commit(b), 0);
    ASSERT_EQ(count_files(".part"), 1u);
    /* A third, which has nothing, does not remove the first one's. */
    ASSERT_EQ(place_abandon(open_place(&places, job)), 0);
    ASSERT_EQ(count_files(".part"), 1u);
    ASSERT_EQ(place_commit(a), 0);
    ASSERT_STR_EQ(place_file(a), in_directory("a.1"));
    place_free(a);
    place_free(b);
    free(big);
    job_free(job);
    places_fini(&places);
}

/* A server cannot name a file as another URL's temporary file is named. */
FILE_TEST(fetch_place_of_a_hostile_name)
{
    struct place_options options = options_here("{path}");
    struct places places;
    struct job *job = job_for("http://h/x/a");
    struct place *place;
    char *big = calloc(1, 100000);

    places_init(&places, &options);
    keep(&places, "http://h/..%2f..%2fetc", "1", "..%2F..%2Fetc");
    keep(&places, "http://h/.a.123456789012.part", "2",
         "%2Ea.123456789012.part");
    /* A link where the temporary file would be is not followed. */
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, big, 100000), 0);
    ASSERT_EQ(place_abandon(place), 0);
    free(big);
    job_free(job);
    places_fini(&places);
}

/* The whole path is the user's own, with directories that are missing. */
FILE_TEST(fetch_place_of_a_template_with_directories)
{
    char template[5000];
    struct place_options options = { .directory = "not/used",
                                     .has_no_sync = false };
    struct places places;
    struct job *job;

    snprintf(template, sizeof template, "%s",
             in_directory("x/../y/{file}.{type}"));
    ASSERT_EQ(mkdir(in_directory("x"), 0777), 0);
    options.template = template;
    places_init(&places, &options);
    job = job_for("http://h/a");
    enum part_verdict verdict;
    struct place *place;
    const struct coil_http_header type = { "Content-Type", "text/x; y=z" };
    struct place_response response = {
        .status = 200, .headers = &type, .header_count = 1, .size = -1
    };

    ASSERT_EQ(place_open(&place, &places, job, NULL), 0);
    ASSERT_EQ(place_response(place, &response, &verdict), 0);
    ASSERT_EQ(place_write(place, "1", 1), 0);
    ASSERT_EQ(place_commit(place), 0);
    expect_file("y/a.text-x", "1");
    place_free(place);
    job_free(job);
    /* A file where the user's own directory should be is an error. */
    put_file("z", "");
    snprintf(template, sizeof template, "%s", in_directory("z/{file}"));
    job = job_for("http://h/a");
    place = open_place(&places, job);
    ASSERT_EQ(place_write(place, "1", 1), 0);
    ASSERT_EQ(place_commit(place), -ENOTDIR);
    ASSERT_EQ(place_abandon(place), 0);
    job_free(job);
    places_fini(&places);
}
