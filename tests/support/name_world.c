/* SPDX-License-Identifier: MIT */
/* name_world.c - a machine with names of its own */
#include "name_world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <coil/error.h>
#include <coil/resolve.h>
#include <coil/run.h>

#include "child.h"

enum { A = 1, AAAA = 28, PACKET = 1024 };

static const struct name_world *world;
static coil_fn body;

/* ---- what was asked ------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char names[4096]; /* "one.test two.test"; under the mutex */

static bool has_word(const char *text, const char *word)
{
    size_t size = strlen(word);

    while ((text = strstr(text, word))) {
        if ((text == names || text[-1] == ' ') &&
            (text[size] == ' ' || !text[size]))
            return true;
        text += size;
    }
    return false;
}

static void note(const char *name)
{
    pthread_mutex_lock(&mutex);
    if (!has_word(names, name)) {
        ASSERT_LT(strlen(names) + strlen(name) + 2, sizeof names);
        if (names[0])
            strcat(names, " ");
        strcat(names, name);
    }
    pthread_mutex_unlock(&mutex);
}

const char *asked_for(void)
{
    static char text[sizeof names];

    pthread_mutex_lock(&mutex);
    strcpy(text, names);
    names[0] = '\0';
    pthread_mutex_unlock(&mutex);
    return text;
}

/* ---- the name server ------------------------------------------------------ */

static unsigned char *put_number(unsigned char *at, unsigned number)
{
    *at++ = (unsigned char)(number >> 8);
    *at++ = (unsigned char)number;
    return at;
}

/* The name of the question, and its type; returns where it ends. */
static size_t read_question(const unsigned char *bytes, char *name, int *type)
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

/* A record, whose name is that of the question; or nothing, if it is of another
 * type.  Returns where the answer ends. */
static unsigned char *put_record(unsigned char *at, const char *address,
                                 int type)
{
    unsigned char bytes[16];
    unsigned size = type == A ? 4 : 16;

    if (inet_pton(type == A ? AF_INET : AF_INET6, address, bytes) != 1)
        return at;
    at = put_number(at, 0xc00c);
    at = put_number(at, (unsigned)type);
    at = put_number(at, 1);
    at = put_number(at, 0);
    at = put_number(at, 60);
    at = put_number(at, size);
    memcpy(at, bytes, size);
    return at + size;
}

/* How long the answer in `bytes`, where the question was, is.  0: none. */
static size_t answer(unsigned char *bytes)
{
    char name[256];
    int type;
    size_t end = read_question(bytes, name, &type);
    unsigned char *at = bytes + end;
    bool is_known = false;
    unsigned count = 0;

    note(name);
    if (strncmp(name, "dead", 4) == 0)
        return 0;
    for (const struct name_record *r = world->records; r && r->name; r++) {
        unsigned char *before = at;

        if (strcasecmp(r->name, name) != 0)
            continue;
        is_known = true;
        at = put_record(at, r->address, type);
        count += at > before;
    }
    bytes[2] = 0x85; /* a response, with authority */
    bytes[3] = is_known ? 0x80 : 0x83;
    memset(bytes + 4, 0, 8);
    bytes[5] = 1;
    bytes[7] = (unsigned char)count;
    return (size_t)(at - bytes);
}

static void *serve(void *arg)
{
    int fd = *(int *)arg;
    struct sockaddr_storage peer;
    unsigned char bytes[PACKET];

    for (;;) {
        socklen_t length = sizeof peer;
        ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0,
                             (struct sockaddr *)&peer, &length);
        size_t size;

        ASSERT_GT(n, 16);
        size = answer(bytes);
        if (size > 0)
            ASSERT_EQ(
                sendto(fd, bytes, size, 0, (struct sockaddr *)&peer, length),
                (ssize_t)size);
    }
    return NULL;
}

static void begin_server(void)
{
    static int fd;
    const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                      .sin6_port = htons(53) };
    pthread_t thread;

    fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(bind(fd, (const struct sockaddr *)&in6, sizeof in6), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, serve, &fd), 0);
}

/* ---- the machine ---------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = text ? fopen(path, "we") : NULL;

    if (!text)
        return;
    ASSERT_NOT_NULL(file);
    fputs(text, file);
    ASSERT_EQ(fclose(file), 0);
}

static _Noreturn void skip(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    fflush(NULL);
    _exit(TEST_EXIT_SKIPPED);
}

static void map_to_root(const char *path, unsigned id)
{
    char map[64];

    snprintf(map, sizeof map, "0 %u 1", id);
    write_file(path, map);
}

/* Whoever is not root becomes root of a world of its own. */
static void leave_the_world(void)
{
    unsigned uid = geteuid();
    unsigned gid = getegid();

    if (unshare((uid ? CLONE_NEWUSER : 0) | CLONE_NEWNET | CLONE_NEWNS) < 0)
        skip("no namespaces here");
    if (uid) {
        write_file("/proc/self/setgroups", "deny");
        map_to_root("/proc/self/uid_map", uid);
        map_to_root("/proc/self/gid_map", gid);
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("etc", "/etc", "tmpfs", 0, NULL) < 0)
        skip("no mounts here");
}

