/* SPDX-License-Identifier: MIT */
/*
 * hosts.h - what each host has done, for the thousand most active ones
 *
 * A run may meet millions of hosts.  When the table is full, what a new host does
 * counts for `others`, and in a sketch that guesses how active each of the others
 * is (TinyLFU: Einziger, Friedman, Manes 2017).  A host that becomes more active
 * than one of the table takes its place, and what the table knew of that one goes
 * to `others`.  So hosts that are met once push out none that is met often.
 */
#ifndef COIL_FETCH_SHOW_HOSTS_H
#define COIL_FETCH_SHOW_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

#include "common/hash.h"
#include "show/histogram.h"

#define HOSTS_BUCKETS 2048
#define HOSTS_SKETCH 8192

struct host {
    const char *name; /* as in the URL, with its port if that is another one */
    uint64_t requests;
    uint64_t ok;
    uint64_t failed;
    uint64_t too_many;    /* responses 429 */
    uint64_t bytes;       /* of final bodies */
    coil_time left_alone; /* for how long it has been, in all */
    coil_time left_alone_until;
    struct histogram times; /* of final requests, whole */

    /* ---- of hosts.c ---- */
    uint64_t hash;
    uint64_t weight; /* how active: in the table, and before, as guessed */
    struct host *next;
    char room[256];
};

struct hosts {
    struct host **hosts; /* `count` of them, at most `max` */
    size_t count;
    size_t max;
    struct host others; /* "others" */

    struct hash_key key;
    struct host *buckets[HOSTS_BUCKETS];
    size_t hand; /* whose place is asked for next */
    uint32_t sketched;
    uint8_t sketch[2][HOSTS_SKETCH];
};

/*
 * `max` hosts in detail, 4.5 KB each.  Returns 0; -ENOMEM, or an error of
 * getrandom(): there is nothing to release.
 */
int hosts_init(struct hosts *hosts, size_t max);
void hosts_fini(struct hosts *hosts);

/*
 * The host of a URL, to be counted in, at once: `others` if the table has no place
 * for it or memory is lacking; NULL if the URL has none.  Valid until the next
 * call.
 */
struct host *hosts_of_url(struct hosts *hosts, const char *url);

/* The same of a name. */
struct host *hosts_get(struct hosts *hosts, const char *name, size_t size);

/* The host and port of a URL: their beginning in it, and `*size`; NULL: none. */
const char *hosts_name_in_url(const char *url, size_t *size);

/*
 * The at most `max` hosts with the most URLs that are done, those first; returns
 * how many.  0, although there are some: no memory.
 */
size_t hosts_busiest(const struct hosts *hosts, const struct host **out,
                     size_t max);

/* The same by the 99th percentile of their times. */
size_t hosts_slowest(const struct hosts *hosts, const struct host **out,
                     size_t max);

#endif
