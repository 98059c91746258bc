/* SPDX-License-Identifier: MIT */
#include "queue/parcel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <coil/url.h>
#include <jansson.h>

#include "common/hash.h"
#include "input/json_line.h"
#include "input/json_scan.h"
#include "input/request.h"
#include "job/job.h"
#include "job/key.h"

enum { VERSION = 1, MAX_DEPTH = 64 };

/* ---- packing -------------------------------------------------------------- */

/* What is written, and whether all of it was UTF-8. */
struct packing {
    struct text *out;
    bool is_foreign;
};

static void add_string(struct packing *p, const char *string)
{
    size_t size = strlen(string);

    p->is_foreign |= !text_is_utf8(string, size);
    text_json(p->out, string, size);
}

static void add_member(struct packing *p, const char *name, const char *string)
{
    if (!string)
        return;
    text_json_name(p->out, name);
    add_string(p, string);
}

static void add_headers(struct packing *p, const struct job_details *details)
{
    if (details->header_count == 0)
        return;
    text_json_name(p->out, "headers");
    for (size_t i = 0; i < details->header_count; i++) {
        text_add(p->out, i == 0 ? "[[" : ",[");
        add_string(p, details->headers[i].name);
        text_add_char(p->out, ',');
        add_string(p, details->headers[i].value);
        text_add_char(p->out, ']');
    }
    text_add_char(p->out, ']');
}

static void add_checksum(struct packing *p, const struct job_details *details)
{
    static const struct {
        const char *name;
        size_t size;
    } kinds[] = {
        [CHECKSUM_MD5] = { "md5", 16 },
        [CHECKSUM_SHA1] = { "sha1", 20 },
        [CHECKSUM_SHA224] = { "sha224", 28 },
        [CHECKSUM_SHA256] = { "sha256", 32 },
        [CHECKSUM_SHA384] = { "sha384", 48 },
        [CHECKSUM_SHA512] = { "sha512", 64 },
    };
    enum checksum_kind kind = details->checksum_kind;

    if (kind == CHECKSUM_NONE)
        return;
    text_json_name(p->out, "checksum");
    text_add_format(p->out, "\"%s=", kinds[kind].name);
    for (size_t i = 0; i < kinds[kind].size; i++)
        text_add_format(p->out, "%02x", details->checksum[i]);
    text_add_char(p->out, '"');
}

static void add_details(struct packing *p, const struct job_details *details)
{
    add_member(p, "method", details->method);
    add_member(p, "name", details->name);
    add_member(p, "file", details->file);
    add_member(p, "type", details->expected_type);
    add_headers(p, details);
    add_checksum(p, details);
    if (details->body) {
        text_json_name(p->out, "body_base64");
        text_add_char(p->out, '"');
        text_base64(p->out, details->body, details->body_size);
        text_add_char(p->out, '"');
    }
    if (details->expected_size >= 0) {
        text_json_name(p->out, "size");
        text_add_int(p->out, details->expected_size);
    }
}

static void add_request(struct packing *p, const struct job *job)
{
    text_add(p->out, ",\"request\":{\"url\":");
    add_string(p, job->first_url);
    if (job->priority != 0) {
        text_json_name(p->out, "priority");
        text_add_int(p->out, job->priority);
    }
    if (job->details)
        add_details(p, job->details);
    text_add_char(p->out, '}');
}

/* The URL that it left by its first redirect is the one of the request. */
static void add_way(struct packing *p, const struct job *job)
{
    if (job->hops == 0)
        return;
    text_add(p->out, ",\"at\":{\"to\":[");
    for (unsigned i = 1; i < job->hops; i++) {
        add_string(p, job->redirects[i]);
        text_add_char(p->out, ',');
    }
    add_string(p, job->url);
    text_add_format(p->out, "],\"get\":%s,\"elsewhere\":%s,\"attempts\":%u}",
                    job->is_get_now ? "true" : "false",
                    job->was_elsewhere ? "true" : "false", job->attempts);
}

int parcel_pack(struct text *out, const struct job *job)
{
    struct packing p = { .out = out };

    text_add_format(out, "{\"v\":%d,\"n\":%" PRIu64, VERSION, job->number);
    add_request(&p, job);
    add_way(&p, job);
    text_add_char(out, '}');
    if (out->has_failed)
        return -ENOMEM;
    return p.is_foreign ? -EILSEQ : 0;
}

int parcel_name(struct text *out, const struct job *job)
{
    /* The same on all machines: nobody aims at the list of his own. */
    static const struct hash_key key;

    text_add(out, job->first_url);
    if (!job_key_is_of_url(job))
        text_add_format(out, " %016" PRIx64, job_key(&key, job));
    return out->has_failed ? -ENOMEM : 0;
}

/* ---- unpacking ------------------------------------------------------------ */

static int refuse(struct text *why, const char *reason)
{
    text_add(why, reason);
    return why->has_failed ? -ENOMEM : -EINVAL;
}

static int take_request(struct job **out, const json_t *object,
                        struct text *why)
{
    struct request request = { 0 };
    char *line = json_dumps(object, JSON_COMPACT);
    int rc = line ? json_line(&request, line, strlen(line)) : -ENOMEM;

    free(line);
    if (rc == 0 && request.reason)
        rc = refuse(why, request.reason);
    if (rc == 0) {
        *out = request.job;
        request.job = NULL;
    }
    request_fini(&request);
    return rc;
}

static int follow(struct job *job, const json_t *value, struct text *why)
{
    const char *text = json_string_value(value);
    char *url;
    int rc = text ? coil_url_normalise(&url, text) : -EINVAL;

    if (rc == -ENOMEM)
        return rc;
    return rc < 0 ? refuse(why, "a URL of a redirect is none")
                  : job_follow(job, url);
}

static int take_way(struct job *job, const json_t *at, struct text *why)
{
    const json_t *to = json_object_get(at, "to");
    json_int_t attempts = json_integer_value(json_object_get(at, "attempts"));
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(to); i++)
        rc = follow(job, json_array_get(to, i), why);
    job->is_get_now = json_is_true(json_object_get(at, "get"));
    job->was_elsewhere = json_is_true(json_object_get(at, "elsewhere"));
    if (attempts > 0 && attempts < INT32_MAX)
        job->attempts = (unsigned)attempts;
    return rc;
}

static int take_object(struct job **out, const json_t *object, struct text *why)
{
    json_int_t version = json_integer_value(json_object_get(object, "v"));
    int rc;

    if (version > VERSION)
        return refuse(why, "a newer coil-fetch has put it");
    if (version < 1 || !json_is_object(json_object_get(object, "request")))
        return refuse(why, "it is no job of coil-fetch");
    rc = take_request(out, json_object_get(object, "request"), why);
    if (rc < 0)
        return rc;
    (*out)->number = (uint64_t)json_integer_value(json_object_get(object, "n"));
    rc = take_way(*out, json_object_get(object, "at"), why);
    if (rc < 0) {
        job_free(*out);
        *out = NULL;
    }
    return rc;
}

int parcel_unpack(struct job **out, const char *bytes, size_t size,
                  struct text *why)
{
    json_error_t error;
    json_t *object;
    int rc;

    *out = NULL;
    text_clear(why);
    if (json_depth(bytes, size) > MAX_DEPTH)
        return refuse(why, "its JSON is nested too deep");
    object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (!object && json_error_code(&error) == json_error_out_of_memory)
        return -ENOMEM;
    rc = object ? take_object(out, object, why)
                : refuse(why, "it is no job of coil-fetch");
    json_decref(object);
    return rc;
}
