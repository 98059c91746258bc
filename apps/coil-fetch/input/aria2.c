/* SPDX-License-Identifier: MIT */
#include "input/aria2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <coil/error.h>
#include <coil/http_auth.h>

#include "input/details.h"
#include "input/priority.h"
#include "input/request.h"

/* Of an entry: as of a line. */
enum { MAX_ENTRY = 1024 * 1024 };

/* ---- what a line is ---- */

bool aria2_is_option(const char *text, size_t size)
{
    size_t i = 0;

    while (i < size && ((text[i] >= 'a' && text[i] <= 'z') ||
                        (text[i] >= '0' && text[i] <= '9') || text[i] == '-'))
        i++;
    return i > 0 && i < size && text[i] == '=' && text[0] >= 'a';
}

bool aria2_is_entry(const char *text, size_t size)
{
    const char *tab = memchr(text, '\t', size);

    return tab && memmem(text, (size_t)(tab - text), "://", 3);
}

/* ---- an entry ---- */

void aria2_clear(struct aria2_entry *entry)
{
    struct text uris = entry->uris;

    job_details_free(entry->details);
    free(entry->dir);
    free(entry->out);
    free(entry->user);
    free(entry->password);
    text_fini(&entry->reason);
    text_clear(&uris);
    *entry = (struct aria2_entry){ .uris = uris };
}

void aria2_fini(struct aria2_entry *entry)
{
    aria2_clear(entry);
    text_fini(&entry->uris);
}

int aria2_begin(struct aria2_entry *entry, const char *text, size_t size,
                uint64_t line)
{
    text_clear(&entry->uris);
    text_add_bytes(&entry->uris, text, size);
    if (entry->uris.has_failed)
        return -ENOMEM;
    entry->is_there = true;
    entry->line = line;
    entry->size = size;
    return 0;
}

/* ---- options ---- */

/* The first thing that is wrong with an entry is what is said of it. */
static int refuse(struct aria2_entry *entry, const char *reason,
                  const char *text)
{
    struct text words = { 0 };

    if (entry->reason.size > 0)
        return 0;
    text_add(&words, reason);
    text_add(&words, ": ");
    text_add_bytes(&words, text, strnlen(text, 100));
    if (words.has_failed) {
        text_fini(&words);
        return -ENOMEM;
    }
    entry->reason = words;
    return 0;
}

static int add_header(struct aria2_entry *entry, const char *name,
                      const char *value)
{
    const char *reason;
    int rc = details_add_header(entry->details, name, value, &reason);

    return rc == -EINVAL ? refuse(entry, reason, name) : rc;
}

static int take_header(struct aria2_entry *entry, const char *value)
{
    const char *colon = strchr(value, ':');
    char *name;
    int rc;

    if (!colon)
        return refuse(entry, "a header is no \"name: value\"", value);
    name = strndup(value, (size_t)(colon - value));
    if (!name)
        return -ENOMEM;
    rc = add_header(entry, name, colon + 1 + strspn(colon + 1, " \t"));
    free(name);
    return rc;
}

static int take_agent(struct aria2_entry *entry, const char *value)
{
    return add_header(entry, "User-Agent", value);
}

static int take_referer(struct aria2_entry *entry, const char *value)
{
    return add_header(entry, "Referer", value);
}

static int take_checksum(struct aria2_entry *entry, const char *value)
{
    const char *reason;
    int rc = details_set_checksum(entry->details, value, &reason);

    return rc < 0 ? refuse(entry, reason, value) : 0;
}

static int take_dir(struct aria2_entry *entry, const char *value)
{
    return details_set(&entry->dir, value, strlen(value));
}

static int take_out(struct aria2_entry *entry, const char *value)
{
    return details_set(&entry->out, value, strlen(value));
}

static int take_user(struct aria2_entry *entry, const char *value)
{
    return details_set(&entry->user, value, strlen(value));
}

static int take_password(struct aria2_entry *entry, const char *value)
{
    return details_set(&entry->password, value, strlen(value));
}

static const struct option {
    const char *name;
    int (*take)(struct aria2_entry *entry, const char *value);
} options[] = {
    { "out", take_out },           { "dir", take_dir },
    { "checksum", take_checksum }, { "header", take_header },
    { "user-agent", take_agent },  { "referer", take_referer },
    { "http-user", take_user },    { "http-passwd", take_password },
};

static const struct option *find(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].name) == length &&
            memcmp(options[i].name, text, length) == 0)
            return &options[i];
    return NULL;
}

