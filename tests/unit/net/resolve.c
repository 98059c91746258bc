/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Names to addresses.  getaddrinfo() is this file's own, so that a test says
 * what there is, how often it is asked, and how long it takes.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/resolve.h>

#include "base/platform.h"
#include "gate_test.h"
#include "stream_test.h"

/* ---- a resolver that does what a test wants --------------------------- */

static atomic_int asked; /* how often for a name */
static atomic_int answered;
static pthread_t loop_thread;
static atomic_int asked_elsewhere;

static int
    numeric_error; /* what getaddrinfo() says of any address in numbers */

/* What no socket of TCP can be made for. */
static struct addrinfo *make_other(struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info);

    info->ai_addr = calloc(1, sizeof(struct sockaddr));
    info->ai_addrlen = sizeof(struct sockaddr);
    info->ai_addr->sa_family = AF_UNIX;
    info->ai_family = AF_UNIX;
    info->ai_next = next;
    return info;
}

static struct addrinfo *make_info(const char *text, struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info);
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

    info->ai_addr = calloc(1, sizeof in6);
    info->ai_next = next;
    info->ai_socktype = SOCK_STREAM;
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        info->ai_family = AF_INET;
        info->ai_addrlen = sizeof in;
        memcpy(info->ai_addr, &in, sizeof in);
    } else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
        info->ai_family = AF_INET6;
        info->ai_addrlen = sizeof in6;
        memcpy(info->ai_addr, &in6, sizeof in6);
    } else {
        free(info->ai_addr);
        free(info);
        return next;
    }
    return info;
}

/* "127-0-1-9.test" has the address that it says. */
static void answer_with_number(const char *name, struct addrinfo **list)
{
    char text[20];

    snprintf(text, sizeof text, "%.*s", (int)strcspn(name, "."), name);
    for (char *at = text; (at = strchr(at, '-'));)
        *at = '.';
    *list = make_info(text, NULL);
}

/* Names that begin with "slow" wait at the gate. */
static int answer(const char *name, struct addrinfo **list)
{
    if (strncmp(name, "slow", 4) == 0) {
        wait_at_gate();
        count(&ended);
    }
    if (strcmp(name, "fine.test") == 0) {
        *list = make_info("127.0.0.1", NULL);
        errno = EMFILE; /* what was not needed after all */
    } else if (strcmp(name, "two.test") == 0)
        *list = make_info("127.0.0.2", make_info("127.0.0.1", NULL));
    else if (strstr(name, "unknown"))
        return EAI_NONAME;
    else if (strcmp(name, "exit.test") == 0)
        pthread_exit(NULL);
    else if (strncmp(name, "short", 5) == 0) {
        errno = ENFILE;
        return name[5] == '1' ? EAI_NONAME : EAI_AGAIN;
    } else if (strcmp(name, "later.test") == 0)
        return EAI_AGAIN;
    else if (strcmp(name, "memory.test") == 0)
        return EAI_MEMORY;
    else if (strcmp(name, "system.test") == 0) {
        errno = ENETDOWN;
        return EAI_SYSTEM;
    } else if (strcmp(name, "nothing.test") == 0) {
        errno = 0;
        return EAI_SYSTEM;
    } else if (strcmp(name, "other.test") == 0)
        *list = make_other(NULL);
    else if (strcmp(name, "mixed.test") == 0)
        *list = make_other(
            make_info("127.0.0.1", make_other(make_info("::1", NULL))));
    else if (strncmp(name, "127-", 4) == 0)
        answer_with_number(name, list);
    else
        *list = make_info("127.0.0.1", NULL);
    return 0;
}

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    int rc;

    (void)service;
    *list = NULL;
    if (numeric_error && (!name || hints->ai_flags & AI_NUMERICHOST))
        return numeric_error;
    if (!name) {
        *list = make_info("0.0.0.0", make_info("::", NULL));
        return 0;
    }
    if (hints->ai_flags & AI_NUMERICHOST) {
        *list = make_info(name, NULL);
        return *list ? 0 : EAI_NONAME;
    }
    if (!pthread_equal(pthread_self(), loop_thread))
        count(&asked_elsewhere);
    count(&asked);
    rc = answer(name, list);
    count(&answered);
    return rc;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;

        free(list->ai_addr);
        free(list);
        list = next;
    }
}

