/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Names by c-ares, from a name server that is a task of the test.  Names end in
 * a dot, so that no search domain of this machine's is tried.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/cares.h>
#include <coil/fd.h>
#include <coil/resolve.h>

#include "process.h"
#include "stream_test.h"

/* ---- a name server -------------------------------------------------------- */

static int udp = -1;
static struct coil_listener *tcp;
static struct coil_task *by_udp, *by_tcp;
static struct coil_cares cares;
static char servers[40];
static int asked;

enum { A = 1, CNAME = 5, AAAA = 28 };

struct message {
    unsigned char bytes[512];
    size_t size;
};

static void put(struct message *m, const void *bytes, size_t size)
{
    ASSERT_LE(m->size + size, sizeof m->bytes);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_number(struct message *m, unsigned number)
{
    unsigned char bytes[] = { (unsigned char)(number >> 8),
                              (unsigned char)number };

    put(m, bytes, 2);
}

/* The head of a record; the name is the one at `offset`. */
static void put_record(struct message *m, unsigned offset, unsigned type,
                       unsigned ttl, unsigned size)
{
    put_number(m, 0xc000 | offset);
    put_number(m, type);
    put_number(m, 1);
    put_number(m, 0);
    put_number(m, ttl);
    put_number(m, size);
}

/* "name.test" of the question, and its type; returns where it ends. */
static size_t read_question(const unsigned char *bytes, char *name,
                            unsigned *type)
{
    size_t at = 12;

    name[0] = '\0';
    while (bytes[at]) {
        strncat(name, (const char *)bytes + at + 1, bytes[at]);
        at += 1u + bytes[at];
        if (bytes[at])
            strcat(name, ".");
    }
    *type = bytes[at + 2];
    return at + 5;
}

static void put_address(struct message *m, unsigned type, unsigned ttl)
{
    if (type == A) {
        put_record(m, 12, A, ttl, 4);
        put(m, "\x0a\x00\x00\x01", 4);
    } else {
        put_record(m, 12, AAAA, ttl, 16);
        put(m, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    }
    m->bytes[7]++;
}

/* False: there is no answer. */
static bool answer(const unsigned char *query, struct message *m, bool by_udp_)
{
    char name[256];
    unsigned type;
    size_t end = read_question(query, name, &type);

    asked++;
    *m = (struct message){ .size = 0 };
    put(m, query, end);
    m->bytes[2] = 0x84; /* a response, with authority */
    m->bytes[3] = 0x80;
    memset(m->bytes + 6, 0, 6);
    if (strncmp(name, "dead", 4) == 0)
        return false;
    if (strcmp(name, "unknown.test") == 0) {
        m->bytes[3] |= 3;
    } else if (strcmp(name, "broken.test") == 0) {
        m->bytes[3] |= 2;
    } else if (strcmp(name, "long.test") == 0 && by_udp_) {
        m->bytes[2] |= 2; /* truncated */
    } else if (strcmp(name, "alias.test") == 0) {
        put_record(m, 12, CNAME, 7, 2);
        put_number(m, 0xc00c);
        m->bytes[7]++;
        put_address(m, type, 60);
    } else if (strcmp(name, "four.test") != 0 || type == A) {
        put_address(m, type, 60);
    }
    return true;
}

static int serve_udp(void *arg)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    unsigned char query[512];
    struct message m;

    (void)arg;
    for (;;) {
        int rc = coil_wait_fd(udp, COIL_READABLE);

        if (rc < 0)
            return rc;
        length = sizeof peer;
        if (recvfrom(udp, query, sizeof query, 0, (struct sockaddr *)&peer,
                     &length) > 12 &&
            answer(query, &m, true))
            ASSERT_EQ(sendto(udp, m.bytes, m.size, 0, (struct sockaddr *)&peer,
                             length),
                      (ssize_t)m.size);
    }
}

static int serve_tcp(void *arg)
{
    struct coil_stream *s;
    unsigned char query[514];
    struct message m;
    int rc;

    (void)arg;
    for (;;) {
        rc = coil_listener_accept(tcp, &s);
        if (rc < 0)
            return rc;
        rc = coil_stream_read_exactly(s, query, 2, NULL);
        while (rc == 0) {
            unsigned char size[2] = { 0 };

            rc = coil_stream_read_exactly(s, query + 2, query[1], NULL);
            if (rc < 0)
                break;
            ASSERT(answer(query + 2, &m, false));
            size[1] = (unsigned char)m.size;
            ASSERT_EQ(coil_stream_write(s, size, 2), 0);
            ASSERT_EQ(coil_stream_write(s, m.bytes, m.size), 0);
            rc = coil_stream_read_exactly(s, query, 2, NULL);
        }
        coil_stream_abort(s);
        if (rc == -ECANCELED)
            return rc;
    }
}

/* Returns whether the port that is free for TCP is so for UDP. */
static bool listen_on_both(struct coil_address *address)
{
    struct sockaddr_in in = { .sin_family = AF_INET };

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(coil_tcp_listen(&tcp, "127.0.0.1", 0), 0);
    coil_listener_address(tcp, address);
    in.sin_port = htons(coil_address_port(address));
    udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ASSERT_GE(udp, 0);
    if (bind(udp, (struct sockaddr *)&in, sizeof in) == 0)
        return true;
    close(udp);
    coil_listener_close(tcp);
    return false;
}

static void begin(void)
{
    struct coil_address address;
    int tries = 0;

    while (!listen_on_both(&address))
        ASSERT_LT(++tries, 100);
    by_udp = start(serve_udp, NULL);
    by_tcp = start(serve_tcp, NULL);
    snprintf(servers, sizeof servers, "127.0.0.1:%u",
             (unsigned)coil_address_port(&address));
    ASSERT_EQ(coil_resolver_configure(&(struct coil_resolver_options){
                  .source = coil_cares_init(&cares, servers) }),
              0);
    asked = 0;
}

static void conclude(void)
{
    ASSERT_EQ(end_by_cancelling(by_udp), -ECANCELED);
    ASSERT_EQ(end_by_cancelling(by_tcp), -ECANCELED);
    coil_listener_close(tcp);
    close(udp);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
}

/* ---- who asks ------------------------------------------------------------- */

/* How many addresses, or the error. */
static int resolve(void *host)
{
    struct coil_address *addresses;
    size_t count;
    int rc = coil_resolve(host, 80, &addresses, &count);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        ASSERT_EQ(coil_address_port(&addresses[i]), 80);
    coil_addresses_free(addresses);
    return (int)count;
}

static int resolve_text(const char *host)
{
    return resolve((void *)(uintptr_t)host);
}

KERNEL_TEST(cares_finds_names)
{
    begin();
    ASSERT_EQ(resolve_text("two.test."), 2);
    ASSERT_EQ(resolve_text("four.test."), 1);
    ASSERT_EQ(resolve_text("four.test."), 1);
    ASSERT_EQ(asked, 4); /* for each a question for IPv4, and one for IPv6 */
    ASSERT_EQ(resolve_text("192.0.2.1"), 1);
    ASSERT_EQ(resolve_text("localhost"), 1);
    ASSERT_EQ(asked, 4);
    conclude();
}

KERNEL_TEST(cares_asks_for_one_family)
{
    const struct coil_getaddrinfo_options options = { .family = AF_INET };
    struct coil_address *addresses;
    char text[COIL_ADDRESS_STRING];
    size_t count;

    begin();
    ASSERT_EQ(coil_getaddrinfo("two.test.", 80, &options, &addresses, &count),
              0);
    ASSERT_EQ(count, 1);
    ASSERT_STR_EQ(coil_address_string(addresses, text), "10.0.0.1:80");
    coil_addresses_free(addresses);
    ASSERT_EQ(asked, 1);
    conclude();
}

KERNEL_TEST(cares_says_what_is_wrong)
{
    begin();
    ASSERT_EQ(resolve_text("unknown.test."), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(resolve_text("broken.test."), COIL_ERESOLVE(EAI_AGAIN));
    conclude();

    begin();
    ASSERT_EQ(coil_resolver_configure(&(struct coil_resolver_options){
                  .source = coil_cares_init(&cares, "no server") }),
              0);
    ASSERT_EQ(resolve_text("two.test."), -EINVAL);
    ASSERT_EQ(asked, 0);
    conclude();
}

/* The least of all records is what counts: here that of the alias. */
static int keep_ttl(struct coil_lookup *lookup, void *arg)
{
    int rc = cares.source.look_up(lookup, cares.source.arg);

    *(coil_time *)arg = lookup->ttl;
    return rc;
}

KERNEL_TEST(cares_tells_how_long_an_answer_is_good_for)
{
    coil_time ttl = 0;
    const struct coil_resolver_source source = { .look_up = keep_ttl,
                                                 .arg = &ttl };

    begin();
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .source = &source }),
              0);
    ASSERT_EQ(resolve_text("two.test."), 2);
    ASSERT_EQ(ttl, COIL_MINUTE);
    ASSERT_EQ(resolve_text("alias.test."), 2);
    ASSERT_EQ(ttl, 7 * COIL_SECOND);
    ASSERT_EQ(resolve_text("unknown.test."), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(ttl, -1);
    conclude();
}

