/* SPDX-License-Identifier: MIT */
#include "fetch/robots_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/url.h>

#include "common/table.h"
#include "fetch/robots.h"

#define DAY (24 * 60 * COIL_MINUTE)
#define FORGIVEN_AFTER (30 * DAY)
#define LONGEST_WAIT COIL_MINUTE

enum state { UNKNOWN, HAS_RULES, HAS_NONE, IS_UNREACHABLE };

struct origin {
    struct table_entry entry;
    enum state state;
    struct robots *robots; /* of HAS_RULES */
    coil_time until;       /* what is known is used until then */
    unsigned failures;     /* requests in a row that have failed */
    coil_time failed_at;   /* the first of them */
    coil_time wait;        /* before the next one */
    bool is_given_up;      /* that took too long */
    int status;
    int error;
    coil_time again;           /* of the last reply */
    bool is_asked;             /* a task fetches robots.txt */
    struct coil_event is_over; /* it has ended */
    size_t users;              /* tasks in robots_cache_ask(): it must stay */
    char name[];               /* "http://h:80" */
};

struct robots_cache {
    struct robots_cache_options options;
    struct table origins;
    size_t size;      /* of all rules */
    struct text name; /* of an origin that is looked for */
};

int robots_cache_new(struct robots_cache **out,
                     const struct robots_cache_options *options)
{
    struct robots_cache *cache = malloc(sizeof *cache);
    int rc;

    *out = NULL;
    if (!cache)
        return -ENOMEM;
    *cache = (struct robots_cache){ .options = *options };
    if (cache->options.max_age == 0)
        cache->options.max_age = DAY;
    if (cache->options.first_wait == 0)
        cache->options.first_wait = COIL_SECOND;
    if (cache->options.retry_after == 0)
        cache->options.retry_after = 5 * COIL_MINUTE;
    if (cache->options.max_origins == 0)
        cache->options.max_origins = 10000;
    if (cache->options.max_size == 0)
        cache->options.max_size = (size_t)8 << 20;
    rc = table_init(&cache->origins);
    if (rc < 0) {
        free(cache);
        return rc;
    }
    *out = cache;
    return 0;
}

static void set_robots(struct robots_cache *cache, struct origin *origin,
                       struct robots *robots)
{
    if (origin->robots)
        cache->size -= robots_size(origin->robots);
    if (robots)
        cache->size += robots_size(robots);
    robots_free(origin->robots);
    origin->robots = robots;
}

static void drop(struct robots_cache *cache, struct origin *origin)
{
    set_robots(cache, origin, NULL);
    table_remove(&cache->origins, &origin->entry);
    free(origin);
}

void robots_cache_free(struct robots_cache *cache)
{
    if (!cache)
        return;
    while (cache->origins.oldest)
        drop(cache, (struct origin *)cache->origins.oldest);
    table_fini(&cache->origins);
    text_fini(&cache->name);
    free(cache);
}

size_t robots_cache_count(const struct robots_cache *cache)
{
    return cache->origins.count;
}

/* ---- an origin ---- */

/* Down to the limits, but for those that tasks use. */
static void shrink(struct robots_cache *cache)
{
    struct table_entry *entry = cache->origins.oldest;

    while (entry && (cache->origins.count > cache->options.max_origins ||
                     cache->size > cache->options.max_size)) {
        struct table_entry *newer = entry->newer;

        if (((struct origin *)entry)->users == 0)
            drop(cache, (struct origin *)entry);
        entry = newer;
    }
}

/* The name of the URL's origin in cache->name. */
static int name_origin(struct robots_cache *cache, const struct coil_url *url)
{
    bool is_ipv6 = url->host_kind == COIL_URL_IPV6;
    struct text *name = &cache->name;

    if (url->host_kind == COIL_URL_NO_HOST || url->port == 0)
        return COIL_EHTTP_BAD_URL;
    text_clear(name);
    text_add_bytes(name, url->scheme.at, url->scheme.size);
    text_add(name, is_ipv6 ? "://[" : "://");
    text_add_bytes(name, url->host.at, url->host.size);
    if (is_ipv6 && url->zone.at) {
        text_add(name, "%25");
        text_add_bytes(name, url->zone.at, url->zone.size);
    }
    text_add(name, is_ipv6 ? "]:" : ":");
    text_add_format(name, "%u", (unsigned)url->port);
    return name->has_failed ? -ENOMEM : 0;
}

static int find_origin(struct robots_cache *cache, const struct coil_url *url,
                       struct origin **out)
{
    int rc = name_origin(cache, url);
    size_t size = cache->name.size;
    struct origin *origin = NULL;

    if (rc < 0)
        return rc;
    *out =
        (struct origin *)table_find(&cache->origins, cache->name.bytes, size);
    if (*out) {
        table_use(&cache->origins, &(*out)->entry);
        return 0;
    }
    origin = calloc(1, sizeof *origin + size + 1);
    if (!origin)
        return -ENOMEM;
    memcpy(origin->name, cache->name.bytes, size);
    rc = table_add(&cache->origins, &origin->entry, origin->name, size);
    if (rc < 0) {
        free(origin);
        return rc;
    }
    *out = origin;
    return 0;
}

/* ---- its file ---- */

