/* SPDX-License-Identifier: MIT */
#include "run/polite.h"

#include <errno.h>
#include <string.h>

#include <coil/http_client.h>

#include "fetch/robots.h"
#include "fetch/robots_cache.h"
#include "job/job.h"
#include "run/world.h"
#include "schedule/schedule.h"

enum { MOST_REDIRECTS = 5 };

static int read_rules(struct coil_http_response *response, struct text *body)
{
    char bytes[4096];
    ptrdiff_t n = 1;

    while (n > 0 && body->size <= ROBOTS_MAX_SIZE) {
        n = coil_http_read(response, bytes, sizeof bytes);
        if (n > 0)
            text_add_bytes(body, bytes, (size_t)n);
    }
    if (n < 0)
        return (int)n;
    return body->has_failed ? -ENOMEM : 0;
}

static int fetch_rules(void *arg, const char *url, struct text *body,
                       int *status)
{
    struct run *run = arg;
    const struct attempt_options *common = &run->attempt;
    struct coil_http_response *response;
    const struct coil_http_request request = {
        .url = url,
        .max_redirects = MOST_REDIRECTS,
        .connect_limit = common->connect_limit,
        .first_byte_limit = common->first_byte_limit,
        .idle_limit = common->idle_limit,
        .limit = 60 * COIL_SECOND,
    };
    int rc = coil_http_open(common->client, &request, &response);

    if (rc < 0)
        return rc;
    *status = response->status;
    if (*status >= 200 && *status < 300)
        rc = read_rules(response, body);
    coil_http_response_free(response);
    return rc;
}

int polite_open(struct run *run)
{
    if (!run->options->obeys_robots)
        return 0;
    return robots_cache_new(&run->robots, &(struct robots_cache_options){
                                              .agent = "coil-fetch",
                                              .fetch = fetch_rules,
                                              .arg = run,
                                          });
}

void polite_close(struct run *run)
{
    robots_cache_free(run->robots);
}

int polite_may_fetch(struct run *run, struct job *job, const char **reason)
{
    struct robots_answer answer;
    int rc;

    if (!run->robots)
        return 1;
    rc = robots_cache_ask(run->robots, job->url, &answer);
    if (rc == -ECANCELED)
        return rc;
    *reason = "robots.txt cannot be asked for";
    if (rc < 0)
        return 0;
    if (answer.delay > 0)
        schedule_slow_down(run->schedule, job, answer.delay);
    *reason = answer.verdict == ROBOTS_UNREACHABLE
                  ? "robots.txt is there, but cannot be read"
                  : "robots.txt forbids it";
    return answer.verdict == ROBOTS_ALLOWED;
}
