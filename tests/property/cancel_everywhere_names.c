/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of names, cancelled in each state of its wait: no
 * answer is lost, and a question without a waiter ends.
 */
/* LABELS: threads */
#include <coil/event.h>
#include <coil/listener.h>
#include <coil/resolve.h>
#include <coil/resolver.h>

#include "cancel_everywhere.h"

/* ---- a source that answers when it is told to ----------------------------- */

static struct coil_event told;

static int look_up(struct coil_lookup *lookup, void *arg)
{
    struct coil_address address = { .length = sizeof(struct sockaddr) };
    int rc = coil_event_wait(&told);

    (void)arg;
    address.storage.ss_family = AF_INET;
    return rc < 0 ? rc : coil_lookup_add(lookup, &address);
}

static void use_source(void)
{
    static const struct coil_resolver_source source = { .look_up = look_up };

    coil_event_clear(&told);
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .source = &source }),
              0);
}

static void answer(void)
{
    coil_event_set(&told);
}

/* The task of a question without a waiter ends by itself. */
static void use_system(void)
{
    settle();
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
}

/* ---- the calls ------------------------------------------------------------ */

static int check(int rc, struct coil_address *addresses, size_t count)
{
    if (rc < 0) {
        ASSERT_NULL(addresses);
        return rc;
    }
    ASSERT_GT(count, 0);
    coil_addresses_free(addresses);
    return 0;
}

static int resolve(void)
{
    struct coil_address *addresses = NULL;
    size_t count = 0;
    int rc = coil_resolve("name.test", 80, &addresses, &count);

    return check(rc, addresses, count);
}

static int get_address(void)
{
    const struct coil_getaddrinfo_options options = { .family = AF_INET };
    struct coil_address *addresses = NULL;
    size_t count = 0;
    int rc = coil_getaddrinfo("name.test", 80, &options, &addresses, &count);

    return check(rc, addresses, count);
}

static int look_up_by_system(void)
{
    struct coil_lookup lookup = { .host = "localhost" };
    int rc = coil_lookup_by_system(&lookup);

    return check(rc, lookup.addresses, lookup.count);
}

static int listen_on(const struct coil_tcp_listen_options *options)
{
    struct coil_listener *made = NULL;
    int rc = options ? coil_tcp_listen_with(&made, "localhost", 0, options)
                     : coil_tcp_listen(&made, "localhost", 0);

    if (rc < 0)
        ASSERT_NULL(made);
    coil_listener_close(made);
    return rc;
}

static int listen_on_name(void)
{
    return listen_on(NULL);
}

static int listen_on_name_with(void)
{
    return listen_on(&(struct coil_tcp_listen_options){ .reuse_port = true });
}

static void do_nothing(void)
{
}

static const struct everywhere table[] = {
    CASE(coil_resolve, .prepare = use_source, .call = resolve, .ready = answer,
         .finish = use_system),
    CASE(coil_getaddrinfo, .prepare = use_source, .call = get_address,
         .ready = answer, .finish = use_system),
    /* The simulator does in a turn what a thread would do. */
    CASE(coil_lookup_by_system, .call = look_up_by_system, .ready = do_nothing,
         .flags = BRIEF),
    /* It may wait for a name, as coil_resolve() does. */
    CASE(coil_tcp_listen, .call = listen_on_name, .flags = NEVER_WAITS),
    CASE(coil_tcp_listen_with, .call = listen_on_name_with,
         .flags = NEVER_WAITS),
};

EVERYWHERE_TEST(cancel_everywhere_names_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_names_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_names_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_names_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
