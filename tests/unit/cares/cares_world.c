/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Names that c-ares looks up on a machine of the
 * test's own.
 */
#include <coil/cares.h>

#include "name_world_test.h"
#include "test.h"

TEST(cares_world_knows_the_file_of_hosts)
{
    check_hosts(coil_cares_source());
}

TEST(cares_world_asks_whom_the_administrator_names)
{
    check_services(coil_cares_source());
}

TEST(cares_world_needs_no_file_of_hosts)
{
    check_no_hosts(coil_cares_source());
}

TEST(cares_world_searches_domains)
{
    check_search(coil_cares_source());
}

TEST(cares_world_searches_nothing_for_a_name_with_a_last_dot)
{
    check_last_dot(coil_cares_source());
}

TEST(cares_world_asks_nobody_for_numbers)
{
    check_numbers(coil_cares_source());
}

TEST(cares_world_orders_addresses)
{
    check_order(coil_cares_source());
}

TEST(cares_world_orders_addresses_as_the_administrator_says)
{
    check_order_of_file(coil_cares_source());
}
