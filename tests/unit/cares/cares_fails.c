/* SPDX-License-Identifier: MIT */
/* WRAPS: ares_library_init ares_init_options ares_set_servers_ports_csv ares_getaddrinfo ares_freeaddrinfo ares_destroy ares_timeout ares_process_fd */
/*
 * What happens when c-ares fails, and which of its sockets are watched.  This
 * c-ares is the test's own, and does what a test says.
 */
#include <ares.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <coil/cares.h>
#include <coil/resolve.h>

#include "stream_test.h"

/* ---- this c-ares ---------------------------------------------------------- */

static int library_status;
static int init_status;
static int servers_status;
static void (*play)(void); /* what it does with a question */
static struct ares_addrinfo *answer;
static int channels; /* that are open */

static ares_sock_state_cb changed;
static void *changed_data;
static ares_addrinfo_callback over;
static void *over_arg;

int __wrap_ares_library_init(int flags);
int __wrap_ares_init_options(ares_channel *channel,
                             struct ares_options *options, int mask);
int __wrap_ares_set_servers_ports_csv(ares_channel channel, const char *csv);
void __wrap_ares_getaddrinfo(ares_channel channel, const char *node,
                             const char *service,
                             const struct ares_addrinfo_hints *hints,
                             ares_addrinfo_callback callback, void *arg);
void __wrap_ares_freeaddrinfo(struct ares_addrinfo *ai);
void __wrap_ares_destroy(ares_channel channel);
struct timeval *__wrap_ares_timeout(ares_channel channel, struct timeval *most,
                                    struct timeval *limit);
void __wrap_ares_process_fd(ares_channel channel, ares_socket_t reader,
                            ares_socket_t writer);

int __wrap_ares_library_init(int flags)
{
    ASSERT_EQ(flags, ARES_LIB_INIT_ALL);
    return library_status;
}

int __wrap_ares_init_options(ares_channel *channel,
                             struct ares_options *options, int mask)
{
    ASSERT(mask & ARES_OPT_SOCK_STATE_CB);
    if (init_status != ARES_SUCCESS)
        return init_status;
    changed = options->sock_state_cb;
    changed_data = options->sock_state_cb_data;
    *channel = NULL;
    channels++;
    return ARES_SUCCESS;
}

int __wrap_ares_set_servers_ports_csv(ares_channel channel, const char *csv)
{
    (void)channel;
    ASSERT_STR_EQ(csv, "192.0.2.1");
    return servers_status;
}

void __wrap_ares_getaddrinfo(ares_channel channel, const char *node,
                             const char *service,
                             const struct ares_addrinfo_hints *hints,
                             ares_addrinfo_callback callback, void *arg)
{
    (void)channel;
    ASSERT_STR_EQ(node, "one.test");
    ASSERT_NULL(service);
    ASSERT(hints->ai_flags & ARES_AI_NOSORT);
    over = callback;
    over_arg = arg;
    play();
}

void __wrap_ares_freeaddrinfo(struct ares_addrinfo *ai)
{
    ASSERT_PTR_EQ(ai, answer);
}

void __wrap_ares_destroy(ares_channel channel)
{
    (void)channel;
    channels--;
}

struct timeval *__wrap_ares_timeout(ares_channel channel, struct timeval *most,
                                    struct timeval *limit)
{
    (void)channel;
    (void)limit;
    return most;
}

static void succeed(void)
{
    over(over_arg, ARES_SUCCESS, 0, answer);
}

void __wrap_ares_process_fd(ares_channel channel, ares_socket_t reader,
                            ares_socket_t writer)
{
    (void)channel;
    if (reader != ARES_SOCKET_BAD)
        changed(changed_data, reader, 0, 0);
    if (writer != ARES_SOCKET_BAD)
        changed(changed_data, writer, 0, 0);
    succeed();
}

/* ---- who asks ------------------------------------------------------------- */

static struct coil_cares cares;

static void configure(void (*with)(void))
{
    play = with;
    ASSERT_EQ(
        coil_resolver_configure(&(struct coil_resolver_options){
            .source = coil_cares_init(&cares, "192.0.2.1"), .no_cache = true }),
        0);
}

/* How many addresses, or the error. */
static int resolve_one(void)
{
    struct coil_address *addresses;
    size_t count;
    int rc = coil_resolve("one.test", 80, &addresses, &count);

    ASSERT_EQ(channels, 0);
    if (rc < 0)
        return rc;
    coil_addresses_free(addresses);
    return (int)count;
}

static struct sockaddr_in in = { .sin_family = AF_INET };
static struct ares_addrinfo_node second = { .ai_ttl = 30,
                                            .ai_family = AF_INET,
                                            .ai_addrlen = sizeof in,
                                            .ai_addr = (struct sockaddr *)&in };
