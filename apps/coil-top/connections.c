/* SPDX-License-Identifier: MIT */
#include "connections.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/must.h"

/* ---- descriptors ---------------------------------------------------------- */

static int compare_inodes(const void *a, const void *b)
{
    const struct connection *x = a;
    const struct connection *y = b;

    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return (x->fd > y->fd) - (x->fd < y->fd);
}

static int compare_fds(const void *a, const void *b)
{
    int x = ((const struct connection *)a)->fd;
    int y = ((const struct connection *)b)->fd;

    return (x > y) - (x < y);
}

static void read_descriptors(struct connections *c, pid_t pid)
{
    char path[320];
    char link[64];
    DIR *folder;
    struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        struct connection socket = { .state = "" };
        ssize_t n;

        snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)pid, entry->d_name);
        n = readlink(path, link, sizeof link - 1);
        if (n <= 0)
            continue;
        link[n] = '\0';
        if (sscanf(link, "socket:[%lu]", &socket.inode) != 1)
            continue;
        socket.fd = atoi(entry->d_name);
        c->all = must_grow(c->all, c->count, &c->capacity, sizeof c->all[0]);
        c->all[c->count++] = socket;
    }
    if (folder)
        closedir(folder);
    if (c->count > 0)
        qsort(c->all, c->count, sizeof c->all[0], compare_inodes);
}

/* The first descriptor of that socket, or NULL. */
static struct connection *find(const struct connections *c, unsigned long inode)
{
    size_t low = 0;
    size_t high = c->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c->all[middle].inode < inode)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count && c->all[low].inode == inode ? &c->all[low] : NULL;
}

/* ---- the kernel's tables -------------------------------------------------- */

static const char *tcp_state(unsigned state)
{
    static const char *const names[] = {
        "?",          "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
        "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
        "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING",
    };

    return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

/* Words of 32 bits in this processor's order, as the kernel prints them. */
static void write_address(char *to, size_t size, const char *hex, unsigned port)
{
    char text[INET6_ADDRSTRLEN] = "?";
    uint32_t words[4] = { 0 };
    size_t count = strlen(hex) / 8;

    for (size_t i = 0; i < count && i < 4; i++) {
        char word[9] = { 0 };

        memcpy(word, hex + 8 * i, 8);
        words[i] = (uint32_t)strtoul(word, NULL, 16);
    }
    inet_ntop(count > 1 ? AF_INET6 : AF_INET, words, text, sizeof text);
    snprintf(to, size, count > 1 ? "[%s]:%u" : "%s:%u", text, port);
}

static void take_inet(struct connections *c, const char *kind, const char *line)
{
    char local[40];
    char remote[40];
    unsigned local_port;
    unsigned remote_port;
    unsigned state;
    unsigned long unsent;
    unsigned long unread;
    unsigned long inode;
    struct connection *socket;

    if (sscanf(line,
               " %*d: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %lx:%lx %*x:%*x %*x "
               "%*d %*d %lu",
               local, &local_port, remote, &remote_port, &state, &unsent,
               &unread, &inode) != 8)
        return;
    socket = find(c, inode);
    if (!socket)
        return;
    socket->kind = kind;
    socket->state = tcp_state(state);
    socket->unsent = unsent;
    socket->unread = unread;
    write_address(socket->local, sizeof socket->local, local, local_port);
    write_address(socket->remote, sizeof socket->remote, remote, remote_port);
}

/* "address: references protocol flags type state inode path" */
static void take_unix(struct connections *c, const char *kind, const char *line)
{
    unsigned long flags;
    unsigned long inode;
    unsigned state;
    int at = 0;
    struct connection *socket;

    if (sscanf(line, "%*[0-9a-fA-F]: %*x %*x %lx %*x %x %lu%n", &flags, &state,
               &inode, &at) < 3)
        return;
    socket = find(c, inode);
    if (!socket)
        return;
    socket->kind = kind;
    socket->state = flags & 0x10000 ? "LISTEN"
                    : state == 3    ? "ESTABLISHED"
                                    : "CLOSE";
    snprintf(socket->local, sizeof socket->local, "%s",
             line + at + strspn(line + at, " "));
    socket->local[strcspn(socket->local, "\n")] = '\0';
}

static void read_table(struct connections *c, pid_t pid, const char *name,
                       void (*take)(struct connections *c, const char *kind,
                                    const char *line))
{
    char path[64];
    char line[512];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, name);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        take(c, name, line);
    if (file)
        fclose(file);
}

void connections_read(struct connections *c, pid_t pid)
{
    size_t kept = 0;

    c->count = 0;
    c->established = 0;
    c->listening = 0;
    read_descriptors(c, pid);
    if (c->count == 0)
        return;
    read_table(c, pid, "tcp", take_inet);
    read_table(c, pid, "tcp6", take_inet);
    read_table(c, pid, "unix", take_unix);
    for (size_t i = 0; i < c->count; i++) {
        if (!c->all[i].kind)
            continue;
        c->established += strcmp(c->all[i].state, "ESTABLISHED") == 0;
        c->listening += strcmp(c->all[i].state, "LISTEN") == 0;
        c->all[kept++] = c->all[i];
    }
    c->count = kept;
    if (kept > 0)
        qsort(c->all, kept, sizeof c->all[0], compare_fds);
}

void connections_free(struct connections *c)
{
    free(c->all);
}
