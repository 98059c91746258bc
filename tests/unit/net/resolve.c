/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo */
/* LABELS: threads */
/*
 * Names to addresses.  getaddrinfo() is this file's own, so that a test says
 * what there is, how often it is asked, and how long it takes.
 */
#include "resolve_test.h"

const answer_fn answer_names = answer_counted;

/* ---- one after the other ---------------------------------------------- */

/* "127.0.0.1:80 [::1]:80 ", or the error, into static memory. */
static const char *resolved(const char *host, uint16_t port)
{
    static char text[1024];
    char one[COIL_ADDRESS_STRING];
    struct coil_address *addresses;
    size_t count;
    int rc;

    rc = coil_resolve(host, port, &addresses, &count);
    if (rc < 0) {
        ASSERT_NULL(addresses);
        return coil_strerror(rc);
    }
    text[0] = '\0';
    ASSERT_GT(count, 0);
    for (size_t i = 0; i < count; i++) {
        strcat(text, coil_address_string(&addresses[i], one));
        strcat(text, " ");
        ASSERT_EQ(coil_address_port(&addresses[i]), port);
    }
    coil_addresses_free(addresses);
    return text;
}

STREAM_TEST(resolve_takes_numeric_addresses_as_they_are)
{
    reset();
    ASSERT_STR_EQ(resolved("127.0.0.1", 80), "127.0.0.1:80 ");
    ASSERT_STR_EQ(resolved("::1", 65535), "[::1]:65535 ");
    ASSERT_STR_EQ(resolved("fe80::1:2", 1), "[fe80::1:2]:1 ");
    ASSERT_STR_EQ(resolved(NULL, 8080), "0.0.0.0:8080 [::]:8080 ");
    ASSERT_STR_EQ(resolved("127.0.0.1.", 80), "127.0.0.1:80 ");
    ASSERT_STR_EQ(resolved("::FFFF", 80), "[::ffff]:80 ");
    ASSERT_EQ(asked, 0);
    coil_addresses_free(NULL);
}

