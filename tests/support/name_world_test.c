/* SPDX-License-Identifier: MIT */
/* name_world_test.c - what must be so wherever names come from */
#include "name_world_test.h"

#include <netdb.h>
#include <netinet/in.h>

#include <coil/error.h>

#include "test.h"

static const char *no_such_name(void)
{
    return coil_strerror(COIL_ERESOLVE(EAI_NONAME));
}

/* ---- /etc/hosts ----------------------------------------------------------- */

static int ask_hosts(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("one.test"), "10.0.0.2");
    ASSERT_STR_EQ(found("alias"), "10.0.0.2");
    ASSERT_STR_EQ(found("ONE.test"), "10.0.0.2");
    ASSERT_STR_EQ(found("many.test"), "2001:db8::7 10.0.0.7 10.0.0.6");
    ASSERT_STR_EQ(found_of("many.test", AF_INET), "10.0.0.7 10.0.0.6");
    ASSERT_STR_EQ(found_of("many.test", AF_INET6), "2001:db8::7");
    ASSERT_STR_EQ(asked_for(), "");
    /* In a comment there is no name. */
    ASSERT_STR_EQ(found("hidden.test"), "10.0.0.9");
    ASSERT_STR_EQ(asked_for(), "hidden.test");
    ASSERT_STR_EQ(found("nowhere.test"), no_such_name());
    ASSERT_STR_EQ(asked_for(), "nowhere.test");
    return 0;
}

static const struct name_record beside_hosts[] = {
    { "one.test", "10.0.0.99" }, { "hidden.test", "10.0.0.9" }, { 0 }
};

void check_hosts(const struct coil_resolver_source *source)
{
    name_world_run(&(struct name_world){ .records = beside_hosts,
                                         .hosts = "# 10.0.0.3 hidden.test\n"
                                                  "10.0.0.2\tOne.Test alias\n"
                                                  "10.0.0.7 many.test\n"
                                                  "10.0.0.6 many.test\n"
                                                  "\n"
                                                  "2001:db8::7 many.test\n",
                                         .source = source },
                   ask_hosts);
}

static int ask_files(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("one.test"), "10.0.0.2");
    ASSERT_STR_EQ(found("hidden.test"), no_such_name());
    ASSERT_STR_EQ(asked_for(), "");
    return 0;
}

static int ask_dns_first(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("one.test"), "10.0.0.99");
    ASSERT_STR_EQ(asked_for(), "one.test");
    ASSERT_STR_EQ(found("two.test"), "10.0.0.2");
    ASSERT_STR_EQ(asked_for(), "two.test");
    return 0;
}

/* Whom /etc/nsswitch.conf names, and in which order. */
void check_services(const struct coil_resolver_source *source)
{
    struct name_world w = { .records = beside_hosts,
                            .hosts = "10.0.0.2 one.test two.test\n",
                            .nsswitch_conf = "hosts: files\n",
                            .source = source };

    name_world_run(&w, ask_files);
    w.nsswitch_conf = "hosts: dns files\n";
    name_world_run(&w, ask_dns_first);
}

static int ask_without_hosts(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("one.test"), "10.0.0.99");
    ASSERT_STR_EQ(asked_for(), "one.test");
    ASSERT_STR_EQ(found("localhost"), "::1 127.0.0.1");
    ASSERT_STR_EQ(asked_for(), "");
    return 0;
}

void check_no_hosts(const struct coil_resolver_source *source)
{
    name_world_run(
        &(struct name_world){ .records = beside_hosts, .source = source },
        ask_without_hosts);
}

/* ---- search domains ------------------------------------------------------- */

static const struct name_record searched[] = { { "in-b.b.test", "10.0.1.2" },
                                               { "host", "10.0.1.3" },
                                               { "a.host", "10.0.1.4" },
                                               { "x.y.host", "10.0.1.5" },
                                               { "p.q.r.a.test", "10.0.1.6" },
                                               { "host.a.test", "10.0.1.7" },
                                               { 0 } };

/* Fewer than two dots: the domains first.  Two or more: the name first. */
static int ask_searched(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("in-b"), "10.0.1.2");
    ASSERT_STR_EQ(asked_for(), "in-b.a.test in-b.b.test");
    ASSERT_STR_EQ(found("a.host"), "10.0.1.4");
    ASSERT_STR_EQ(asked_for(), "a.host.a.test a.host.b.test a.host");
    ASSERT_STR_EQ(found("x.y.host"), "10.0.1.5");
    ASSERT_STR_EQ(asked_for(), "x.y.host");
    ASSERT_STR_EQ(found("p.q.r"), "10.0.1.6");
    ASSERT_STR_EQ(asked_for(), "p.q.r p.q.r.a.test");
    ASSERT_STR_EQ(found("nowhere"), no_such_name());
    ASSERT_STR_EQ(asked_for(), "nowhere.a.test nowhere.b.test nowhere");
    return 0;
}

