/* SPDX-License-Identifier: MIT */
/* peer_run.c - what the process of a peer does */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "peer.h"

struct self {
    const struct fleet *fleet;
    struct coil_work *work;
    int commands;
    int answers;
};

/* The second number of that file. */
static int64_t waited(void)
{
    FILE *file = fopen("/proc/self/schedstat", "re");
    long long time = 0;

    if (file && fscanf(file, "%*d %lld", &time) != 1)
        time = 0;
    if (file)
        fclose(file);
    return time;
}

static void answer(const struct self *self, struct peer_answer words)
{
    words.time = fleet_now();
    words.waited = waited();
    if (write(self->answers, &words, sizeof words) != sizeof words)
        fleet_fail("the driver has gone");
}

static int put(const struct self *self, uint64_t job)
{
    char id[24];
    struct coil_work_item item = { .id = id, .group = "host" };
    int rc;

    snprintf(id, sizeof id, "%llu", (unsigned long long)job);
    rc = coil_work_put(self->work, &item);
    answer(self,
           (struct peer_answer){ .word = PEER_IS_PUT, .rc = rc, .job = job });
    return rc == -ECANCELED ? rc : 0;
}

/* The engine may be out of reach for longer than the client's patience. */
static int get(const struct self *self, struct coil_job *job,
               enum peer_verb verb)
{
    int rc;

    if (verb == PEER_TRY)
        return coil_work_try_get(self->work, job);
    while ((rc = coil_work_get(self->work, job)) < 0 && rc != -ECANCELED)
        rc = coil_sleep(10 * COIL_MILLISECOND);
    return rc;
}

static int take(const struct self *self, enum peer_verb verb)
{
    struct coil_job job;
    struct peer_answer words;
    int rc = get(self, &job, verb);

    if (rc == -EAGAIN) {
        answer(self, (struct peer_answer){ .word = PEER_HAS, .rc = rc });
        return 0;
    }
    if (rc < 0)
        return rc;
    words = (struct peer_answer){ .word = PEER_HAS,
                                  .job = strtoull(job.id, NULL, 10),
                                  .fence = job.fence,
                                  .delivery = job.delivery };
    answer(self, words);
    if (verb == PEER_WORK)
        rc = coil_sleep(50 * COIL_MILLISECOND);
    if (verb == PEER_HOLD) {
        rc = coil_sleep(60 * COIL_MINUTE);
        words.word = PEER_CANCELLED;
        words.rc = rc == -ECANCELED && !coil_job_is_held(&job) ? 0 : -EIO;
        answer(self, words);
    }
    words.rc = coil_job_done(&job);
    words.word = PEER_ENDED;
    answer(self, words);
    return words.rc == -ECANCELED ? words.rc : 0;
}

static int obey(struct self *self)
{
    struct peer_command command;
    int rc = coil_wait_fd(self->commands, COIL_READABLE);

    if (rc < 0)
        return rc;
    if (read(self->commands, &command, sizeof command) != sizeof command)
        return -EPIPE;
    if (command.verb == PEER_PUT)
        return put(self, command.job);
    return take(self, command.verb);
}

static int run(void *arg)
{
    struct self *self = arg;
    const struct coil_work_options options = {
        .lease = self->fleet->lease,
        .margin = self->fleet->margin,
        .max_deliveries = 1000,
    };
    int rc;

    while ((rc = coil_work_open(&self->work, self->fleet->url, &options)) < 0) {
        rc = coil_sleep(20 * COIL_MILLISECOND);
        if (rc < 0)
            return rc;
    }
    while (rc >= 0)
        rc = obey(self);
    return rc;
}

void peer_run(const struct fleet *fleet, int commands, int answers)
{
    struct self self = { .fleet = fleet,
                         .commands = commands,
                         .answers = answers };
    int rc = coil_run(run, &self);

    fleet_fail("a peer ends: %s", coil_strerror(rc));
}