static int ignore(struct aria2_ignored *ignored, const char *name, size_t size)
{
    if (!ignored->example && details_set(&ignored->example, name, size) < 0)
        return -ENOMEM;
    ignored->count++;
    return 0;
}

int aria2_option(struct aria2_entry *entry, const char *text, size_t size,
                 struct aria2_ignored *ignored)
{
    const char *equals = memchr(text, '=', size);
    const struct option *option;
    int rc;

    if (!equals || strlen(text) != size)
        return refuse(entry, "an indented line is no \"name=value\"", text);
    option = find(text, (size_t)(equals - text));
    if (!option || strcmp(text, "referer=*") == 0)
        return ignore(ignored, text, (size_t)(equals - text));
    if (entry->size + size > MAX_ENTRY)
        return refuse(entry, "the entry has more than 1 MiB",
                      entry->uris.bytes);
    if (!entry->details)
        entry->details = details_new();
    if (!entry->details)
        return -ENOMEM;
    rc = option->take(entry, equals + 1);
    if (rc == 0)
        entry->size += size;
    return rc;
}

/* ---- the request ---- */

static bool is_http(const char *text, size_t size)
{
    return (size >= 7 && strncasecmp(text, "http://", 7) == 0) ||
           (size >= 8 && strncasecmp(text, "https://", 8) == 0);
}

/* The URI to fetch, within those of a line; the first, if none will do. */
static const char *choose(const char *text, size_t size, size_t *length)
{
    const char *end = text + size;
    const char *at = text;

    while (at < end) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));

        *length = (size_t)((tab ? tab : end) - at);
        if (is_http(at, *length))
            return at;
        at = tab ? tab + 1 : end;
    }
    at = memchr(text, '\t', size);
    *length = at ? (size_t)(at - text) : size;
    return text;
}

static int authorize(struct aria2_entry *entry)
{
    const char *password = entry->password ? entry->password : "";
    char *value;
    int rc;

    if (details_have_header(entry->details, "Authorization"))
        return 0;
    rc = coil_http_auth_basic(&value, entry->user ? entry->user : "", password);
    if (rc == -ENOMEM)
        return rc;
    if (rc < 0)
        return refuse(entry, "a user or a password that cannot be sent",
                      "http-user");
    rc = add_header(entry, "Authorization", value);
    coil_http_auth_free_text(value);
    return rc;
}

/* The last part of the path of a URL, which is normalised. */
static void add_name(struct text *file, const char *url)
{
    size_t size = strcspn(url, "?");
    size_t begin = size;

    while (begin > 0 && url[begin - 1] != '/')
        begin--;
    if (begin == size)
        text_add(file, "index.html");
    text_add_bytes(file, url + begin, size - begin);
}

/* dir/out */
static int place(const struct aria2_entry *entry, struct job *job)
{
    struct text file = { 0 };

    if (!entry->dir && !entry->out)
        return 0;
    if (entry->dir) {
        text_add(&file, entry->dir);
        if (file.size == 0 || file.bytes[file.size - 1] != '/')
            text_add(&file, "/");
    }
    if (entry->out)
        text_add(&file, entry->out);
    else
        add_name(&file, job->first_url);
    job->details->file = text_take(&file);
    return job->details->file ? 0 : -ENOMEM;
}

static int make(struct aria2_entry *entry, struct request *request,
                int64_t priority, const char *uris, size_t size)
{
    size_t length;
    const char *uri = choose(uris, size, &length);
    int rc;

    if (entry->user || entry->password) {
        rc = authorize(entry);
        if (rc < 0 || entry->reason.size > 0)
            return rc;
    }
    rc = request_make(request, priority, uri, length, entry->details);
    if (rc < 0)
        return rc;
    entry->details = NULL;
    if (request->reason)
        return 0;
    rc = place(entry, request->job);
    if (rc == 0)
        return 0;
    /* All as before. */
    entry->details = request->job->details;
    request->job->details = NULL;
    job_free(request->job);
    request->job = NULL;
    return rc;
}

int aria2_end(struct aria2_entry *entry, struct request *request)
{
    const char *uris = entry->uris.bytes;
    size_t size = entry->uris.size;
    int64_t priority = 0;
    int rc = priority_take(&priority, &uris, &size);

    if (rc < 0)
        rc = refuse(entry, "a priority has more than 64 bits", uris);
    if (rc >= 0 && entry->reason.size == 0)
        rc = make(entry, request, priority, uris, size);
    if (rc >= 0 && entry->reason.size > 0)
        rc = request_refuse(request, entry->uris.bytes, entry->uris.size, "%s",
                            entry->reason.bytes);
    if (rc < 0)
        return rc;
    aria2_clear(entry);
    return 0;
}