static int take_file(struct robots_cache *cache, struct origin *origin,
                     const struct text *body)
{
    struct robots *robots;
    int rc = robots_parse(&robots, body->size > 0 ? body->bytes : "",
                          body->size, cache->options.agent);

    if (rc < 0)
        return rc;
    set_robots(cache, origin, robots);
    origin->state = HAS_RULES;
    return 0;
}

/*
 * The next request comes after twice the pause of the last one, and at the end of the
 * patience: there it is the last one.  A server that wants to be left alone for
 * longer gets its last one then.
 */
static void plan_next(const struct robots_cache *cache, struct origin *origin,
                      coil_time now)
{
    coil_time again = origin->again;
    coil_time end = origin->failed_at + cache->options.patience;

    origin->is_given_up = now >= end || again == COIL_NEVER;
    if (origin->is_given_up || origin->state == HAS_RULES) {
        origin->until = now + cache->options.retry_after;
    } else {
        origin->wait =
            origin->failures > 1 ? 2 * origin->wait : cache->options.first_wait;
        if (origin->wait > LONGEST_WAIT)
            origin->wait = LONGEST_WAIT;
        origin->until = now + origin->wait < end ? now + origin->wait : end;
    }
    if (origin->until < again && again != COIL_NEVER)
        origin->until = again;
}

/* What was read before is used on. */
static void take_failure(struct robots_cache *cache, struct origin *origin)
{
    coil_time now = coil_now();

    if (origin->failures++ == 0)
        origin->failed_at = now;
    plan_next(cache, origin, now);
    if (now - origin->failed_at >= FORGIVEN_AFTER) {
        set_robots(cache, origin, NULL);
        origin->state = HAS_NONE;
    } else if (origin->state == UNKNOWN) {
        origin->state = IS_UNREACHABLE;
    }
}

/* Five redirects were not enough: as if there were no file. */
static int take_answer(struct robots_cache *cache, struct origin *origin,
                       const struct text *body)
{
    int rc = 0;

    if (origin->error == COIL_EHTTP_TOO_MANY_REDIRECTS)
        origin->error = 0;
    else if (origin->error < 0 || origin->status >= 500) {
        take_failure(cache, origin);
        return 0;
    }
    if (origin->status >= 200 && origin->status < 300)
        rc = take_file(cache, origin, body);
    else {
        set_robots(cache, origin, NULL);
        origin->state = HAS_NONE;
    }
    if (rc < 0)
        return rc;
    origin->failures = 0;
    origin->until = coil_after(cache->options.max_age);
    return 0;
}

static int fetch_file(struct robots_cache *cache, struct origin *origin)
{
    struct text url = { 0 };
    struct text body = { 0 };
    struct robots_reply reply = { 0 };
    int rc = -ENOMEM;

    origin->is_asked = true;
    coil_event_clear(&origin->is_over);
    text_add(&url, origin->name);
    text_add(&url, "/robots.txt");
    if (!url.has_failed)
        rc = cache->options.fetch(cache->options.arg, url.bytes, &body, &reply);
    if (rc == 0 && body.has_failed)
        rc = -ENOMEM;
    if (rc != -ECANCELED && rc != -ENOMEM) {
        origin->error = rc;
        origin->status = reply.status;
        origin->again = reply.again;
        rc = take_answer(cache, origin, &body);
    }
    text_fini(&body);
    text_fini(&url);
    origin->is_asked = false;
    coil_event_set(&origin->is_over);
    return rc;
}

static bool is_known(const struct origin *origin)
{
    return origin->state != UNKNOWN && coil_now() < origin->until;
}

/* Those who wait when a fetch fails try it one after another. */
static int learn(struct robots_cache *cache, struct origin *origin,
                 bool *has_asked)
{
    int rc = 0;

    while (rc == 0 && !is_known(origin)) {
        *has_asked = !origin->is_asked;
        if (origin->is_asked)
            rc = coil_event_wait(&origin->is_over);
        else
            rc = fetch_file(cache, origin);
    }
    return rc;
}

/* ---- asking ---- */

static int answer_of(const struct origin *origin, const struct coil_url *url,
                     struct robots_answer *answer)
{
    const char *path = url->path.size > 0 ? url->path.at : "/";
    int rc = 1;

    *answer = (struct robots_answer){ .status = origin->status,
                                      .error = origin->error,
                                      .failures = origin->failures,
                                      .again = origin->again };
    if (origin->state == IS_UNREACHABLE && strcmp(path, "/robots.txt") != 0) {
        answer->verdict = ROBOTS_UNREACHABLE;
        answer->until = origin->until;
        answer->is_given_up = origin->is_given_up;
    }
    if (origin->state != HAS_RULES)
        return 0;
    answer->delay = robots_delay(origin->robots);
    rc = robots_allows(origin->robots, path);
    if (rc == 0)
        answer->verdict = ROBOTS_DISALLOWED;
    return rc < 0 ? rc : 0;
}

int robots_cache_ask(struct robots_cache *cache, const char *url,
                     struct robots_answer *answer)
{
    struct coil_url parts;
    struct origin *origin = NULL;
    bool has_asked = false;
    int rc = coil_url_parse(&parts, url);

    if (rc == 0)
        rc = find_origin(cache, &parts, &origin);
    if (rc < 0)
        return rc;
    origin->users++;
    rc = learn(cache, origin, &has_asked);
    if (rc == 0)
        rc = answer_of(origin, &parts, answer);
    if (rc == 0)
        answer->has_asked = has_asked;
    origin->users--;
    shrink(cache);
    return rc;
}
