/* SPDX-License-Identifier: MIT */
#include "run/place.h"

#include <errno.h>
#include <time.h>

#include "fetch/domain.h"
#include "fetch/hsts.h"
#include "job/job.h"
#include "run/world.h"
#include "schedule/schedule.h"

/* A host that has said so is asked over https only. */
static int upgrade(struct run *run, struct job *job)
{
    char *url;
    int rc;

    if (!run->hsts)
        return 0;
    rc = hsts_rewrite(run->hsts, job->url, (int64_t)time(NULL), &url);
    if (rc > 0)
        job_set_url(job, url);
    return rc == -ENOMEM ? rc : 0;
}

int place_job(struct run *run, struct job *job)
{
    enum domain_by by = run->options->group_by == GROUP_BY_DOMAIN
                            ? DOMAIN_BY_SITE
                            : DOMAIN_BY_HOST;
    int rc = upgrade(run, job);

    if (rc < 0)
        return rc;
    rc = domain_key(&run->group, by, job->url, NULL);
    if (rc == -ENOMEM)
        return rc;
    return schedule_put(run->schedule, job, rc < 0 ? "" : run->group.bytes);
}
