/* SPDX-License-Identifier: MIT */
/*
 * robots_cache.h - the robots.txt of each origin, fetched once (RFC 9309, 2.3 and 2.4)
 *
 *     rc = robots_cache_ask(cache, "http://h:8080/a?b=c", &answer);
 *     if (rc == 0 && answer.verdict == ROBOTS_ALLOWED)
 *         ...
 *
 *   2xx                    the file is read
 *   3xx, 4xx               there is none: everything is allowed.  A 3xx is what
 *                          is left behind five redirects
 *   5xx, no answer at all  the origin is unreachable: nothing is allowed for now.
 *                          The file is asked for again after a second, then after
 *                          twice as long each time, and no earlier than the
 *                          server wants, until `patience` is over; then once in
 *                          five minutes.  A file that was read before is used
 *                          on.  After 30 days everything is allowed
 *
 * What was learned is used for a day.  Any number of tasks that ask for one origin
 * wait for one request.
 */
#ifndef COIL_FETCH_FETCH_ROBOTS_CACHE_H
#define COIL_FETCH_FETCH_ROBOTS_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/base.h>
#include <coil/time.h>

#include "common/text.h"

struct robots_cache;

/* What came of a request for a robots.txt. */
struct robots_reply {
    int status;      /* of the last response; 0: none */
    coil_time again; /* the server wants to be left alone until then; 0: it has
                        not said so; COIL_NEVER: for longer than anybody waits */
};

/* Durations of 0, and sizes of 0, are the values in brackets. */
struct robots_cache_options {
    const char *agent; /* whose rules count; as robots_parse() takes it */
    /*
     * Get `url`, following at most five redirects.  Returns 0 with the status of
     * the last response and, if it is 2xx, with the body, of which no more than
     * ROBOTS_MAX_SIZE + 1 bytes are needed; or an error.  `reply` is zeroed before.
     * The function has a limit of time of its own.
     */
    int (*fetch)(void *arg, const char *url, struct text *body,
                 struct robots_reply *reply);
    void *arg;
    coil_time max_age;     /* [24 h] */
    coil_time patience;    /* with what is unreachable; 0: none */
    coil_time first_wait;  /* before the second request [1 s] */
    coil_time retry_after; /* of what was given up [5 min] */
    size_t max_origins; /* [10,000] the one not used for longest is dropped */
    size_t max_size;    /* of all rules, in bytes [8 MiB] */
};

enum robots_verdict {
    ROBOTS_ALLOWED,
    ROBOTS_DISALLOWED,  /* by a rule */
    ROBOTS_UNREACHABLE, /* nothing is allowed for now */
};

struct robots_answer {
    enum robots_verdict verdict;
    coil_time delay;   /* Crawl-delay of the origin; 0: none */
    int status;        /* of the last response for robots.txt; 0: none */
    int error;         /* of its request; 0 */
    coil_time until;   /* of UNREACHABLE: from then on it is asked for again */
    unsigned failures; /* requests in a row that have failed */
    bool is_given_up;  /* of UNREACHABLE: the patience is over */
    bool has_asked;    /* the file was fetched just now, by this task */
    coil_time again;   /* of the last reply, as struct robots_reply has it */
};

/*
 * Make a cache; `options->agent` is kept as long as it.  `*out` is returned:
 * release it with robots_cache_free().  Returns 0; -ENOMEM; an error of
 * getrandom().
 */
int robots_cache_new(struct robots_cache **out,
                     const struct robots_cache_options *options);

/* Nobody waits in it.  NULL is allowed. */
void robots_cache_free(struct robots_cache *cache);

/*
 * Whether `url`, which is normalised, may be fetched.  The first task that asks
 * for an origin fetches its robots.txt, and the others wait.  What is known is
 * answered without suspending.
 *
 * Returns 0; COIL_EHTTP_BAD_URL; -ENOMEM; -ECANCELED: if this task was fetching,
 * the next one that waits does it from the beginning.
 */
int robots_cache_ask(struct robots_cache *cache, const char *url,
                     struct robots_answer *answer) COIL_MUST_CHECK;

/* How many origins it knows. */
size_t robots_cache_count(const struct robots_cache *cache);

#endif
