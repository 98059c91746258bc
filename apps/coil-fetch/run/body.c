/* SPDX-License-Identifier: MIT */
#include "run/body.h"

#include <errno.h>

#include <coil/http_response.h>

#include "run/world.h"
#include "show/stats.h"

void body_init(struct body *body, struct run *run, struct job *job,
               struct stats_flight *flight)
{
    *body = (struct body){ .run = run, .job = job, .flight = flight };
}

static int begin(void *arg, const struct coil_http_response *response)
{
    struct body *body = arg;

    (void)response;
    body->is_kept = body->run->options->has_bodies;
    return 0;
}

static int write_some(void *arg, const void *bytes, size_t size)
{
    struct body *body = arg;

    stats_receive(body->run->stats, body->flight, size, coil_now());
    if (body->is_kept)
        text_add_bytes(&body->kept, bytes, size);
    return body->kept.has_failed ? -ENOMEM : 0;
}

struct attempt_sink body_sink(struct body *body)
{
    return (struct attempt_sink){ .begin = begin,
                                  .write = write_some,
                                  .arg = body };
}

int body_commit(struct body *body, struct outcome *outcome)
{
    outcome->body = body->is_kept ? body->kept.bytes : NULL;
    return 0;
}

void body_abandon(struct body *body)
{
    text_fini(&body->kept);
}
