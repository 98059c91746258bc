/* SPDX-License-Identifier: MIT */
/* WRAPS: socket connect getsockname fopen */
/*
 * Which address comes first, on a machine that a table describes: to what there
 * is a way, from which of its own addresses, and what /etc/gai.conf says.
 */
#include "net/address_order.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include <coil/testing.h>

#include "test.h"

/* ---- the machine ---------------------------------------------------------- */

struct way {
    const char *to;
    const char *from;
};

static const struct way *ways; /* the last has no `to` */
static const char *gai_conf;
static int socket_error; /* from the socket `sockets_left` on */
static int sockets_left;
static int name_error;
static const char *source;

static struct coil_address address_of(const char *text)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in6) };
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        address.length = sizeof in;
        memcpy(&address.storage, &in, sizeof in);
    } else {
        ASSERT_EQ(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&address.storage, &in6, sizeof in6);
    }
    return address;
}

static const char *text_of(const struct sockaddr_storage *storage)
{
    static char text[INET6_ADDRSTRLEN];
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    memcpy(&in, storage, sizeof in);
    memcpy(&in6, storage, sizeof in6);
    if (storage->ss_family == AF_INET)
        inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    return text;
}

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t length);
int __wrap_getsockname(int fd, struct sockaddr *own, socklen_t *length);
FILE *__wrap_fopen(const char *path, const char *mode);

int __wrap_socket(int family, int type, int protocol)
{
    (void)family;
    if (socket_error && sockets_left-- <= 0) {
        errno = socket_error;
        return -1;
    }
    return __real_socket(AF_UNIX, type, protocol);
}

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t length)
{
    struct sockaddr_storage storage = { 0 };

    (void)fd;
    memcpy(&storage, to, length);
    for (const struct way *w = ways; w->to; w++) {
        if (strcmp(w->to, text_of(&storage)) == 0) {
            source = w->from;
            return 0;
        }
    }
    errno = ENETUNREACH;
    return -1;
}

int __wrap_getsockname(int fd, struct sockaddr *own, socklen_t *length)
{
    struct coil_address address = address_of(source);

    (void)fd;
    if (name_error) {
        errno = name_error;
        return -1;
    }
    memcpy(own, &address.storage, address.length);
    *length = address.length;
    return 0;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    ASSERT_STR_EQ(path, "/etc/gai.conf");
    (void)mode;
    return gai_conf
               ? fmemopen((void *)(uintptr_t)gai_conf, strlen(gai_conf), "r")
               : NULL;
}

/* ---- who asks ------------------------------------------------------------- */

enum { MOST = 8 };

static struct coil_address addresses[MOST];
static size_t count;

/* The addresses of `text`, a blank between two. */
static void take(const char *text)
{
    char one[INET6_ADDRSTRLEN];
    int size;

    count = 0;
    while (sscanf(text, "%45s%n", one, &size) == 1) {
        ASSERT_LT(count, MOST);
        addresses[count++] = address_of(one);
        text += size;
    }
}

static const char *as_text(void)
{
    static char text[MOST * INET6_ADDRSTRLEN];

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(strcat(text, i ? " " : ""), text_of(&addresses[i].storage));
    return text;
}

static const char *ordered(const char *text)
{
    take(text);
    ASSERT_EQ(coil__address_order(addresses, count), 0);
    return as_text();
}

/* Each way is tried from both ends. */
static void expect(const struct way *machine, const char *first,
                   const char *second)
{
    char text[100];
    char expected[100];

    ways = machine;
    snprintf(expected, sizeof expected, "%s %s", first, second);
    ASSERT_STR_EQ(ordered(expected), expected);
    snprintf(text, sizeof text, "%s %s", second, first);
    ASSERT_STR_EQ(ordered(text), expected);
}

/* ---- the rules ------------------------------------------------------------ */

/* The examples of RFC 6724, section 10.2, that have to do with these rules. */
TEST(address_order_is_that_of_the_rfc)
{
    /* Matching scope. */
    expect((struct way[]){ { "2001:db8:1::1", "2001:db8:1::2" },
                           { "198.51.100.121", "169.254.13.78" },
                           { 0 } },
           "2001:db8:1::1", "198.51.100.121");
    expect((struct way[]){ { "2001:db8:1::1", "fe80::1" },
                           { "198.51.100.121", "198.51.100.117" },
                           { 0 } },
           "198.51.100.121", "2001:db8:1::1");
    /* Higher precedence. */
    expect((struct way[]){ { "2001:db8:1::1", "2001:db8:1::2" },
                           { "10.1.2.3", "10.1.2.4" },
                           { 0 } },
           "2001:db8:1::1", "10.1.2.3");
    /* Smaller scope. */
    expect((struct way[]){ { "2001:db8:1::1", "2001:db8:1::2" },
                           { "fe80::1", "fe80::2" },
                           { 0 } },
           "fe80::1", "2001:db8:1::1");
    /* Matching label. */
    expect((struct way[]){ { "2002:c633:6401::1", "2002:c633:6401::2" },
                           { "2001:db8:1::1", "2002:c633:6401::2" },
                           { 0 } },
           "2002:c633:6401::1", "2001:db8:1::1");
    /* Higher precedence: no tunnel. */
    expect((struct way[]){ { "2002:c633:6401::1", "2002:c633:6401::2" },
                           { "2001:db8:1::1", "2001:db8:1::2" },
                           { 0 } },
           "2001:db8:1::1", "2002:c633:6401::1");
    /* The longest prefix. */
    expect((struct way[]){ { "2001:db8:1::1", "2001:db8:1::2" },
                           { "2001:db8:3ffe::1", "2001:db8:3f44::2" },
                           { 0 } },
           "2001:db8:1::1", "2001:db8:3ffe::1");
}