static const char search_conf[] = "nameserver 127.0.0.1\n"
                                  "search a.test b.test\n"
                                  "options ndots:2\n";

void check_search(const struct coil_resolver_source *source)
{
    name_world_run(&(struct name_world){ .records = searched,
                                         .resolv_conf = search_conf,
                                         .source = source },
                   ask_searched);
}

static int ask_with_last_dot(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("host."), "10.0.1.3");
    ASSERT_STR_EQ(asked_for(), "host");
    ASSERT_STR_EQ(found("in-b."), no_such_name());
    ASSERT_STR_EQ(asked_for(), "in-b");
    ASSERT_STR_EQ(found("host"), "10.0.1.7");
    ASSERT_STR_EQ(asked_for(), "host.a.test");
    return 0;
}

void check_last_dot(const struct coil_resolver_source *source)
{
    name_world_run(&(struct name_world){ .records = searched,
                                         .resolv_conf = search_conf,
                                         .source = source },
                   ask_with_last_dot);
}

/* ---- numbers -------------------------------------------------------------- */

static int ask_for_numbers(void *arg)
{
    static const char *const wrong[] = { "256.1.1.1", "1.2.3.4.5", "::g", "1:2",
                                         "fe80::1%nowhere" };

    (void)arg;
    ASSERT_STR_EQ(found("192.0.2.1"), "192.0.2.1");
    ASSERT_STR_EQ(found("127.1"), "127.0.0.1");
    ASSERT_STR_EQ(found("0x7f000001"), "127.0.0.1");
    ASSERT_STR_EQ(found("2001:DB8::5"), "2001:db8::5");
    ASSERT_STR_EQ(found("fe80::1%lo"), "fe80::1%lo");
    ASSERT_STR_EQ(found("fe80::1%1"), "fe80::1%lo");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_STR_EQ(found(wrong[i]), no_such_name());
    ASSERT_STR_EQ(asked_for(), "");
    return 0;
}

void check_numbers(const struct coil_resolver_source *source)
{
    name_world_run(&(struct name_world){ .source = source }, ask_for_numbers);
}

/* ---- the order of addresses ----------------------------------------------- */

static const struct name_record mixed[] = {
    /* No way leads to the first. */
    { "mixed.test", "2001:db9::9" },
    { "mixed.test", "fd00::2" },
    { "mixed.test", "2001:db8::2" },
    { "mixed.test", "10.0.0.2" },
    { "mixed.test", "10.0.0.3" },
    /* How the server distributes the load. */
    { "in4.test", "192.0.2.9" },
    { "in4.test", "192.0.2.2" },
    { "in4.test", "192.0.2.5" },
    { "in4.test", "198.51.100.1" },
    { "near.test", "2001:db8::9" },
    { "near.test", "2001:db8::2" },
    { "tunnels.test", "2001::5" },
    { "tunnels.test", "2002:a00:2::1" },
    { "tunnels.test", "10.0.0.2" },
    { 0 }
};

static int ask_in_order(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("mixed.test"),
                  "2001:db8::2 10.0.0.2 10.0.0.3 fd00::2 2001:db9::9");
    ASSERT_STR_EQ(found_of("mixed.test", AF_INET6),
                  "2001:db8::2 fd00::2 2001:db9::9");
    ASSERT_STR_EQ(found("in4.test"),
                  "192.0.2.9 192.0.2.2 192.0.2.5 198.51.100.1");
    ASSERT_STR_EQ(found("near.test"), "2001:db8::2 2001:db8::9");
    ASSERT_STR_EQ(found("tunnels.test"), "10.0.0.2 2002:a00:2::1 2001::5");
    return 0;
}

void check_order(const struct coil_resolver_source *source)
{
    name_world_run(&(struct name_world){ .records = mixed, .source = source },
                   ask_in_order);
}

/* The administrator of the machine prefers IPv4. */
static int ask_for_ipv4_first(void *arg)
{
    (void)arg;
    ASSERT_STR_EQ(found("mixed.test"),
                  "10.0.0.2 10.0.0.3 2001:db8::2 fd00::2 2001:db9::9");
    return 0;
}

void check_order_of_file(const struct coil_resolver_source *source)
{
    name_world_run(
        &(struct name_world){ .records = mixed,
                              .gai_conf = "# comments\nprecedence ::1/128 50\n"
                                          "precedence ::/0 40 # all others\n"
                                          "precedence fc00::/7 3\n"
                                          "precedence ::ffff:0:0/96 100\n",
                              .source = source },
        ask_for_ipv4_first);
}