KERNEL_TEST(cares_asks_by_tcp_for_an_answer_that_is_too_long)
{
    begin();
    ASSERT_EQ(resolve_text("long.test."), 2);
    ASSERT_EQ(asked, 4);
    conclude();
}

KERNEL_TEST(cares_answers_while_names_are_dead_and_leaves_nothing_of_them)
{
    struct coil_task *tasks[300];
    char names[300][30];
    int before;

    begin();
    ASSERT_EQ(coil_yield(), 0);
    before = descriptors();
    for (int i = 0; i < 300; i++) {
        snprintf(names[i], sizeof names[i], "dead%d.test.", i);
        tasks[i] = start(resolve, names[i]);
    }
    ASSERT_EQ(resolve_text("two.test."), 2);
    ASSERT_GT(descriptors(), before);
    for (int i = 0; i < 300; i++)
        ASSERT_EQ(end_by_cancelling(tasks[i]), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(descriptors(), before);
    conclude();
}

KERNEL_TEST(cares_gives_up_in_the_end)
{
    begin();
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    ASSERT_EQ(resolve_text("dead.test."), COIL_ERESOLVE(EAI_AGAIN));
    unsetenv("RES_OPTIONS");
    conclude();
}

KERNEL_TEST(cares_in_a_timeout_scope_ends_in_time)
{
    struct coil_timeout limit;
    int rc;

    begin();
    ASSERT_EQ(coil_timeout_begin(&limit, 10 * COIL_MILLISECOND), 0);
    rc = resolve_text("dead.test.");
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(resolve_text("two.test."), 2);
    conclude();
}

/* It is not the server's fault, and nothing of it is kept. */
KERNEL_TEST(cares_without_descriptors_says_so)
{
    begin();
    for (int i = 0; i < 3; i++) {
        leave_descriptors(0);
        ASSERT_EQ(resolve_text("two.test."), -EMFILE);
        leave_all();
    }
    ASSERT_EQ(asked, 0);
    ASSERT_EQ(resolve_text("two.test."), 2);
    conclude();
}

static int resolve_on_a_ring(void *arg)
{
    bool *is_kept = arg;

    if (coil_loop_backend(coil_loop_current()) != COIL_BACKEND_URING)
        SKIP("no io_uring");
    begin();
    ASSERT_EQ(resolve_text("two.test."), 2);
    *is_kept = has_ring();
    conclude();
    return 0;
}

TEST(cares_leaves_the_ring_to_its_loop)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_URING };
    bool is_kept = false;

    ASSERT_EQ(coil_run_with(resolve_on_a_ring, &is_kept, &options), 0);
    ASSERT(is_kept);
}

