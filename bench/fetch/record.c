/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <coil/loop.h>

enum { AGENTS = 8, CLASSES = 64 };

struct url {
    uint8_t requests;
    uint8_t fetched;
};

struct host {
    uint32_t active;
    uint32_t most;
    uint32_t requests;
    uint32_t over;      /* requests beyond the limit */
    uint32_t in_window; /* requests in a forbidden time */
    uint32_t crossed;   /* the same, but they may have crossed the 429 */
    uint32_t windows;
    uint32_t waiting[CLASSES]; /* URLs without a request yet, by priority */
    uint32_t unfetched;
    coil_time free_since; /* it has a place since then */
    coil_time forbidden_since, forbidden_until;
    coil_time alone_until; /* how long a careful client leaves it alone */
    coil_time busy, open;  /* requests times ns; ns in which some could be */
    coil_time counted;     /* up to when these two are counted */
};

static struct script script;
static struct url *urls;
static struct host *hosts;
static uint32_t active, most, over_global;
static uint64_t requests, inversions, apparent, robots;
static coil_time first, last, done;
static struct {
    char name[64];
    uint64_t requests;
} agents[AGENTS];

int record_begin(const struct script *of)
{
    script = *of;
    urls = calloc(script.urls ? script.urls : 1, sizeof *urls);
    hosts = calloc(script.hosts, sizeof *hosts);
    if (!urls || !hosts)
        return -ENOMEM;
    for (uint32_t i = 0; i < script.urls; i++) {
        struct plan plan = script_plan(&script, i);

        hosts[plan.host].waiting[plan.priority % CLASSES]++;
        hosts[plan.host].unfetched++;
    }
    return 0;
}

coil_time record_last(void)
{
    return last;
}

/* Bring the two sums of a host up to now. */
static void count_use(struct host *host, coil_time now)
{
    coil_time from = host->counted;

    host->counted = now;
    /* At its end a host has too few URLs to use all places. */
    if (first == 0 || host->unfetched < script.limit)
        return;
    host->busy += (now - from) * host->active;
    if (host->alone_until > from)
        from = host->alone_until < now ? host->alone_until : now;
    host->open += now - from;
}

/* The best priority of a URL of this host that nobody has asked for. */
static uint32_t best_waiting(const struct host *host)
{
    uint32_t priority = 0;

    while (priority < script.priorities && host->waiting[priority] == 0)
        priority++;
    return priority;
}

/*
 * A better URL could have been asked for: its host had a place.  For certain only
 * if the place was there for a while, since two requests may overtake each other.
 */
static void look_for_inversion(uint32_t priority, coil_time now)
{
    bool is_apparent = false;
    bool is_certain = false;

    /* A list that is still being read cannot be in order yet. */
    if (now - first < script.settle_us * COIL_MICROSECOND)
        return;
    for (uint32_t i = 0; i < script.hosts && !is_certain; i++) {
        const struct host *host = &hosts[i];
        coil_time since = host->free_since;

        if (host->active >= script.limit || now < host->alone_until ||
            best_waiting(host) >= priority)
            continue;
        if (since < host->alone_until)
            since = host->alone_until;
        if (since < first)
            since = first;
        is_apparent = true;
        is_certain = now - since > script.patience_us * COIL_MICROSECOND;
    }
    apparent += is_apparent;
    inversions += is_certain;
}

static void look_for_window(struct host *host, coil_time now)
{
    if (now >= host->forbidden_until)
        return;
    if (now - host->forbidden_since > script.slack_us * COIL_MICROSECOND)
        host->in_window++;
    else
        host->crossed++;
}

unsigned record_arrival(const struct plan *plan, uint32_t number)
{
    struct host *host = &hosts[plan->host];
    struct url *url = &urls[number];
    coil_time now = coil_now();

    if (first == 0) {
        first = now;
        for (uint32_t i = 0; i < script.hosts; i++)
            hosts[i].counted = now;
    }
    last = now;
    count_use(host, now);
    look_for_window(host, now);
    look_for_inversion(plan->priority, now);
    if (url->requests == 0)
        host->waiting[plan->priority % CLASSES]--;
    if (url->requests < UINT8_MAX)
        url->requests++;
    requests++;
    host->requests++;
    host->over += host->active >= script.limit;
    host->active++;
    if (host->active > host->most)
        host->most = host->active;
    over_global += script.global_limit && active >= script.global_limit;
    active++;
    if (active > most)
        most = active;
    return url->requests;
}

void record_departure(const struct plan *plan)
{
    struct host *host = &hosts[plan->host];
    coil_time now = coil_now();

    count_use(host, now);
    if (host->active == script.limit)
        host->free_since = now;
    host->active--;
    active--;
}

void record_fetched(const struct plan *plan, uint32_t number)
{
    struct host *host = &hosts[plan->host];

    done = coil_now();
    count_use(host, done);
    if (urls[number].fetched == 0)
        host->unfetched--;
    if (urls[number].fetched < UINT8_MAX)
        urls[number].fetched++;
}

void record_limited(const struct plan *plan, coil_time until)
{
    struct host *host = &hosts[plan->host];
    coil_time now = coil_now();

    count_use(host, now);
    if (now >= host->forbidden_until) {
        host->forbidden_since = now;
        host->windows++;
    }
    if (until > host->forbidden_until)
        host->forbidden_until = until;
    /* Nobody knows what a date leaves out: where in its second the server is. */
    if (now + script.window * COIL_SECOND > host->alone_until)
        host->alone_until = now + script.window * COIL_SECOND;
}

