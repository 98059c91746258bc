/* SPDX-License-Identifier: MIT */
#include "run/place.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <coil/address.h>
#include <coil/resolve.h>
#include <coil/time.h>
#include <coil/url.h>

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
    rc = hsts_rewrite(run->hsts, job->url, coil_time_of_day() / COIL_SECOND,
                      &url);
    if (rc > 0)
        job_set_url(job, url);
    return rc == -ENOMEM ? rc : 0;
}

int place_name(struct run *run, struct job *job)
{
    enum domain_by by = run->options->group_by == GROUP_BY_DOMAIN
                            ? DOMAIN_BY_SITE
                            : DOMAIN_BY_HOST;
    int rc = upgrade(run, job);

    if (rc < 0)
        return rc;
    rc = domain_key(&run->group, by, job->url, NULL);
    if (rc < 0 && rc != -ENOMEM)
        text_add(&run->group, ""); /* a URL without a host */
    return rc == -ENOMEM || run->group.has_failed ? -ENOMEM : 0;
}

int place_job(struct run *run, struct job *job)
{
    int rc = place_name(run, job);

    if (rc < 0)
        return rc;
    job->is_located = run->options->group_by != GROUP_BY_ADDRESS;
    return schedule_put(run->schedule, job, run->group.bytes);
}

/* The first address, where a connection is tried first; a name that has none has
   its host as the key. */
static int find_address(const struct job *job, char text[COIL_ADDRESS_STRING])
{
    struct coil_address *addresses;
    struct coil_url url;
    char host[256];
    size_t count;
    int rc = coil_url_parse(&url, job->url);

    if (rc < 0 || !url.host.at || url.host.size >= sizeof host)
        return -EINVAL;
    memcpy(host, url.host.at, url.host.size);
    host[url.host.size] = '\0';
    rc = coil_resolve(host, 0, &addresses, &count);
    if (rc < 0)
        return rc;
    coil_address_string(&addresses[0], text);
    coil_addresses_free(addresses);
    return 0;
}

int place_by_address(struct run *run, struct job *job)
{
    char address[COIL_ADDRESS_STRING];
    int rc;

    if (job->is_located)
        return 1;
    rc = find_address(job, address);
    if (rc == -ECANCELED)
        return rc;
    job->is_located = true;
    schedule_end(run->schedule, job);
    rc = domain_key(&run->group, DOMAIN_BY_ADDRESS, job->url,
                    rc < 0 ? NULL : address);
    if (rc == -ENOMEM)
        return rc;
    return schedule_put(run->schedule, job, rc < 0 ? "" : run->group.bytes);
}
