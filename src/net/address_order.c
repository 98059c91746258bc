/* SPDX-License-Identifier: MIT */
/*
 * RFC 6724, section 6.  A datagram socket that is connected to an address tells
 * whether there is a way to it, and from which address of this machine; nothing
 * is sent.  Rules 3, 4 and 7 are about what only the kernel knows of its own
 * addresses, and are left out, as is rule 9 for IPv4: it would undo what a name
 * server does to distribute load.
 *
 * The rules are one number for each address: what comes first has the least.
 */
#include "net/address_order.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/sys.h"
#include "base/memory.h"
#include "net/address.h"
#include "base/shortage.h"

/* ---- the policy table ----------------------------------------------------- */

enum { RULES_MAX = 64, VALUE_MAX = 255, LINE_SIZE = 256 };

/* What addresses that begin so are worth; the longest prefix counts. */
struct rule {
    struct in6_addr prefix;
    unsigned length;
    unsigned value;
};

struct rules {
    struct rule rules[RULES_MAX];
    size_t count;
};

static struct rules labels;
static struct rules precedences;

static void add(struct rules *rules, const struct in6_addr *prefix,
                unsigned length, unsigned value)
{
    if (rules->count < RULES_MAX)
        rules->rules[rules->count++] =
            (struct rule){ .prefix = *prefix, .length = length, value };
}

/* "::ffff:0:0/96"; false: it is something else. */
static bool read_prefix(char *text, struct in6_addr *prefix, unsigned *length)
{
    char *slash = strchr(text, '/');
    unsigned long bits = 128;
    char *end;

    if (slash) {
        *slash = '\0';
        bits = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end || bits > 128)
            return false;
    }
    *length = (unsigned)bits;
    return inet_pton(AF_INET6, text, prefix) == 1;
}

/* A line of /etc/gai.conf, "label PREFIX VALUE" or "precedence PREFIX VALUE". */
static void read_line(char *line)
{
    char key[16], text[64], value[16];
    struct in6_addr prefix;
    unsigned length;
    struct rules *rules;

    line[strcspn(line, "#")] = '\0';
    if (sscanf(line, "%15s %63s %15s", key, text, value) != 3)
        return;
    if (strcmp(key, "label") == 0)
        rules = &labels;
    else if (strcmp(key, "precedence") == 0)
        rules = &precedences;
    else
        return;
    if (read_prefix(text, &prefix, &length)) {
        unsigned long number = strtoul(value, NULL, 10);

        add(rules, &prefix, length,
            number < VALUE_MAX ? (unsigned)number : VALUE_MAX);
    }
}

/* The table of RFC 6724, section 2.1. */
static void add_defaults(bool with_labels, bool with_precedences)
{
    static const struct {
        const char *prefix;
        unsigned length, precedence, label;
    } table[] = {
        { "::1", 128, 50, 0 },       { "::", 0, 40, 1 },
        { "::ffff:0:0", 96, 35, 4 }, { "2002::", 16, 30, 2 },
        { "2001::", 32, 5, 5 },      { "fc00::", 7, 3, 13 },
        { "::", 96, 1, 3 },          { "fec0::", 10, 1, 11 },
        { "3ffe::", 16, 1, 12 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct in6_addr prefix;

        inet_pton(AF_INET6, table[i].prefix, &prefix);
        if (with_labels)
            add(&labels, &prefix, table[i].length, table[i].label);
        if (with_precedences)
            add(&precedences, &prefix, table[i].length, table[i].precedence);
    }
}

/*
 * Lines of one kind replace all defaults of that kind, as for getaddrinfo().
 */
static void read_policy(void)
{
    FILE *file = fopen("/etc/gai.conf", "re");
    char line[LINE_SIZE];

    while (file && fgets(line, sizeof line, file))
        read_line(line);
    if (file)
        fclose(file);
    add_defaults(labels.count == 0, precedences.count == 0);
}

static unsigned common_bits(const struct in6_addr *a, const struct in6_addr *b)
{
    unsigned i = 0;

    while (i < 16 && a->s6_addr[i] == b->s6_addr[i])
        i++;
    if (i == 16)
        return 128;
    return i * 8 +
           (unsigned)__builtin_clz((unsigned)(a->s6_addr[i] ^ b->s6_addr[i])) -
           24;
}

static unsigned value_of(const struct rules *rules, const struct in6_addr *a)
{
    const struct rule *best = NULL;

    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *r = &rules->rules[i];

        if (common_bits(&r->prefix, a) >= r->length &&
            (!best || r->length > best->length))
            best = r;
    }
    return best ? best->value : 0;
}

