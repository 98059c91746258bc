/* SPDX-License-Identifier: MIT */
#include "job/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/url.h>

int job_new(struct job **out, const char *url, struct job_details *details)
{
    size_t size = strlen(url) + 1;
    struct job *job = malloc(sizeof *job + size);

    *out = job;
    if (!job) {
        job_details_free(details);
        return -ENOMEM;
    }
    *job = (struct job){ .details = details, .url = job->first_url };
    memcpy(job->first_url, url, size);
    return 0;
}

void job_details_free(struct job_details *details)
{
    if (!details)
        return;
    for (size_t i = 0; i < details->header_count; i++) {
        free((char *)details->headers[i].name);
        free((char *)details->headers[i].value);
    }
    free(details->headers);
    free(details->method);
    free(details->name);
    free(details->file);
    free(details->body);
    free(details->expected_type);
    free(details);
}

void job_free(struct job *job)
{
    if (!job)
        return;
    for (unsigned i = 0; i < job->hops; i++)
        if (job->redirects[i] != job->first_url)
            coil_url_free(job->redirects[i]);
    free(job->redirects);
    if (job->url != job->first_url)
        coil_url_free(job->url);
    job_details_free(job->details);
    free(job);
}

const char *job_method(const struct job *job)
{
    const struct job_details *details = job->details;

    if (job->is_get_now)
        return "GET";
    if (details && details->method)
        return details->method;
    if (job->usual_method)
        return job->usual_method;
    return details && details->body ? "POST" : "GET";
}

size_t job_size(const struct job *job)
{
    const struct job_details *details = job->details;
    size_t size = sizeof *job + strlen(job->first_url);

    if (job->url != job->first_url)
        size += strlen(job->url);
    if (details)
        size += sizeof *details + details->body_size;
    return size;
}

void job_set_url(struct job *job, char *url)
{
    if (job->url != job->first_url)
        coil_url_free(job->url);
    job->url = url;
}

int job_follow(struct job *job, char *url)
{
    char **redirects =
        realloc(job->redirects, (job->hops + 1) * sizeof *redirects);

    if (!redirects) {
        coil_url_free(url);
        return -ENOMEM;
    }
    job->redirects = redirects;
    redirects[job->hops++] = job->url;
    job->url = url;
    return 0;
}
