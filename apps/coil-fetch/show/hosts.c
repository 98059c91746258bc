/* SPDX-License-Identifier: MIT */
#include "show/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int hosts_init(struct hosts *hosts, size_t max)
{
    int rc;

    *hosts = (struct hosts){ .max = max, .others.name = "others" };
    rc = hash_key_make(&hosts->key);
    if (rc < 0)
        return rc;
    hosts->hosts = calloc(max, sizeof(struct host *));
    return hosts->hosts ? 0 : -ENOMEM;
}

void hosts_fini(struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        free(hosts->hosts[i]);
    free(hosts->hosts);
    hosts->hosts = NULL;
    hosts->count = 0;
}

const char *hosts_name_in_url(const char *url, size_t *size)
{
    const char *at = strchr(url, ':');
    const char *user;

    if (!at || strncmp(at, "://", 3) != 0)
        return NULL;
    at += 3;
    *size = strcspn(at, "/?#");
    user = memchr(at, '@', *size);
    if (user) {
        *size -= (size_t)(user + 1 - at);
        at = user + 1;
    }
    return *size > 0 ? at : NULL;
}

static struct host **bucket_of(struct hosts *hosts, uint64_t hash)
{
    return &hosts->buckets[hash % HOSTS_BUCKETS];
}

static struct host *find(struct hosts *hosts, const char *name, size_t size,
                         uint64_t hash)
{
    struct host *host = *bucket_of(hosts, hash);

    while (host && (host->hash != hash || strncmp(host->room, name, size) ||
                    host->room[size] != '\0'))
        host = host->next;
    return host;
}

/* How often a host that is not in the table has been seen lately: a guess. */
static uint64_t count_in_sketch(struct hosts *hosts, uint64_t hash)
{
    uint8_t *a = &hosts->sketch[0][hash % HOSTS_SKETCH];
    uint8_t *b = &hosts->sketch[1][(hash >> 32) % HOSTS_SKETCH];

    if (++hosts->sketched >= 10 * HOSTS_SKETCH) {
        uint8_t *all = &hosts->sketch[0][0];

        for (size_t i = 0; i < sizeof hosts->sketch; i++)
            all[i] /= 2;
        hosts->sketched /= 2;
    }
    if (*a < UINT8_MAX)
        ++*a;
    if (*b < UINT8_MAX)
        ++*b;
    return *a < *b ? *a : *b;
}

static void give_to_others(struct hosts *hosts, const struct host *host)
{
    struct host *others = &hosts->others;

    others->requests += host->requests;
    others->ok += host->ok;
    others->failed += host->failed;
    others->too_many += host->too_many;
    others->bytes += host->bytes;
    others->left_alone += host->left_alone;
    histogram_merge(&others->times, &host->times);
}

static void take_out_of_bucket(struct hosts *hosts, struct host *host)
{
    struct host **link = bucket_of(hosts, host->hash);

    while (*link != host)
        link = &(*link)->next;
    *link = host->next;
}

/* A place for a new host of this weight; NULL: for the others. */
static struct host *place_for(struct hosts *hosts, uint64_t weight)
{
    struct host *host;

    if (hosts->count < hosts->max) {
        host = malloc(sizeof *host);
        if (host)
            hosts->hosts[hosts->count++] = host;
        return host;
    }
    hosts->hand = (hosts->hand + 1) % hosts->max;
    host = hosts->hosts[hosts->hand];
    if (host->weight >= weight)
        return NULL;
    take_out_of_bucket(hosts, host);
    give_to_others(hosts, host);
    return host;
}

struct host *hosts_get(struct hosts *hosts, const char *name, size_t size)
{
    uint64_t hash, weight = 1;
    struct host *host;

    if (size >= sizeof host->room)
        return &hosts->others;
    hash = hash_bytes(&hosts->key, name, size);
    host = find(hosts, name, size, hash);
    if (host) {
        host->weight++;
        return host;
    }
    if (hosts->count == hosts->max)
        weight = count_in_sketch(hosts, hash);
    host = place_for(hosts, weight);
    if (!host)
        return &hosts->others;
    *host = (struct host){ .hash = hash, .weight = weight };
    memcpy(host->room, name, size);
    host->name = host->room;
    host->next = *bucket_of(hosts, hash);
    *bucket_of(hosts, hash) = host;
    return host;
}

struct host *hosts_of_url(struct hosts *hosts, const char *url)
{
    size_t size;
    const char *name = hosts_name_in_url(url, &size);

    return name ? hosts_get(hosts, name, size) : NULL;
}

/* Equal hosts stand in the order of their names, in every run. */
static int compare_names(const struct host *a, const struct host *b)
{
    return strcmp(a->name, b->name);
}

static int compare_activity(const void *a, const void *b)
{
    const struct host *x = *(const struct host *const *)a;
    const struct host *y = *(const struct host *const *)b;
    uint64_t x_done = x->ok + x->failed;
    uint64_t y_done = y->ok + y->failed;

    return x_done != y_done ? (x_done < y_done ? 1 : -1) : compare_names(x, y);
}

static int compare_times(const void *a, const void *b)
{
    const struct host *x = *(const struct host *const *)a;
    const struct host *y = *(const struct host *const *)b;
    coil_time x_time = histogram_quantile(&x->times, 0.99);
    coil_time y_time = histogram_quantile(&y->times, 0.99);

    return x_time != y_time ? (x_time < y_time ? 1 : -1) : compare_names(x, y);
}

/* 0 without memory. */
static size_t take_first(const struct hosts *hosts, const struct host **out,
                         size_t max, int (*compare)(const void *, const void *))
{
    const struct host **all = malloc((hosts->count + 1) * sizeof *all);

    if (!all)
        return 0;
    if (max > hosts->count)
        max = hosts->count;
    for (size_t i = 0; i < hosts->count; i++)
        all[i] = hosts->hosts[i];
    qsort(all, hosts->count, sizeof *all, compare);
    if (max > 0)
        memcpy(out, all, max * sizeof *all);
    free(all);
    return max;
}

size_t hosts_busiest(const struct hosts *hosts, const struct host **out,
                     size_t max)
{
    return take_first(hosts, out, max, compare_activity);
}

size_t hosts_slowest(const struct hosts *hosts, const struct host **out,
                     size_t max)
{
    return take_first(hosts, out, max, compare_times);
}
