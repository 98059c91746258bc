/* SPDX-License-Identifier: MIT */
/* Durations in few bytes, against all of them sorted. */
#include "show/histogram.h"

#include <stdlib.h>

#include "test.h"

enum { SAMPLES = 20000 };

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int compare(const void *a, const void *b)
{
    coil_time x = *(const coil_time *)a;
    coil_time y = *(const coil_time *)b;

    return x < y ? -1 : x > y;
}

/* Of an ordered list: the least one that a share of `q` are not longer than. */
static coil_time exact(const coil_time *sorted, size_t count, double q)
{
    double place = q * (double)count;
    size_t rank = (size_t)place;

    if ((double)rank < place)
        rank++;
    return sorted[rank > 0 ? rank - 1 : 0];
}

static void check_quantiles(const struct histogram *histogram,
                            const coil_time *sorted, size_t count)
{
    static const double quantiles[] = { 0,   0.01, 0.25, 0.5,
                                        0.9, 0.95, 0.99, 0.999 };

    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        coil_time want = exact(sorted, count, quantiles[i]);
        coil_time got = histogram_quantile(histogram, quantiles[i]);
        coil_time off = got > want ? got - want : want - got;

        if (off > want * 16 / 1000 + COIL_MICROSECOND)
            FAIL("the quantile %g of %zu is %lld, not %lld", quantiles[i],
                 count, (long long)got, (long long)want);
    }
    ASSERT_EQ(histogram_quantile(histogram, 1), sorted[count - 1]);
    ASSERT_EQ(histogram->max, sorted[count - 1]);
    ASSERT_EQ(histogram->min, sorted[0]);
}

/* Of 1 ns to 12 days, each power of two as often as the others. */
TEST(fetch_histogram_is_within_two_percent_of_sorted_samples)
{
    static coil_time samples[SAMPLES];
    static struct histogram histogram;

    random_state = 88172645463325252u;
    for (int bits = 1; bits < 46; bits++) {
        histogram = (struct histogram){ 0 };
        for (size_t i = 0; i < SAMPLES; i++) {
            samples[i] = (coil_time)(next_random() >>
                                     (63 - next_random() % (unsigned)bits));
            histogram_add(&histogram, samples[i]);
        }
        qsort(samples, SAMPLES, sizeof samples[0], compare);
        check_quantiles(&histogram, samples, SAMPLES);
    }
}

TEST(fetch_histogram_of_one_value_has_that_value_everywhere)
{
    struct histogram histogram = { 0 };

    ASSERT_EQ(histogram_quantile(&histogram, 0.5), 0);
    histogram_add(&histogram, 123456789);
    ASSERT_EQ(histogram_quantile(&histogram, 0), 123456789);
    ASSERT_EQ(histogram_quantile(&histogram, 0.5), 123456789);
    ASSERT_EQ(histogram_quantile(&histogram, 1), 123456789);
    histogram_add(&histogram, -5);
    ASSERT_EQ(histogram.min, 0);
}

/* The buckets lie side by side, from 0 to 19 hours, and none is missed. */
TEST(fetch_histogram_buckets_have_no_gap)
{
    coil_time from, until, expected = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        struct histogram histogram = { 0 };

        histogram_bucket(i, &from, &until);
        ASSERT_EQ(from, expected);
        expected = until;
        histogram_add(&histogram, from);
        ASSERT_EQ(histogram.buckets[i], 1u);
        histogram_add(&histogram, until - 1);
        ASSERT_EQ(histogram.buckets[i], 2u);
        histogram_add(&histogram, until);
        ASSERT_EQ(histogram.buckets[i], i + 1 < HISTOGRAM_BUCKETS ? 2u : 3u);
    }
    ASSERT_GT(expected, 19 * 3600 * COIL_SECOND);
}

TEST(fetch_histogram_merged_is_that_of_all)
{
    struct histogram a = { 0 }, b = { 0 }, all = { 0 };

    random_state = 4711;
    for (size_t i = 0; i < 1000; i++) {
        coil_time duration = (coil_time)(next_random() % (10 * COIL_SECOND));

        histogram_add(i % 3 ? &a : &b, duration);
        histogram_add(&all, duration);
    }
    histogram_merge(&a, &b);
    ASSERT_EQ(a.count, 1000u);
    ASSERT_EQ(a.min, all.min);
    ASSERT_EQ(a.max, all.max);
    ASSERT_MEM_EQ(a.buckets, all.buckets, sizeof a.buckets);
    b = (struct histogram){ 0 };
    histogram_merge(&a, &b);
    ASSERT_EQ(a.min, all.min);
}

/* A bucket that is full counts no further, and does not begin anew. */
TEST(fetch_histogram_bucket_stays_full)
{
    struct histogram a = { 0 }, b = { 0 };

    histogram_add(&a, 5000);
    histogram_add(&b, 5000);
    a.buckets[5] = UINT32_MAX;
    histogram_add(&a, 5000);
    ASSERT_EQ(a.buckets[5], UINT32_MAX);
    histogram_merge(&a, &b);
    ASSERT_EQ(a.buckets[5], UINT32_MAX);
}