void record_robots(void)
{
    robots++;
}

void record_agent(const char *agent)
{
    size_t i = 0;

    if (!agent)
        agent = "";
    while (i + 1 < AGENTS && agents[i].requests &&
           strncmp(agents[i].name, agent, sizeof agents[i].name - 1) != 0)
        i++;
    if (agents[i].requests == 0)
        snprintf(agents[i].name, sizeof agents[i].name, "%s", agent);
    agents[i].requests++;
}

/* ---- the report ------------------------------------------------------- */

static void print_text(FILE *file, const char *text)
{
    putc('"', file);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            fprintf(file, "\\u%04x", c);
        else
            putc(c, file);
    }
    putc('"', file);
}

static void print_urls(FILE *file)
{
    uint64_t fetched = 0, missing = 0, doubled = 0, unasked = 0;
    uint64_t needed = 0, more = 0;

    for (uint32_t i = 0; i < script.urls; i++) {
        struct plan plan = script_plan(&script, i);

        fetched += urls[i].fetched > 0;
        missing += urls[i].fetched == 0;
        doubled += urls[i].fetched > 1;
        unasked += urls[i].requests == 0;
        needed += plan.failures + 1;
        if (urls[i].requests > plan.failures + 1)
            more += urls[i].requests - plan.failures - 1;
    }
    fprintf(file, "\"urls\": %u,\n\"requests\": %llu,\n", script.urls,
            (unsigned long long)requests);
    fprintf(file, "\"requests_needed\": %llu,\n\"requests_more\": %llu,\n",
            (unsigned long long)needed, (unsigned long long)more);
    fprintf(file, "\"fetched\": %llu,\n\"missing\": %llu,\n",
            (unsigned long long)fetched, (unsigned long long)missing);
    fprintf(file, "\"doubled\": %llu,\n\"never_asked\": %llu,\n",
            (unsigned long long)doubled, (unsigned long long)unasked);
}

static void print_limits(FILE *file)
{
    uint64_t over = 0, in_window = 0, crossed = 0, windows = 0;
    double busy = 0, open = 0;
    uint32_t most_of_host = 0, hosts_over = 0;

    for (uint32_t i = 0; i < script.hosts; i++) {
        over += hosts[i].over;
        hosts_over += hosts[i].over > 0;
        in_window += hosts[i].in_window;
        crossed += hosts[i].crossed;
        windows += hosts[i].windows;
        busy += (double)hosts[i].busy;
        open += (double)hosts[i].open;
        if (hosts[i].most > most_of_host)
            most_of_host = hosts[i].most;
    }
    fprintf(file, "\"most_of_host\": %u,\n\"hosts_over_limit\": %u,\n",
            most_of_host, hosts_over);
    fprintf(file, "\"over_limit\": %llu,\n", (unsigned long long)over);
    fprintf(file, "\"most\": %u,\n\"over_global\": %u,\n", most, over_global);
    fprintf(file, "\"windows\": %llu,\n\"in_window\": %llu,\n",
            (unsigned long long)windows, (unsigned long long)in_window);
    fprintf(file, "\"crossed\": %llu,\n", (unsigned long long)crossed);
    fprintf(file, "\"inversions\": %llu,\n\"inversions_apparent\": %llu,\n",
            (unsigned long long)inversions, (unsigned long long)apparent);
    fprintf(file, "\"use\": %.3f,\n",
            open > 0 ? busy / (open * script.limit) : 0.0);
}

static void print_agents(FILE *file)
{
    fputs("\"agents\": {", file);
    for (size_t i = 0; i < AGENTS && agents[i].requests; i++) {
        fputs(i ? ", " : "", file);
        print_text(file, agents[i].name);
        fprintf(file, ": %llu", (unsigned long long)agents[i].requests);
    }
    fputs("},\n", file);
}

static void print_hosts(FILE *file)
{
    fputs("\"hosts\": [\n", file);
    for (uint32_t i = 0; i < script.hosts; i++) {
        char address[16];

        script_address(i, address);
        fprintf(file,
                "{\"host\": \"%s\", \"requests\": %u, \"most\": %u, "
                "\"over_limit\": %u, \"windows\": %u, \"in_window\": %u, "
                "\"crossed\": %u, \"unfetched\": %u}%s\n",
                address, hosts[i].requests, hosts[i].most, hosts[i].over,
                hosts[i].windows, hosts[i].in_window, hosts[i].crossed,
                hosts[i].unfetched, i + 1 < script.hosts ? "," : "");
    }
    fputs("],\n", file);
}

void record_print(FILE *file, bool has_hosts)
{
    struct timespec cpu;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    fputs("{\n", file);
    print_urls(file);
    print_limits(file);
    print_agents(file);
    if (has_hosts)
        print_hosts(file);
    fprintf(file, "\"robots\": %llu,\n", (unsigned long long)robots);
    fprintf(file, "\"span_ms\": %.1f,\n",
            done > first ? (double)(done - first) / COIL_MILLISECOND : 0.0);
    fprintf(file, "\"cpu_ms\": %.1f\n}\n",
            (double)cpu.tv_sec * 1e3 + (double)cpu.tv_nsec / 1e6);
    fflush(file);
}
