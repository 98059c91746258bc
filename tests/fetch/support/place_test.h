/* SPDX-License-Identifier: MIT */
/*
 * place_test.h - files of bodies in the directory of a FILE_TEST
 *
 *     struct place_options options = options_here("{path}");
 *     struct places places;
 *
 *     places_init(&places, &options);
 *     keep(&places, "http://h/a", "text", "a");
 *     places_fini(&places);
 */
#ifndef COIL_TESTS_FETCH_PLACE_TEST_H
#define COIL_TESTS_FETCH_PLACE_TEST_H

#include "job/job.h"
#include "output/place.h"

/* In the test's directory, without syncs. */
struct place_options options_here(const char *template);

/* A job of this URL; job_free() it. */
struct job *job_for(const char *url);

/* A response without a validator. */
extern const struct place_response plain_response;

/* Open a place, which was not there, and tell it of the response. */
struct place *open_place(struct places *places, const struct job *job);

/*
 * Keep a body as the URL's file, and expect that it is called so, in the test's
 * directory, and is there.
 */
void keep(struct places *places, const char *url, const char *body,
          const char *name);

/* The same of a job that an earlier run claimed this name for; or NULL. */
void keep_claimed(struct places *places, const char *url, const char *claimed,
                  const char *body, const char *name);

/* How many files there are, in all directories, and how many end so. */
size_t count_files(const char *end);

#endif
