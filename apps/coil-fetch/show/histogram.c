/* SPDX-License-Identifier: MIT */
#include "show/histogram.h"

/* The first power of two whose buckets are wider than 1 µs has 2^6 µs. */
enum { FIRST_POWER = 6, PART_BITS = 5, PARTS = 1 << PART_BITS };

static size_t bucket_of(coil_time duration)
{
    uint64_t us = (uint64_t)duration / 1000;
    unsigned power;
    size_t i;

    if (us < 1u << FIRST_POWER)
        return (size_t)us;
    power = 63u - (unsigned)__builtin_clzll(us);
    i = (1u << FIRST_POWER) + (power - FIRST_POWER) * (size_t)PARTS +
        ((us >> (power - PART_BITS)) & (PARTS - 1));
    return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

void histogram_bucket(size_t i, coil_time *from, coil_time *until)
{
    size_t above = i - (1u << FIRST_POWER);
    unsigned power = FIRST_POWER + (unsigned)(above / PARTS);
    coil_time width;

    if (i < 1u << FIRST_POWER) {
        *from = (coil_time)i * COIL_MICROSECOND;
        *until = *from + COIL_MICROSECOND;
        return;
    }
    width = COIL_MICROSECOND << (power - PART_BITS);
    *from = (coil_time)(PARTS + above % PARTS) * width;
    *until = *from + width;
}

void histogram_add(struct histogram *histogram, coil_time duration)
{
    uint32_t *bucket;

    if (duration < 0)
        duration = 0;
    if (histogram->count == 0 || duration < histogram->min)
        histogram->min = duration;
    if (duration > histogram->max)
        histogram->max = duration;
    histogram->count++;
    histogram->sum += (double)duration;
    bucket = &histogram->buckets[bucket_of(duration)];
    if (*bucket < UINT32_MAX)
        ++*bucket;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
    if (other->count == 0)
        return;
    if (histogram->count == 0 || other->min < histogram->min)
        histogram->min = other->min;
    if (other->max > histogram->max)
        histogram->max = other->max;
    histogram->count += other->count;
    histogram->sum += other->sum;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint32_t *bucket = &histogram->buckets[i];

        if (other->buckets[i] > UINT32_MAX - *bucket)
            *bucket = UINT32_MAX;
        else
            *bucket += other->buckets[i];
    }
}

coil_time histogram_quantile(const struct histogram *histogram, double quantile)
{
    double exact = quantile * (double)histogram->count;
    uint64_t rank = (uint64_t)exact;
    uint64_t seen = 0;

    if ((double)rank < exact)
        rank++;
    if (rank == 0)
        rank = 1;
    if (rank >= histogram->count)
        return histogram->max;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        coil_time from, until;

        seen += histogram->buckets[i];
        if (seen < rank)
            continue;
        histogram_bucket(i, &from, &until);
        from += (until - from) / 2;
        return from < histogram->min   ? histogram->min
               : from > histogram->max ? histogram->max
                                       : from;
    }
    return histogram->max;
}
