/* SPDX-License-Identifier: MIT */
/*
 * name_world.h - a machine with names of its own
 *
 *     static const struct name_record records[] = {
 *         { "one.test", "10.0.0.2" }, { 0 }
 *     };
 *
 *     static int ask(void *arg)
 *     {
 *         ASSERT_STR_EQ(found("one.test"), "10.0.0.2");
 *         ASSERT_STR_EQ(asked_for(), "one.test");
 *         return 0;
 *     }
 *
 *     name_world_run(&(struct name_world){ .records = records }, ask);
 *
 * The body runs in a child process with a network and an /etc of its own, where
 * a name server listens on 127.0.0.1 and ::1.  Loopback is the only network.  It
 * has the addresses 10.0.0.1/8, 2001:db8::1/64 and fd00::1/64 as well, and leads
 * to 192.0.2.0/24.  Where the
 * kernel forbids that, the test is skipped.
 */
#ifndef COIL_TESTS_NAME_WORLD_H
#define COIL_TESTS_NAME_WORLD_H

#include <coil/resolver.h>
#include <coil/task.h>

/* What the server says.  The last record of a table has no name. */
struct name_record {
    const char *name;
    const char *address; /* of IPv4 or IPv6 */
};

/*
 * What lies in /etc.  NULL: the default, which is "nameserver 127.0.0.1" and
 * "hosts: files dns"; of the others, that there is no such file.  Names that
 * begin with "dead" are never answered.
 */
struct name_world {
    const struct name_record *records; /* NULL: no name is known */
    const char *resolv_conf;
    const char *nsswitch_conf;
    const char *hosts;
    const char *gai_conf;
    const struct coil_resolver_source *source; /* NULL: the system */
};

/* The main task of a loop is body(NULL), which returns 0. */
void name_world_run(const struct name_world *world, coil_fn body);

/* "10.0.0.2 fd00::2", in the order of the answer; or the error in words. */
const char *found(const char *host);
const char *found_of(const char *host, int family);

/* The names that the server was asked for since the last call, each once. */
const char *asked_for(void);

#endif
