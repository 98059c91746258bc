/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fleet.h"

/* The last byte of the addresses of the link. */
enum { OF_NOBODY = 0x99, OF_ENGINE = 1, OF_WORKER = 2 };

static void run(const char *command)
{
    if (system(command) != 0)
        fleet_fail("%s", command);
}

static int open_namespace(pid_t pid)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fleet_fail("no %s", path);
    return fd;
}

static void enter(int fd)
{
    if (setns(fd, CLONE_NEWNET) < 0)
        fleet_fail("setns");
}

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fleet_fail("no socket");
    return fd;
}

void wire_lay(struct wire *wire, pid_t worker)
{
    int here = open_namespace(getpid());
    int there = open_namespace(worker);
    char command[256];

    snprintf(command, sizeof command,
             "ip link add engine address 02:00:00:00:00:01 type veth peer name "
             "worker address 02:00:00:00:00:02 netns %ld",
             (long)worker);
    run("ip link set lo up");
    run(command);
    run("ip addr add " WIRE_ENGINE "/24 dev engine");
    run("ip link set engine up");
    wire->engine = open_socket();
    enter(there);
    run("ip link set lo up");
    run("ip addr add " WIRE_WORKER "/24 dev worker");
    run("ip link set worker up");
    wire->worker = open_socket();
    enter(here);
    close(here);
    close(there);
    wire_cut(wire, WIRE_WHOLE);
}

/* Whoever sends to `address` by `device` from now on sends to that `end`. */
static void direct(int fd, const char *device, const char *address, int end)
{
    const unsigned char bytes[] = { 2, 0, 0, 0, 0, (unsigned char)end };
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct arpreq entry = { .arp_flags = ATF_PERM | ATF_COM };

    inet_pton(AF_INET, address, &to.sin_addr);
    memcpy(&entry.arp_pa, &to, sizeof to);
    entry.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(entry.arp_ha.sa_data, bytes, sizeof bytes);
    snprintf(entry.arp_dev, sizeof entry.arp_dev, "%s", device);
    if (ioctl(fd, SIOCSARP, &entry) < 0)
        fleet_fail("the address of %s cannot be set", address);
}

void wire_cut(const struct wire *wire, enum wire_cut cut)
{
    direct(wire->engine, "engine", WIRE_WORKER,
           cut & WIRE_TO_WORKER ? OF_NOBODY : OF_WORKER);
    direct(wire->worker, "worker", WIRE_ENGINE,
           cut & WIRE_TO_ENGINE ? OF_NOBODY : OF_ENGINE);
}