static void reset(void)
{
    loop_thread = pthread_self();
    asked = 0;
    asked_elsewhere = 0;
    answered = 0;
    close_gate();
}

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
    ASSERT_EQ(asked, 0);
    coil_addresses_free(NULL);
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

static int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t count;
    int rc;

    rc = coil_resolve(arg, 80, &addresses, &count);
    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, 0);
    coil_addresses_free(addresses);
    return (int)count;
}

static int resolve_text(const char *host)
{
    return resolve((void *)(uintptr_t)host);
}

/* More than the threads there are. */
static const char *const names[] = { "slow0", "slow1", "slow2", "slow3",
                                     "slow4", "slow5", "slow6", "slow7",
                                     "slow8", "slow9" };

static struct coil_task *start_resolving(const char *host)
{
    return start(resolve, (void *)(uintptr_t)host);
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

#if defined(COIL_TSAN)
static const bool under_tsan = true;
#else
static const bool under_tsan = false;
#endif

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
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(resolve_text("127.0.0.1"), -ECANCELED);
}

STREAM_TEST(resolve_passes_over_addresses_of_other_families)
{
    reset();
    ASSERT_EQ(resolve_text("other.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_STR_EQ(resolved("mixed.test", 80), "127.0.0.1:80 [::1]:80 ");
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

STREAM_TEST(resolve_without_memory_fails_cleanly)
{
    size_t before;
    size_t n = 0;

    reset();
    do {
        int rc;

        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = resolve_text("one.test");
        ASSERT(rc == -ENOMEM || rc == 1);
    } while (coil_test_allocations() - before >= n);
    coil_test_fail_allocation(0, false);
    ASSERT_GT(n, 2);
}

/* ---- several at once --------------------------------------------------- */

STREAM_TEST(resolve_asks_once_for_all_who_want_one_name)
{
    struct coil_task *tasks[10];

    reset();
    open_gate(10);
    for (int i = 0; i < 10; i++)
        tasks[i] =
            start_resolving(i % 5 == 4 ? "slow.other.test" : "slow.test");
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    /* On the kernel an answer may come before the last has asked. */
    if (simulated && seed == 0)
        ASSERT_EQ(asked, 2);
    ASSERT_EQ(resolve_text("slow.test"), 1);
}

static int resolve_number(void *arg)
{
    struct coil_address *addresses;
    char name[30];
    char expected[30];
    char one[COIL_ADDRESS_STRING];
    size_t count;
    int n = *(int *)arg;
    int rc;

    snprintf(name, sizeof name, "127-0-1-%d.test", n);
    snprintf(expected, sizeof expected, "127.0.1.%d:80", n);
    rc = coil_resolve(name, 80, &addresses, &count);
    if (rc < 0)
        return rc;
    ASSERT_EQ(count, 1);
    ASSERT_STR_EQ(coil_address_string(addresses, one), expected);
    coil_addresses_free(addresses);
    return 0;
}

/* There are more of them at once than the table has places. */
STREAM_TEST(resolve_gives_each_name_its_own_answer)
{
    struct coil_task *tasks[200];
    int numbers[200];

    reset();
    for (int i = 0; i < 200; i++) {
        numbers[i] = i;
        tasks[i] = start(resolve_number, &numbers[i]);
    }
    for (int i = 0; i < 200; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(asked, 200);
}

KERNEL_TEST(resolve_joins_a_look_up_that_takes_long)
{
    struct coil_task *tasks[10];

    reset();
    for (int i = 0; i < 10; i++)
        tasks[i] = start_resolving("slow.test");
    settle();
    until(&asked, 1);
    for (int i = 0; i < 9; i++)
        ASSERT_EQ(end_by_cancelling(tasks[i]), -ECANCELED);
    open_gate(1);
    ASSERT_EQ(end_of(tasks[9]), 1);
    ASSERT_EQ(asked, 1);
}

/* Withdrawn once, however many had asked. */
KERNEL_TEST(resolve_withdraws_what_all_have_left)
{
    struct coil_task *busy[8];
    struct coil_task *tasks[3];

    reset();
    for (int i = 0; i < 8; i++)
        busy[i] = start_resolving(names[i]);
    settle();
    until(&asked, 8);
    for (int i = 0; i < 3; i++)
        tasks[i] = start_resolving("one.test");
    settle();
    for (int i = 0; i < 3; i++)
        ASSERT(coil_task_cancel(tasks[i]));
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), -ECANCELED);
    open_gate(8);
    for (int i = 0; i < 8; i++)
        ASSERT_EQ(end_of(busy[i]), 1);
    ASSERT_EQ(asked, 8);
}

KERNEL_TEST(resolve_joins_even_what_nobody_waits_for_any_more)
{
    struct coil_task *task;

    reset();
    task = start_resolving("slow.test");
    settle();
    until(&asked, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    task = start_resolving("slow.test");
    settle();
    open_gate(1);
    ASSERT_EQ(end_of(task), 1);
    ASSERT_EQ(asked, 1);

    /* And what was dropped is not remembered. */
    task = start_resolving("slow.test");
    settle();
    until(&asked, 2);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    open_gate(1);
    until(&answered, 2);
    settle();
    open_gate(1);
    ASSERT_EQ(resolve_text("slow.test"), 1);
    ASSERT_EQ(asked, 3);
}

KERNEL_TEST(resolve_uses_8_threads_and_withdraws_what_has_not_begun)
{
    struct coil_task *tasks[10];

    reset();
    for (int i = 0; i < 10; i++)
        tasks[i] = start_resolving(names[i]);
    settle();
    until(&begun, 8);
    ASSERT_EQ(end_by_cancelling(tasks[8]), -ECANCELED);
    open_gate(1);
    until(&begun, 9);
    open_gate(9);
    for (int i = 0; i < 10; i++)
        if (i != 8)
            ASSERT_EQ(end_of(tasks[i]), 1);
    ASSERT_EQ(asked, 9);
    ASSERT_EQ(most, 8);
    ASSERT_EQ(resolve_text("slow8"), 1);
}

STREAM_TEST(resolve_cancelled_at_any_moment_forgets_nothing)
{
    reset();
    for (int turns = 0; turns < 6; turns++) {
        struct coil_task *a = start_resolving("one.test");
        struct coil_task *b = start_resolving("one.test");
        int rc;

        for (int i = 0; i < turns; i++)
            ASSERT_EQ(coil_yield(), 0);
        (void)coil_task_cancel(a);
        rc = end_of(a);
        ASSERT(rc == 1 || rc == -ECANCELED);
        ASSERT_EQ(end_of(b), 1);
    }
}

KERNEL_TEST(resolve_in_a_timeout_scope_ends_in_time)
{
    struct coil_timeout limit;
    int rc;

    reset();
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = resolve_text("slow.test");
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    open_gate(1);
}

/* ---- the end of the loop ----------------------------------------------- */

static int leave_resolving(void *arg)
{
    int before = atomic_load(&asked);

    coil_task_release(start_resolving(arg));
    coil_task_release(start_resolving("slow.test"));
    while (atomic_load(&asked) == before)
        ASSERT_EQ(coil_yield(), 0);
    return 0;
}

/* All threads are past what they did for loops that are gone. */
static int keep_all_threads(void *arg)
{
    int before = atomic_load(&asked);
    struct coil_task *tasks[8];

    (void)arg;
    for (int i = 0; i < 8; i++)
        tasks[i] = start_resolving(names[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&asked, before + 8);
    open_gate(8);
    for (int i = 0; i < 8; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    return 0;
}

/* Each loop may lie where the last one did, and must not join its look-up. */
TEST(resolve_that_ends_after_its_loop_tells_nobody)
{
    static char name[] = "slow.test";

    reset();
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(coil_run(leave_resolving, name), 0);
    ASSERT_EQ(asked, 5);
    open_gate(6);
    ASSERT_EQ(coil_run(resolve, name), 1);
    until(&answered, 6);
    ASSERT_EQ(coil_run(keep_all_threads, NULL), 0);
}

static int resolve_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++) {
        int rc = resolve_text("two.test");

        if (rc != 2)
            return rc;
    }
    return 0;
}

static int resolve_in_tasks(void *arg)
{
    struct coil_task *tasks[10];
    int rc = 0;

    for (int i = 0; i < 10; i++)
        tasks[i] = start(resolve_many, arg);
    for (int i = 0; i < 10; i++)
        rc |= end_of(tasks[i]);
    return rc;
}

static void *run_loop(void *arg)
{
    int *rc = arg;

    *rc = coil_run(resolve_in_tasks, NULL);
    return NULL;
}

TEST(resolve_serves_several_loops)
{
    pthread_t loops[4];
    int rc[4];

    reset();
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&loops[i], NULL, run_loop, &rc[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(loops[i], NULL);
        ASSERT_EQ(rc[i], 0);
    }
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
