/* SPDX-License-Identifier: MIT */
#include "run/place.h"

#include <stdio.h>
#include <string.h>

#include <coil/url.h>

#include "job/job.h"
#include "run/world.h"
#include "schedule/schedule.h"

int place_job(struct run *run, struct job *job)
{
    char name[256];
    struct coil_url url;

    if (coil_url_parse(&url, job->url) < 0 || !url.host.at ||
        url.host.size >= sizeof name)
        return schedule_put(run->schedule, job, "");
    memcpy(name, url.host.at, url.host.size);
    name[url.host.size] = '\0';
    return schedule_put(run->schedule, job, name);
}