static struct ares_addrinfo_node first = { .ai_ttl = 60,
                                           .ai_family = AF_INET,
                                           .ai_addrlen = sizeof in,
                                           .ai_addr = (struct sockaddr *)&in,
                                           .ai_next = &second };
static struct ares_addrinfo two = { .nodes = &first };

/* ---- what it says --------------------------------------------------------- */

KERNEL_TEST(cares_fails_with_an_error_of_coil)
{
    static const struct {
        int status;
        int error;
    } errors[] = {
        { ARES_ENODATA, COIL_ERESOLVE(EAI_NODATA) },
        { ARES_ENOTFOUND, COIL_ERESOLVE(EAI_NONAME) },
        { ARES_EBADNAME, COIL_ERESOLVE(EAI_NONAME) },
        { ARES_ETIMEOUT, COIL_ERESOLVE(EAI_AGAIN) },
        { ARES_ESERVFAIL, COIL_ERESOLVE(EAI_AGAIN) },
        { ARES_ECONNREFUSED, COIL_ERESOLVE(EAI_AGAIN) },
        { ARES_ENOMEM, -ENOMEM },
        { ARES_EFORMERR, COIL_ERESOLVE(EAI_FAIL) },
    };

    configure(succeed);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        init_status = errors[i].status;
        ASSERT_EQ(resolve_one(), errors[i].error);
    }
    init_status = ARES_SUCCESS;
    servers_status = ARES_ENOMEM;
    ASSERT_EQ(resolve_one(), -ENOMEM);
    servers_status = ARES_EBADSTR;
    ASSERT_EQ(resolve_one(), -EINVAL);
    servers_status = ARES_SUCCESS;
    answer = &two;
    ASSERT_EQ(resolve_one(), 2);
}

KERNEL_TEST(cares_fails_if_its_library_does)
{
    library_status = ARES_ENOMEM;
    configure(succeed);
    ASSERT_EQ(resolve_one(), -ENOMEM);
    ASSERT_EQ(resolve_one(), -ENOMEM);
}

/* Each allocation in turn: that of the answer's addresses, too. */
KERNEL_TEST(cares_fails_without_memory_for_its_answer)
{
    size_t before;
    size_t n = 0;

    configure(succeed);
    answer = &two;
    do {
        int rc;

        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = resolve_one();
        ASSERT(rc == -ENOMEM || rc == 2);
        coil_test_fail_allocation(0, false);
    } while (coil_test_allocations() - before >= n);
    ASSERT_GT(n, 4);
}

/* ---- its sockets ---------------------------------------------------------- */

static int ends[2];

/* Nothing of a pipe's end can be read: it can be written. */
static void write_only(void)
{
    changed(changed_data, ends[1], 0, 1);
    changed(changed_data, ends[1], 0, 1);
}

/* To be read, then to be written as well, then to be read only. */
static void read_in_the_end(void)
{
    changed(changed_data, ends[0], 1, 0);
    changed(changed_data, ends[0], 1, 0);
    changed(changed_data, ends[1], 0, 1);
    changed(changed_data, ends[1], 0, 0);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
}

KERNEL_TEST(cares_fails_to_hear_of_no_socket)
{
    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    answer = &two;
    configure(write_only);
    ASSERT_EQ(resolve_one(), 2);
    configure(read_in_the_end);
    ASSERT_EQ(resolve_one(), 2);
    close(ends[0]);
    close(ends[1]);
}

/* That is closed. */
static void write_to_none(void)
{
    changed(changed_data, ends[1], 0, 1);
}

static void read_from_none(void)
{
    changed(changed_data, ends[0], 1, 0);
}

KERNEL_TEST(cares_fails_with_sockets_that_cannot_be_watched)
{
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    close(ends[1]);
    configure(write_to_none);
    ASSERT_EQ(resolve_one(), -EBADF);
    configure(read_from_none);
    ASSERT_EQ(resolve_one(), -EBADF);
}

enum { MANY = 17 };

static int copies[MANY];

static void have_many(void)
{
    for (int i = 0; i < MANY; i++)
        changed(changed_data, copies[i], 1, 0);
    for (int i = 0; i < MANY; i++)
        changed(changed_data, copies[i], 0, 0);
}

/* It never has so many, and is not believed if it says so. */
KERNEL_TEST(cares_fails_with_more_sockets_than_there_are_places)
{
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    for (int i = 0; i < MANY; i++) {
        copies[i] = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
        ASSERT_GE(copies[i], 0);
    }
    configure(have_many);
    ASSERT_EQ(resolve_one(), -EMFILE);
    for (int i = 0; i < MANY; i++)
        close(copies[i]);
    close(ends[0]);
    close(ends[1]);
}