/* ---- an address ----------------------------------------------------------- */

enum { LINK_LOCAL = 2, SITE_LOCAL = 5, GLOBAL = 14 };

/* As one of IPv6. */
static struct in6_addr mapped(const struct coil_address *address)
{
    struct in6_addr a = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (address->storage.ss_family == AF_INET) {
        memcpy(&in, &address->storage, sizeof in);
        memcpy(a.s6_addr + 12, &in.sin_addr, 4);
    } else {
        memcpy(&in6, &address->storage, sizeof in6);
        a = in6.sin6_addr;
    }
    return a;
}

/* RFC 6724, sections 3.1 and 3.2. */
static unsigned scope_of(const struct in6_addr *a)
{
    static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };
    const uint8_t *b = a->s6_addr;

    if (memcmp(b, v4, sizeof v4) == 0)
        return b[12] == 127 || (b[12] == 169 && b[13] == 254) ? LINK_LOCAL
                                                              : GLOBAL;
    if (IN6_IS_ADDR_MULTICAST(a))
        return b[1] & 15;
    if (memcmp(a, &in6addr_loopback, sizeof *a) == 0 ||
        IN6_IS_ADDR_LINKLOCAL(a))
        return LINK_LOCAL;
    return IN6_IS_ADDR_SITELOCAL(a) ? SITE_LOCAL : GLOBAL;
}

/* 1, and the address from which it is reached; 0: it is not; or a shortage. */
static int find_source(const struct coil_address *address,
                       struct coil_address *source)
{
    struct coil_address to = *address;
    int fd = socket(to.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0)
        return coil__is_shortage(-errno) ? -errno : 0;
    coil__address_set_port(&to, 53); /* some systems refuse none */
    rc = connect(fd, (const struct sockaddr *)&to.storage, to.length) == 0 &&
         coil__sys_local_address(fd, source) == 0;
    close(fd);
    return rc;
}

/* What comes first has the least, but for the last 32 bits, which are free. */
static int rank(const struct coil_address *address, uint64_t *key)
{
    struct coil_address source;
    struct in6_addr to = mapped(address);
    struct in6_addr from;
    unsigned precedence = value_of(&precedences, &to);
    unsigned scope = scope_of(&to);
    unsigned other_scope = 1, other_label = 1, far = 128;
    int rc = find_source(address, &source);

    if (rc < 0)
        return rc;
    if (rc > 0) {
        from = mapped(&source);
        other_scope = scope_of(&from) != scope;
        other_label = value_of(&labels, &from) != value_of(&labels, &to);
        if (address->storage.ss_family == AF_INET6)
            far -= common_bits(&from, &to);
    }
    *key = (uint64_t)(rc == 0) << 63 |                /* rule 1 */
           (uint64_t)other_scope << 62 |              /* rule 2 */
           (uint64_t)other_label << 61 |              /* rule 5 */
           (uint64_t)(VALUE_MAX - precedence) << 48 | /* rule 6 */
           (uint64_t)scope << 40 |                    /* rule 8 */
           (uint64_t)far << 32;                       /* rule 9 */
    return 0;
}

/* ---- all of them ---------------------------------------------------------- */

struct ranked {
    uint64_t key;
    struct coil_address address;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    return x->key < y->key ? -1 : 1; /* none is equal to another */
}

/* Rule 10: otherwise the order stays as it was. */
static int rank_all(struct ranked *all, const struct coil_address *addresses,
                    size_t count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        all[i].address = addresses[i];
        rc = rank(&addresses[i], &all[i].key);
        all[i].key |= i;
    }
    return rc;
}

int coil__address_order(struct coil_address *addresses, size_t count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct ranked *all;
    int rc;

    if (count < 2)
        return 0;
    pthread_once(&once, read_policy);
    all = coil__alloc(count * sizeof *all);
    if (!all)
        return -ENOMEM;
    rc = rank_all(all, addresses, count);
    if (rc == 0) {
        qsort(all, count, sizeof *all, compare);
        for (size_t i = 0; i < count; i++)
            addresses[i] = all[i].address;
    }
    coil__free(all);
    return rc;
}
