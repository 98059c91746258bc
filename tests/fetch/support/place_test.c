/* SPDX-License-Identifier: MIT */
#include "fetch/support/place_test.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include <coil/url.h>

#include "file_test.h"

const struct place_response plain_response = { .status = 200, .size = -1 };

struct place_options options_here(const char *template)
{
    static char directory[4096];

    strcpy(directory, in_directory(""));
    return (struct place_options){ .directory = directory,
                                   .template = template,
                                   .has_no_sync = true };
}

struct job *job_for(const char *text)
{
    struct job *job;
    char *url;

    ASSERT_EQ(coil_url_normalise(&url, text), 0);
    ASSERT_EQ(job_new(&job, url, NULL), 0);
    coil_url_free(url);
    job->number = 1;
    return job;
}

struct place *open_place(struct places *places, const struct job *job)
{
    enum part_verdict verdict;
    struct place *place;

    ASSERT_EQ(place_open(&place, places, job, NULL), 0);
    ASSERT_EQ(place_response(place, &plain_response, &verdict), 0);
    ASSERT_EQ(verdict, PART_ANEW);
    ASSERT_NULL(place_file(place));
    return place;
}

void keep_claimed(struct places *places, const char *url, const char *claimed,
                  const char *body, const char *name)
{
    struct job *job = job_for(url);
    enum part_verdict verdict;
    struct place *place;

    ASSERT_EQ(place_open(&place, places, job, claimed), 0);
    ASSERT_EQ(place_response(place, &plain_response, &verdict), 0);
    ASSERT_EQ(place_write(place, body, strlen(body)), 0);
    ASSERT_EQ(place_commit(place), 0);
    ASSERT(place_is_committed(place));
    ASSERT_STR_EQ(place_file(place), in_directory(name));
    place_free(place);
    expect_file(name, body);
    job_free(job);
}

void keep(struct places *places, const char *url, const char *body,
          const char *name)
{
    keep_claimed(places, url, NULL, body, name);
}

static size_t counted;
static const char *counted_end;

static int count_one(const char *path, const struct stat *status, int kind,
                     struct FTW *place)
{
    size_t length = strlen(counted_end);
    size_t size = strlen(path);

    (void)status;
    (void)place;
    if (kind == FTW_F && size >= length &&
        strcmp(path + size - length, counted_end) == 0)
        counted++;
    return 0;
}

size_t count_files(const char *end)
{
    counted = 0;
    counted_end = end;
    ASSERT_EQ(nftw(in_directory(""), count_one, 8, FTW_PHYS), 0);
    return counted;
}