TEST(address_order_knows_every_scope)
{
    expect(
        (struct way[]){ { "::1", "::1" }, { "127.0.0.1", "127.0.0.1" }, { 0 } },
        "::1", "127.0.0.1");
    expect((struct way[]){ { "ff05::1", "fec0::1" },
                           { "ff0e::1", "fec0::1" },
                           { 0 } },
           "ff05::1", "ff0e::1");
    expect((struct way[]){ { "169.254.1.1", "169.254.1.2" },
                           { "169.255.1.1", "169.254.1.2" },
                           { 0 } },
           "169.254.1.1", "169.255.1.1");
}

TEST(address_order_puts_last_what_cannot_be_reached)
{
    static const struct way one[] = { { "10.0.0.2", "10.0.0.1" }, { 0 } };

    expect(one, "10.0.0.2", "2001:db8::1");
    /* A family that the kernel does not know, and a socket that says nothing. */
    socket_error = EAFNOSUPPORT;
    ASSERT_STR_EQ(ordered("10.0.0.2 2001:db8::1"), "2001:db8::1 10.0.0.2");
    socket_error = 0;
    name_error = ENOTCONN;
    ASSERT_STR_EQ(ordered("10.0.0.2 2001:db8::1"), "2001:db8::1 10.0.0.2");
}

TEST(address_order_leaves_equals_as_they_are)
{
    ways = (const struct way[]){ { "192.0.2.1", "192.0.2.9" },
                                 { "192.0.2.8", "192.0.2.9" },
                                 { "192.0.2.10", "192.0.2.9" },
                                 { "::1", "::1" },
                                 { 0 } };
    ASSERT_STR_EQ(ordered("192.0.2.1 192.0.2.10 192.0.2.8 ::1"),
                  "::1 192.0.2.1 192.0.2.10 192.0.2.8");
    ASSERT_STR_EQ(ordered("192.0.2.10 192.0.2.8 192.0.2.1 ::1 192.0.2.8"),
                  "::1 192.0.2.10 192.0.2.8 192.0.2.1 192.0.2.8");
    ASSERT_STR_EQ(ordered("::1 ::1"), "::1 ::1");
    ASSERT_STR_EQ(ordered("192.0.2.1"), "192.0.2.1");
    ASSERT_STR_EQ(ordered(""), "");
}

/* ---- /etc/gai.conf -------------------------------------------------------- */

static const struct way both[] = { { "10.0.0.2", "10.0.0.1" },
                                   { "2001:db8::2", "2001:db8::1" },
                                   { "fd00::2", "2001:db8::1" },
                                   { "fd00::3", "fd00::1" },
                                   { 0 } };

TEST(address_order_takes_precedences_from_the_file)
{
    gai_conf = "# IPv4 first\n"
               "precedence ::ffff:0:0/96 100 # it is\n"
               "precedence\t::/0 300\n"
               "precedence ::/200 500\n"
               "precedence ::/x 500\n"
               "precedence ::/8x 500\n"
               "precedence ::/ 500\n"
               "precedence 10.0.0.0/8 500\n"
               "precedence 2001:db8::2 4\n"
               "scopev4 ::ffff:169.254.0.0/112 2\n"
               "reload no\n"
               "\n";
    expect(both, "fd00::3", "10.0.0.2");
    expect(both, "10.0.0.2", "2001:db8::2");
    /* Labels are those of the RFC. */
    expect(both, "10.0.0.2", "fd00::2");
}

TEST(address_order_takes_labels_from_the_file)
{
    gai_conf = "label ::/0 1\nlabel fc00::/7 1\nlabel ::ffff:0:0/96 9999\n";
    expect(both, "2001:db8::2", "10.0.0.2");
    /* Precedences are those of the RFC. */
    expect(both, "10.0.0.2", "fd00::2");
    expect(both, "fd00::3", "fd00::2");
}

/* What no line is about has the value 0. */
TEST(address_order_needs_no_complete_table)
{
    gai_conf = "precedence ::ffff:0:0/96 1\n";
    expect(both, "10.0.0.2", "2001:db8::2");
}

TEST(address_order_takes_64_lines_of_a_kind)
{
    static char text[4096];

    for (int i = 0; i < 64; i++)
        strcat(text, "precedence ::ffff:0:0/96 100\n");
    strcat(text, "precedence ::/0 200\n");
    gai_conf = text;
    expect(both, "10.0.0.2", "2001:db8::2");
}

/* ---- what the process lacks ----------------------------------------------- */

TEST(address_order_stays_where_something_lacks)
{
    ways = both;
    socket_error = EMFILE;
    for (sockets_left = 0; sockets_left < 2; sockets_left++) {
        int left = sockets_left;

        take("fd00::3 10.0.0.2");
        ASSERT_EQ(coil__address_order(addresses, count), -EMFILE);
        ASSERT_STR_EQ(as_text(), "fd00::3 10.0.0.2");
        sockets_left = left;
    }
    socket_error = 0;
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil__address_order(addresses, count), -ENOMEM);
    ASSERT_STR_EQ(as_text(), "fd00::3 10.0.0.2");
    ASSERT_EQ(coil__address_order(addresses, count), 0);
    ASSERT_STR_EQ(as_text(), "10.0.0.2 fd00::3");
}
