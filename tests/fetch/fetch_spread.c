/* SPDX-License-Identifier: MIT */
/* On which loop a request is made. */
#include "test.h"

#include <stdlib.h>

#include "schedule/spread.h"

enum { MOST_LOOPS = 16 };

struct host {
    struct share share;
    size_t numbers[MOST_LOOPS];
};

static void begin(struct spread *spread, struct host *host)
{
    *host = (struct host){ .numbers = { 0 } };
    spread_begin_share(spread, &host->share, host->numbers);
}

/* The places of a host: as many on each loop as on any other, or one more. */
static void deal_out(unsigned loops, size_t places)
{
    struct spread spread;
    struct host host;
    size_t sum = 0;

    ASSERT_EQ(spread_init(&spread, loops, places), 0);
    begin(&spread, &host);
    for (size_t i = 0; i < places; i++)
        spread_take(&spread, &host.share);
    for (unsigned i = 0; i < loops; i++) {
        ASSERT(host.numbers[i] >= places / loops);
        ASSERT(host.numbers[i] <= (places + loops - 1) / loops);
        sum += host.numbers[i];
    }
    ASSERT_EQ(sum, places);
    spread_fini(&spread);
}

TEST(fetch_spread_the_places_of_a_host_are_dealt_out)
{
    for (unsigned loops = 1; loops <= MOST_LOOPS; loops++)
        for (size_t places = 1; places < 40; places++)
            deal_out(loops, places);
}

/* Whatever begins and ends, and in whatever order. */
TEST(fetch_spread_a_host_never_has_more_on_a_loop_than_places)
{
    struct spread spread;
    struct host host;
    unsigned under_way[7];
    size_t most[4] = { 0 };
    size_t count = 0;
    size_t sum = 0;

    srand(1);
    ASSERT_EQ(spread_init(&spread, 4, 7), 0);
    begin(&spread, &host);
    for (int i = 0; i < 10000; i++) {
        if (count == 7 || (count > 0 && rand() % 2)) {
            size_t which = (size_t)rand() % count;

            spread_give_back(&spread, &host.share, under_way[which]);
            under_way[which] = under_way[--count];
        } else {
            unsigned loop = spread_take(&spread, &host.share);

            under_way[count++] = loop;
            if (host.numbers[loop] > most[loop])
                most[loop] = host.numbers[loop];
        }
    }
    for (int i = 0; i < 4; i++)
        sum += most[i];
    ASSERT_EQ(sum, 7);
    spread_fini(&spread);
}

TEST(fetch_spread_a_host_with_one_place_stays_on_its_loop)
{
    struct spread spread;
    struct host hosts[6];

    ASSERT_EQ(spread_init(&spread, 3, 1), 0);
    for (unsigned i = 0; i < 6; i++)
        begin(&spread, &hosts[i]);
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 6; i++)
            ASSERT_EQ(spread_take(&spread, &hosts[i].share), i % 3);
        for (unsigned i = 6; i-- > 0;)
            spread_give_back(&spread, &hosts[i].share, i % 3);
    }
    spread_fini(&spread);
}

TEST(fetch_spread_the_loop_with_the_fewest_has_the_next)
{
    struct spread spread;
    struct host busy, host;
    unsigned loops[4];

    ASSERT_EQ(spread_init(&spread, 2, 8), 0);
    begin(&spread, &busy);
    begin(&spread, &host);
    for (int i = 0; i < 4; i++)
        loops[i] = spread_take(&spread, &busy.share);
    /* Two on each; what was on loop 1 ends. */
    for (int i = 0; i < 4; i++)
        if (loops[i] == 1)
            spread_give_back(&spread, &busy.share, 1);
    ASSERT_EQ(spread_take(&spread, &host.share), 1);
    ASSERT_EQ(spread_take(&spread, &host.share), 1);
    ASSERT_EQ(spread.active[0], 2);
    ASSERT_EQ(spread.active[1], 2);
    spread_fini(&spread);
}

/* A queue decides by itself how many of a host begin. */
TEST(fetch_spread_more_than_its_places_are_spread_all_the_same)
{
    struct spread spread;
    struct host host;

    ASSERT_EQ(spread_init(&spread, 3, 2), 0);
    begin(&spread, &host);
    for (int i = 0; i < 9; i++)
        spread_take(&spread, &host.share);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(host.numbers[i], 3);
    spread_fini(&spread);
}
