/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Names, connections and listeners of a process that has no descriptor left: each
 * says so, and works again when there is one.
 */
#include <coil/resolve.h>
#include <coil/resolver.h>
#include <coil/stream.h>

#include "process.h"
#include "stream_test.h"

static int resolve(const char *host)
{
    struct coil_address *addresses;
    size_t count;
    int rc = coil_resolve(host, 80, &addresses, &count);

    if (rc < 0) {
        ASSERT_NULL(addresses);
        ASSERT_EQ(count, 0);
        return rc;
    }
    coil_addresses_free(addresses);
    return (int)count;
}

/* ---- no descriptor ---- */

/* The first is in a file of most machines; nobody else is asked for any. */
static const char *const names[] = { "ip6-allnodes", "nobody.invalid",
                                     "fe80::1%lo" };

KERNEL_TEST(resolve_shortage_of_descriptors_is_no_fault_of_the_name)
{
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .no_cache = true }),
              0);
    for (int i = 0; i < 3; i++) {
        leave_descriptors(0);
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            ASSERT_EQ(resolve(names[n]), -EMFILE);
        ASSERT_GE(resolve("localhost"), 1);
        leave_all();
        ASSERT_GE(resolve("localhost"), 1);
    }
}

KERNEL_TEST(resolve_shortage_of_descriptors_leaves_numeric_addresses)
{
    leave_descriptors(0);
    ASSERT_EQ(resolve("127.0.0.1"), 1);
    ASSERT_EQ(resolve("::1"), 1);
    ASSERT_EQ(resolve("fe80::1%1"), 1);
    ASSERT_GE(resolve("localhost"), 1);
    ASSERT_GE(resolve(NULL), 1);
    leave_all();
}

KERNEL_TEST(resolve_shortage_of_descriptors_ends_a_connect)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *s;
    struct coil_stream *t;
    uint16_t port;

    listener = listening(&address);
    port = coil_address_port(&address);
    leave_descriptors(0);
    ASSERT_EQ(coil_tcp_connect(&s, "nobody.invalid", port), -EMFILE);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", port), -EMFILE);
    ASSERT_NULL(s);
    leave_all();
    ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", port), 0);
    ASSERT_EQ(coil_listener_accept(listener, &t), 0);
    coil_stream_abort(s);
    coil_stream_abort(t);
    coil_listener_close(listener);
}

KERNEL_TEST(resolve_shortage_of_descriptors_ends_a_listen)
{
    struct coil_listener *listener;

    leave_descriptors(0);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), -EMFILE);
    ASSERT_NULL(listener);
    ASSERT_EQ(coil_tcp_listen(&listener, "nobody.invalid", 0), -EMFILE);
    ASSERT_NULL(listener);
    leave_all();
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_close(listener);
}

/* 07-exhaust: each descriptor that a loop needs. */
TEST(resolve_shortage_of_descriptors_leaves_no_part_of_a_loop)
{
    struct coil_loop *loop;
    int rc = -EMFILE;
    int n;

    for (n = 0; rc < 0; n++) {
        int before = next_descriptor();

        leave_descriptors(n);
        rc = coil_loop_new(&loop, NULL);
        leave_all();
        if (rc == 0)
            ASSERT_EQ(coil_loop_close(loop, NULL), 0);
        else
            ASSERT_EQ(rc, -EMFILE);
        ASSERT_EQ(next_descriptor(), before);
    }
    ASSERT_GT(n, 1);
}