KERNEL_TEST(cares_without_memory_fails_cleanly)
{
    size_t before;
    size_t n = 0;

    begin();
    do {
        int rc;

        coil_resolver_flush(NULL);
        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = resolve_text("two.test.");
        ASSERT(rc == -ENOMEM || rc == 2);
        coil_test_fail_allocation(0, false);
    } while (coil_test_allocations() - before >= n);
    ASSERT_GT(n, 4);
    conclude();
}

/*
 * On the simulator, which has no descriptors, the system is asked, and that is
 * this function.
 */
int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **list)
{
    static struct sockaddr_in in = { .sin_family = AF_INET };
    static struct addrinfo info = { .ai_family = AF_INET,
                                    .ai_addrlen = sizeof in,
                                    .ai_addr = (struct sockaddr *)&in };

    (void)name;
    (void)service;
    *list = NULL;
    if (hints->ai_flags & AI_NUMERICHOST && !inet_aton(name, &in.sin_addr))
        return EAI_NONAME;
    *list = &info;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    ASSERT_NOT_NULL(list);
}

static int resolve_here(void *arg)
{
    (void)arg;
    return resolve_text("name.test");
}

TEST(cares_leaves_names_of_the_simulator_to_the_system)
{
    ASSERT_EQ(coil_resolver_configure(&(struct coil_resolver_options){
                  .source = coil_cares_source() }),
              0);
    ASSERT_EQ(coil_test_run(resolve_here, NULL, 0), 1);
}

TEST(cares_has_a_name_and_a_version)
{
    ASSERT_STR_EQ(coil_cares_source()->name, "c-ares");
    ASSERT(strchr(coil_cares_version(), '.'));
}
