/* SPDX-License-Identifier: MIT */
#include "input/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "input/details.h"
#include "input/quick_url.h"
#include "input/url.h"
#include "job/job.h"

/* Of a text that is refused. */
enum { SHOWN = 4096 };

void request_fini(struct request *request)
{
    job_free(request->job);
    text_fini(&request->words);
    text_fini(&request->url);
    *request = (struct request){ 0 };
}

/* The header that the URL's user makes; the list's own one comes first. */
static int authorize(struct job_details **details, const char *value)
{
    const char *reason;

    if (!*details)
        *details = details_new();
    if (!*details)
        return -ENOMEM;
    if (details_have_header(*details, "Authorization"))
        return 0;
    return details_add_header(*details, "Authorization", value, &reason);
}

static int make_of(struct request *request, const struct url_text *url,
                   struct job_details *details)
{
    struct job_details *all = details;
    int rc = 0;

    if (url->authorization)
        rc = authorize(&all, url->authorization);
    if (rc == 0)
        rc = job_new(&request->job, url->url, NULL);
    if (rc == 0)
        request->job->details = all;
    else if (all != details)
        job_details_free(all);
    return rc;
}

static int make_slowly(struct request *request, const char *text, size_t size,
                       struct job_details *details)
{
    struct url_text url;
    int rc = url_of_text(&url, text, size);

    if (rc == -EINVAL) {
        rc = request_refuse(request, text, size, "%s", url.reason);
        if (rc == 0)
            job_details_free(details);
        return rc;
    }
    if (rc < 0)
        return rc;
    rc = make_of(request, &url, details);
    url_text_fini(&url);
    return rc;
}

static int make_quickly(struct request *request, int64_t priority,
                        const char *text, size_t size)
{
    char url[QUICK_URL_SIZE];
    int rc;

    request->reason = NULL;
    if (!quick_url(url, text, size))
        return 0;
    rc = job_new(&request->job, url, NULL);
    if (rc < 0)
        return rc;
    request->job->priority = priority;
    return 1;
}

/* The query goes behind that of the URL, and in front of its fragment. */
static int add_query(struct request *request, const char **text, size_t *size)
{
    const char *fragment = memchr(*text, '#', *size);
    size_t before = fragment ? (size_t)(fragment - *text) : *size;
    struct text *url = &request->url;
    char last;

    if (!request->query)
        return 0;
    text_clear(url);
    text_add_bytes(url, *text, before);
    last = before > 0 ? (*text)[before - 1] : '\0';
    if (!memchr(*text, '?', before))
        text_add_char(url, '?');
    else if (last != '?' && last != '&')
        text_add_char(url, '&');
    text_add(url, request->query);
    *text = url->bytes;
    *size = url->size;
    return url->has_failed ? -ENOMEM : 0;
}

int request_make(struct request *request, int64_t priority, const char *text,
                 size_t size, struct job_details *details)
{
    int rc = add_query(request, &text, &size);

    if (rc == 0)
        rc = make_quickly(request, priority, text, size);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        request->job->details = details;
        return 0;
    }
    rc = make_slowly(request, text, size, details);
    if (rc == 0)
        request->job->priority = priority;
    return rc;
}

int request_make_quickly(struct request *request, int64_t priority,
                         const char *text, size_t size)
{
    int rc = add_query(request, &text, &size);

    return rc < 0 ? rc : make_quickly(request, priority, text, size);
}

int request_refuse(struct request *request, const char *text, size_t size,
                   const char *format, ...)
{
    struct text shown = { 0 };
    char words[1024];
    va_list args;
    int rc = -ENOMEM;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    text_clear(&request->words);
    text_add(&request->words, words);
    for (size_t i = 0; i < size && i < SHOWN; i++)
        text_add(&shown,
                 text[i] == '\0' ? "\xef\xbf\xbd" : (char[2]){ text[i] });
    text_add(&shown, "");
    if (!shown.has_failed && !request->words.has_failed)
        rc = job_new(&request->job, shown.bytes, NULL);
    text_fini(&shown);
    request->reason = rc == 0 ? request->words.bytes : NULL;
    return rc;
}
