/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Names that c-ares looks up on a machine of the
 * test's own.
 */
#include <coil/cares.h>

#include <string.h>

#include <coil/error.h>
#include <coil/resolve.h>

#include "actors.h"
#include "name_world_test.h"
#include "process.h"
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

/* ---- what is left to the system ------------------------------------------- */

static int resolve_dead(void *arg)
{
    struct coil_address *addresses;
    size_t count;

    (void)arg;
    return coil_resolve("dead.test", 80, &addresses, &count);
}

/* The system is asked by a thread. */
static int ask_system(void *arg)
{
    int before = threads();
    struct coil_task *task = start(resolve_dead, NULL);

    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(threads(), before + 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    return 0;
}

TEST(cares_world_leaves_options_that_it_does_not_know_to_the_system)
{
    name_world_run(&(struct name_world){ .resolv_conf = "nameserver 127.0.0.1\n"
                                                        "options use-vc\n",
                                         .source = coil_cares_source() },
                   ask_system);
}

TEST(cares_world_leaves_a_large_file_of_hosts_to_the_system)
{
    static char hosts[65 * 1024];

    memset(hosts, '\n', sizeof hosts - 1);
    name_world_run(
        &(struct name_world){ .hosts = hosts, .source = coil_cares_source() },
        ask_system);
}

static int ask_without_descriptors(void *arg)
{
    (void)arg;
    leave_descriptors(0);
    ASSERT_STR_EQ(found("one.test"), coil_strerror(-EMFILE));
    leave_all();
    for (int n = 1; n < 6; n++) { /* some of what it needs is there */
        leave_descriptors(n);
        (void)found("one.test");
        leave_all();
    }
    ASSERT_STR_EQ(found("one.test"), "10.0.0.99");
    return 0;
}

TEST(cares_world_without_descriptors_says_so)
{
    static const struct name_record one[] = { { "one.test", "10.0.0.99" },
                                              { 0 } };

    name_world_run(
        &(struct name_world){ .records = one, .source = coil_cares_source() },
        ask_without_descriptors);
}
