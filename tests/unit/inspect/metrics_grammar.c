/* SPDX-License-Identifier: MIT */
/* What judges pages of metrics in the other tests refuses what is wrong. */
#include "prometheus.h"
#include "test.h"

#define HEAD "# HELP a_total x\n# TYPE a_total counter\n"
#define GAUGE "# HELP g x\n# TYPE g gauge\n"
#define HIST "# HELP h x\n# TYPE h histogram\n"
#define REST "h_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n"

static const char *const good[] = {
    "",
    "\n# a remark\n",
    HEAD "a_total 1\na_total{b=\"\\\\\\\"\\n\",c=\"\"} 1.5e+3\n" GAUGE
         "g{a=\"}, {\",} -Inf\n",
    HIST "h_bucket{le=\"-1\"} 0\nh_bucket{le=\"1\"} 2\n" REST,
    HIST "h_bucket{x=\"1\",le=\"+Inf\"} 2\nh_sum{x=\"1\"} NaN\n"
         "h_count{x=\"1\"} 2\n" REST,
};

static const char *const bad[] = {
    HEAD "a_total 1",
    HEAD "a_total\n",
    HEAD "a_total x\n",
    HEAD "a_total 0x10\n",
    HEAD "a_total -1\n",
    HEAD "a_total 1 2 3\n",
    HEAD "a_total  1\n",
    HEAD "a_total 1\na_total 1\n",
    HEAD "1a 1\n",
    HEAD "a-b 1\n",
    HEAD "b 1\n",
    HEAD "a_total{b=\"\\x\"} 1\n",
    HEAD "a_total{b=\"c} 1\n",
    HEAD "a_total{b=c} 1\n",
    HEAD "a_total{1=\"c\"} 1\n",
    HEAD "a_total{__b=\"c\"} 1\n",
    HEAD "a_total{b=\"1\"c=\"2\"} 1\n",
    HEAD "a_total{b=\"1\",b=\"2\"} 1\n",
    HEAD "a_total{b=\"\xff\"} 1\n",
    HEAD "a_total{b=\"\xed\xa0\x80\"} 1\n",
    HEAD "a_total{b=\"\xc0\x80\"} 1\n",
    HEAD HEAD "a_total 1\n",
    HEAD "a_total 1\n# HELP a_total x\n",
    HEAD "a_total 1\n" GAUGE "g 1\na_total{b=\"c\"} 1\n",
    "# HELP a_total x\na_total 1\n",
    "# TYPE a_total counter\na_total 1\n",
    "# HELP a_total x\n",
    "# HELP a_total \n# TYPE a_total counter\n",
    "# HELP a_total \\x\n# TYPE a_total counter\n",
    "# HELP a x\n# TYPE a counter\na 1\n",
    "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
    "# HELP a x\n# TYPE a thing\na 1\n",
    HIST "h_bucket{le=\"1\"} 3\n" REST,
    HIST "h_bucket{le=\"1\"} 1\nh_bucket{le=\"1.0\"} 1\n" REST,
    HIST "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n" REST,
    HIST "h_bucket{le=\"x\"} 1\n" REST,
    HIST "h_bucket 1\n" REST,
    HIST "h 1\n" REST,
    HIST "h_bucket{le=\"1\"} 2\nh_sum 1\nh_count 2\n",
    HIST "h_bucket{le=\"+Inf\"} 2\nh_count 2\n",
    HIST "h_bucket{le=\"+Inf\"} 2\nh_sum 1\n",
    HIST "h_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 3\n",
    HIST "h_bucket{x=\"1\",le=\"+Inf\"} 2\n" REST,
};

TEST(metrics_grammar_takes_what_is_right)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *why = prometheus_check(good[i], strlen(good[i]));

        if (why)
            FAIL("%s: %s", good[i], why);
    }
}

TEST(metrics_grammar_refuses_what_is_wrong)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!prometheus_check(bad[i], strlen(bad[i])))
            FAIL("taken: %s", bad[i]);
    }
    ASSERT_NOT_NULL(prometheus_check("a\0", 2));
}