static void write_etc(void)
{
    write_file("/etc/resolv.conf", world->resolv_conf
                                       ? world->resolv_conf
                                       : "nameserver 127.0.0.1\n");
    write_file("/etc/nsswitch.conf", world->nsswitch_conf
                                         ? world->nsswitch_conf
                                         : "hosts: files dns\n");
    write_file("/etc/host.conf", "multi on\n");
    write_file("/etc/hosts", world->hosts);
    write_file("/etc/gai.conf", world->gai_conf);
}

static void add_address(int fd, const char *address)
{
    struct in6_ifreq request = { .ifr6_ifindex = (int)if_nametoindex("lo"),
                                 .ifr6_prefixlen = 64 };

    ASSERT_EQ(inet_pton(AF_INET6, address, &request.ifr6_addr), 1);
    if (ioctl(fd, SIOCSIFADDR, &request) < 0)
        skip("no addresses of IPv6");
}

/* Until the kernel has taken an address into use. */
static void await_address(const char *address)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    int rc;

    ASSERT_EQ(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
    do {
        int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        rc = bind(fd, (const struct sockaddr *)&in6, sizeof in6);
        if (rc < 0)
            sched_yield();
        close(fd);
    } while (rc < 0);
}

/* To 192.0.2.0/24, which begins at this machine. */
static void add_route(int fd)
{
    static char device[] = "lo";
    struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = device };
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct sockaddr_in mask = { .sin_family = AF_INET };

    to.sin_addr.s_addr = htonl(0xc0000200);
    mask.sin_addr.s_addr = htonl(0xffffff00);
    memcpy(&route.rt_dst, &to, sizeof to);
    memcpy(&route.rt_genmask, &mask, sizeof mask);
    ASSERT_EQ(ioctl(fd, SIOCADDRT, &route), 0);
}

static void configure_network(void)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int in4_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int in6_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (in4_fd < 0 || in6_fd < 0)
        skip("no IPv4 or no IPv6");
    ASSERT_EQ(ioctl(in4_fd, SIOCSIFFLAGS, &lo), 0);
    strcpy(lo.ifr_name, "lo:1");
    ASSERT_EQ(inet_pton(AF_INET, "10.0.0.1", &in.sin_addr), 1);
    memcpy(&lo.ifr_addr, &in, sizeof in);
    ASSERT_EQ(ioctl(in4_fd, SIOCSIFADDR, &lo), 0);
    add_route(in4_fd);
    add_address(in6_fd, "2001:db8::1");
    add_address(in6_fd, "fd00::1");
    await_address("2001:db8::1");
    await_address("fd00::1");
    close(in4_fd);
    close(in6_fd);
}

static void run_inside(void *arg)
{
    const struct coil_resolver_options options = { .source = world->source };

    (void)arg;
    leave_the_world();
    write_etc();
    configure_network();
    begin_server();
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    ASSERT_EQ(coil_run(body, NULL), 0);
}

void name_world_run(const struct name_world *w, coil_fn fn)
{
    world = w;
    body = fn;
    child_run(&the_child, run_inside, NULL);
    if (WIFEXITED(the_child.status) &&
        WEXITSTATUS(the_child.status) == TEST_EXIT_SKIPPED)
        SKIP(the_child.text);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

/* ---- who asks ------------------------------------------------------------- */

const char *found_of(const char *host, int family)
{
    const struct coil_getaddrinfo_options options = { .family = family,
                                                      .fresh = true };
    static char text[1024];
    struct coil_address *addresses;
    size_t count;
    int rc = coil_getaddrinfo(host, 0, &options, &addresses, &count);

    if (rc < 0)
        return coil_strerror(rc);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(text);

        ASSERT_LT(at + 80, sizeof text);
        if (i > 0)
            text[at++] = ' ';
        ASSERT_EQ(getnameinfo((struct sockaddr *)&addresses[i].storage,
                              addresses[i].length, text + at, 79, NULL, 0,
                              NI_NUMERICHOST),
                  0);
    }
    coil_addresses_free(addresses);
    return text;
}

const char *found(const char *host)
{
    return found_of(host, AF_UNSPEC);
}