/* No server is told of what can be no name. */
STREAM_TEST(resolve_asks_nobody_for_what_looks_like_numbers)
{
    static const char *const hosts[] = { "1.2.3.4.5",       "256.1.1.1", "::g",
                                         "fe80::1%nowhere", "1:2",       ".",
                                         "127.0.0.1.." };

    reset();
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        ASSERT_EQ(resolve_text(hosts[i]), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(asked, 0);
    ASSERT_EQ(resolve_text("1.2.3.4x"), 1);
    ASSERT_EQ(asked, 1);
}

STREAM_TEST(resolve_asks_for_names)
{
    reset();
    ASSERT_STR_EQ(resolved("one.test", 80), "127.0.0.1:80 ");
    ASSERT_STR_EQ(resolved("two.test", 81), "127.0.0.2:81 127.0.0.1:81 ");
    ASSERT_STR_EQ(resolved("two.test", 82), "127.0.0.2:82 127.0.0.1:82 ");
    ASSERT_EQ(asked, 3);
    ASSERT_EQ(asked_elsewhere, simulated ? 0 : 3);
}

/* Nobody is asked (RFC 6761, 6.3), whatever a table may say. */
STREAM_TEST(resolve_knows_this_machine_by_its_name)
{
    static const char *const names[] = { "localhost", "unknown.localhost",
                                         "unknown.LocalHost.",
                                         "a.unknown.localhost" };

    reset();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ASSERT_STR_EQ(resolved(names[i], 80), "[::1]:80 127.0.0.1:80 ");
    ASSERT_EQ(asked, 0);
    ASSERT_EQ(resolve_text("unknownlocalhost"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(resolve_text("unknown.localhost.test"),
              COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(asked, 2);
}

/* A module of the name service may do that. */
KERNEL_TEST(resolve_goes_on_when_a_look_up_ends_its_thread)
{
    reset();
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(resolve_text("exit.test"), -EOWNERDEAD);
    ASSERT_EQ(resolve_text("two.test"), 2);
}

/* Of a program that has closed its standard input. */
KERNEL_TEST(resolve_in_vain_leaves_descriptor_0_free)
{
    int saved = dup(STDIN_FILENO);
    int fd;

    reset();
    ASSERT_EQ(resolve_text("two.test"), 2);
    close(STDIN_FILENO);
    ASSERT_EQ(resolve_text("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    fd = dup(STDERR_FILENO);
    ASSERT_EQ(fd, STDIN_FILENO);
    close(fd);
    if (saved >= 0)
        ASSERT_EQ(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}

static int resolve_two(void *arg)
{
    (void)arg;
    return resolve_text("two.test");
}

/* The child has a resolver of its own, and the parent keeps its. */
KERNEL_TEST(resolve_goes_on_in_parent_and_child_after_a_fork)
{
    pid_t child;
    int status;

    if (under_tsan)
        SKIP("ThreadSanitizer makes no thread after a fork among threads");
    reset();
    ASSERT_EQ(resolve_text("two.test"), 2);
    child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        _exit(coil_run(resolve_two, NULL) != 2);
    ASSERT_EQ(resolve_text("two.test"), 2);
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    ASSERT_EQ(resolve_text("two.test"), 2);
}

STREAM_TEST(resolve_says_what_is_wrong)
{
    char longest[255];

    reset();
    ASSERT_EQ(resolve_text("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(resolve_text("later.test"), COIL_ERESOLVE(EAI_AGAIN));
    ASSERT_EQ(resolve_text("memory.test"), -ENOMEM);
    ASSERT_EQ(resolve_text("system.test"), -ENETDOWN);
    ASSERT_EQ(resolve_text("nothing.test"), COIL_ERESOLVE(EAI_FAIL));
    ASSERT_EQ(resolve_text("fine.test"), 1);
    /* What was missing meanwhile is no property of the name. */
    ASSERT_EQ(resolve_text("short1.test"), -ENFILE);
    ASSERT_EQ(resolve_text("short2.test"), -ENFILE);
    errno = EMFILE; /* of another time */
    ASSERT_EQ(resolve_text("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(asked, 9);

    ASSERT_EQ(resolve_text(""), -EINVAL);
    memset(longest, 'a', 254);
    longest[254] = '\0';
    ASSERT_EQ(resolve_text(longest), -EINVAL);
    longest[253] = '\0';
    ASSERT_EQ(resolve_text(longest), 1);
    longest[253] = '.';
    ASSERT_EQ(resolve_text(longest), 1);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(resolve_text("127.0.0.1"), -ECANCELED);
}

STREAM_TEST(resolve_passes_over_addresses_of_other_families)
{
    reset();
    ASSERT_EQ(resolve_text("other.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_STR_EQ(resolved("mixed.test", 80), "127.0.0.2:80 127.0.0.1:80 ");
}

/* Not that it is no address in numbers, and so may be a name. */
STREAM_TEST(resolve_says_what_is_wrong_with_an_address_in_numbers)
{
    static const struct {
        int said;
        int error;
    } errors[] = {
        { EAI_MEMORY, -ENOMEM },
        { EAI_FAIL, COIL_ERESOLVE(EAI_FAIL) },
        { EAI_AGAIN, COIL_ERESOLVE(EAI_AGAIN) },
    };

    reset();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        numeric_error = errors[i].said;
        ASSERT_EQ(resolve_text("127.0.0.1"), errors[i].error);
        ASSERT_EQ(resolve_text(NULL), errors[i].error);
        numeric_error = 0;
        ASSERT_EQ(resolve_text("127.0.0.1"), 1);
        ASSERT_EQ(resolve_text(NULL), 2);
    }
    numeric_error = EAI_NONAME;
    ASSERT_EQ(resolve_text(NULL), COIL_ERESOLVE(EAI_NONAME));
    numeric_error = 0;
    ASSERT_EQ(asked, 0);
}

/* Returns how many allocations there are. */
static size_t resolve_without_memory(void)
{
    size_t before;
    size_t n = 0;

    do {
        int rc;

        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = resolve_text("two.test");
        ASSERT(rc == -ENOMEM || rc == 2);
    } while (coil_test_allocations() - before >= n);
    coil_test_fail_allocation(0, false);
    return n;
}

/* What is made once is there the second time. */
STREAM_TEST(resolve_without_memory_fails_cleanly)
{
    reset();
    ASSERT_GT(resolve_without_memory(), 2);
    ASSERT_GT(resolve_without_memory(), 2);
}

/* ---- connecting by name ------------------------------------------------ */

STREAM_TEST(resolve_to_several_addresses_connects_to_the_one_that_answers)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *s;
    char text[COIL_ADDRESS_STRING];

    reset();
    listener = listening(&address); /* on 127.0.0.1, and not on 127.0.0.2 */
    ASSERT_EQ(coil_tcp_connect(&s, "two.test", coil_address_port(&address)), 0);
    coil_stream_peer_address(s, &address);
    ASSERT_STR_CONTAINS(coil_address_string(&address, text), "127.0.0.1:");
    coil_stream_abort(s);
    coil_listener_close(listener);

    ASSERT_EQ(coil_tcp_connect(&s, "two.test", coil_address_port(&address)),
              -ECONNREFUSED);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_tcp_connect(&s, "unknown.test", 80),
              COIL_ERESOLVE(EAI_NONAME));
    ASSERT_NULL(s);
}

/* ---- addresses in words ------------------------------------------------ */

TEST(resolve_words_fit_every_address)
{
    char text[COIL_ADDRESS_STRING];
    struct coil_address address = { .length = 0 };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_port = htons(80),
                                .sin6_scope_id = 4294967295u };
    char un[sizeof address.storage] = { 0 };
    sa_family_t family = AF_UNIX;

    ASSERT_STR_EQ(coil_address_string(&address, text), "no address");
    ASSERT_EQ(coil_address_port(&address), 0);

    memset(&in6.sin6_addr, 0xff, sizeof in6.sin6_addr);
    memcpy(&address.storage, &in6, sizeof in6);
    address.length = sizeof in6;
    ASSERT_STR_EQ(coil_address_string(&address, text),
                  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:80");

    memcpy(un, &family, sizeof family);
    memset(un + sizeof family, 'p', sizeof un - sizeof family);
    memcpy(&address.storage, un, sizeof un);
    address.length = sizeof family + 108;
    ASSERT_EQ(strlen(coil_address_string(&address, text)), 108);
    /* Linux counts a NUL behind a path that leaves no room for one. */
    address.length = sizeof family + 109;
    ASSERT_EQ(strlen(coil_address_string(&address, text)), 108);
    address.length = sizeof family;
    ASSERT_STR_EQ(coil_address_string(&address, text), "");
    un[sizeof family] = '\0';
    memcpy(&address.storage, un, sizeof un);
    address.length = sizeof family + 3;
    ASSERT_STR_EQ(coil_address_string(&address, text), "@pp");
    ASSERT_EQ(coil_address_port(&address), 0);

    address.storage.ss_family = 200;
    ASSERT_STR_EQ(coil_address_string(&address, text), "address family 200");
    ASSERT_EQ(coil_address_port(&address), 0);
}
