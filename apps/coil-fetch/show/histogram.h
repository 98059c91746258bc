/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - many durations in 4 KiB, to ask for their quantiles
 *
 * As HdrHistogram (Gil Tene): the buckets are 1 µs wide up to 64 µs, and from there
 * each power of two has 32 of them.  So a quantile is at most 1.6 % beside the
 * value that a sorted list of all durations would give, or half a microsecond; the
 * least and the greatest are exact.  Durations from 19 hours on share the last bucket.
 */
#ifndef COIL_FETCH_SHOW_HISTOGRAM_H
#define COIL_FETCH_SHOW_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

#define HISTOGRAM_BUCKETS 1024

/* Zeroed, it is empty.  A bucket that is full stays full. */
struct histogram {
    uint64_t count;
    coil_time min;
    coil_time max;
    double sum; /* in nanoseconds */
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

/* A negative duration counts as 0. */
void histogram_add(struct histogram *histogram, coil_time duration);

/* Add all that is in `other`. */
void histogram_merge(struct histogram *histogram,
                     const struct histogram *other);

/*
 * The duration that a share of `quantile`, 0 … 1, of all are not longer than; 0 of
 * an empty one.  Of 1 it is the greatest, exactly.
 */
coil_time histogram_quantile(const struct histogram *histogram,
                             double quantile);

/* Which durations the bucket `i` has: those from `*from` until before `*until`. */
void histogram_bucket(size_t i, coil_time *from, coil_time *until);

#endif
