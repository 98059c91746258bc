/* SPDX-License-Identifier: MIT */
/*
 * hosts.c - at most two at a time to each host, and six in all
 *
 *     hosts HOST/PATH...
 *
 * Each host has a semaphore, which is taken before that of all hosts.  So a task
 * that waits for its host keeps no place from tasks of other hosts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>

enum { IN_ALL = 6, PER_HOST = 2 };

struct host {
    struct host *next;
    struct coil_semaphore places;
    size_t length;
    const char *name; /* a part of the first URL */
};

static struct host *hosts;
static struct coil_semaphore all = COIL_SEMAPHORE_INIT(IN_ALL);
static coil_time begin;

static struct host *find_host(const char *url)
{
    size_t length = strcspn(url, "/");
    struct host *h;

    for (h = hosts; h; h = h->next)
        if (h->length == length && memcmp(h->name, url, length) == 0)
            return h;
    h = malloc(sizeof *h);
    if (!h)
        return NULL;
    *h = (struct host){ .next = hosts, .length = length, .name = url };
    coil_semaphore_init(&h->places, PER_HOST);
    hosts = h;
    return h;
}

static int fetch(const char *url)
{
    int rc = coil_sleep(COIL_SECOND); /* stands for the network */

    if (rc == 0)
        printf("%d s: %s\n", (int)((coil_now() - begin) / COIL_SECOND), url);
    return rc;
}

static int fetch_in_turn(void *url)
{
    struct host *host = find_host(url);
    int rc = host ? coil_semaphore_acquire(&host->places) : -ENOMEM;

    if (rc < 0)
        return rc;
    rc = coil_semaphore_acquire(&all);
    if (rc == 0) {
        rc = fetch(url);
        coil_semaphore_release(&all);
    }
    coil_semaphore_release(&host->places);
    return rc;
}

static int start(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    begin = coil_now();
    for (char **url = arg; rc == 0 && *url; url++)
        rc = coil_task_group_create(&group, NULL, fetch_in_turn, *url);
    rc = coil_task_group_end(&group, rc);
    while (hosts) {
        struct host *h = hosts;

        hosts = h->next;
        free(h);
    }
    return rc;
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(start, argv + 1));
}
