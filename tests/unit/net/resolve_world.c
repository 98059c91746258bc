/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Names that the system looks up, getaddrinfo() in threads, on a machine of the
 * test's own.
 */
#include <errno.h>
#include <stdio.h>

#include <coil/resolve.h>
#include <coil/sleep.h>

#include "name_world_test.h"
#include "process.h"
#include "test.h"

TEST(resolve_world_knows_the_file_of_hosts)
{
    check_hosts(NULL);
}

TEST(resolve_world_asks_whom_the_administrator_names)
{
    check_services(NULL);
}

TEST(resolve_world_needs_no_file_of_hosts)
{
    check_no_hosts(NULL);
}

TEST(resolve_world_searches_domains)
{
    check_search(NULL);
}

TEST(resolve_world_searches_nothing_for_a_name_with_a_last_dot)
{
    check_last_dot(NULL);
}

TEST(resolve_world_asks_nobody_for_numbers)
{
    check_numbers(NULL);
}

TEST(resolve_world_orders_addresses)
{
    check_order(NULL);
}

TEST(resolve_world_orders_addresses_as_the_administrator_says)
{
    check_order_of_file(NULL);
}

/* ---- dead names ----------------------------------------------------------- */

enum { DEAD = 40 };

static int ask_dead(void *arg)
{
    struct coil_address *addresses;
    size_t count;
    char name[30];

    snprintf(name, sizeof name, "dead%d.test", *(int *)arg);
    return coil_resolve(name, 80, &addresses, &count);
}

static int cancel_dead(void *arg)
{
    struct coil_task *tasks[DEAD];
    int before = threads();

    (void)arg;
    for (int i = 0; i < DEAD; i++)
        ASSERT_EQ(coil_task_create_copy(&tasks[i], ask_dead, &i), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_STR_EQ(found("one.test"), "10.0.0.99");
    ASSERT_GT(threads(), before);
    for (int i = 0; i < DEAD; i++) {
        /* On a slow machine the first have given up already. */
        if (coil_task_cancel(tasks[i]))
            ASSERT_EQ(coil_task_await(tasks[i]), -ECANCELED);
        else
            ASSERT(coil_task_await(tasks[i]) < 0);
        coil_task_release(tasks[i]);
    }
    /* What the system still does ends by itself: after 1 s, and 1 s idle. */
    while (threads() > before)
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    return 0;
}

static const struct name_record one[] = { { "one.test", "10.0.0.99" }, { 0 } };

TEST(resolve_world_keeps_no_thread_of_cancelled_names_for_good)
{
    name_world_run(&(struct name_world){ .records = one,
                                         .resolv_conf =
                                             "nameserver 127.0.0.1\n"
                                             "options timeout:1 attempts:1\n" },
                   cancel_dead);
}
