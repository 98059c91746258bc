/* SPDX-License-Identifier: MIT */
#include "job/key.h"

#include <string.h>

#include "job/job.h"

/* Fields one behind the other, each with its length. */
struct chain {
    const struct hash_key *key;
    uint64_t sum;
};

static void add(struct chain *chain, const void *bytes, size_t size)
{
    uint64_t link[] = { chain->sum, size, hash_bytes(chain->key, bytes, size) };

    chain->sum = hash_bytes(chain->key, link, sizeof link);
}

static void add_text(struct chain *chain, const char *text)
{
    add(chain, text, strlen(text));
}

/* As many pieces as its length asks for, and that length. */
static void add_name(struct chain *chain, const char *name)
{
    size_t size = strlen(name);
    char small[64];

    for (size_t i = 0; i < size; i += sizeof small) {
        size_t n = size - i < sizeof small ? size - i : sizeof small;

        for (size_t k = 0; k < n; k++) {
            char c = name[i + k];

            small[k] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        }
        add(chain, small, n);
    }
    add(chain, &size, sizeof size);
}

static const char *method_of(const struct job_details *details)
{
    if (details->method)
        return details->method;
    return details->body ? "POST" : "GET";
}

/* A GET, with nothing but its URL. */
static bool is_plain(const struct job_details *details)
{
    return !details || (details->header_count == 0 && !details->body &&
                        strcmp(method_of(details), "GET") == 0);
}

uint64_t job_key(const struct hash_key *key, const struct job *job)
{
    const struct job_details *details = job->details;
    struct chain chain = { .key = key };

    if (is_plain(details))
        return hash_bytes(key, job->first_url, strlen(job->first_url));
    add_text(&chain, method_of(details));
    add_text(&chain, job->first_url);
    add(&chain, &details->header_count, sizeof details->header_count);
    for (size_t i = 0; i < details->header_count; i++) {
        add_name(&chain, details->headers[i].name);
        add_text(&chain, details->headers[i].value);
    }
    if (details->body)
        add(&chain, details->body, details->body_size);
    return chain.sum;
}

bool job_key_is_of_url(const struct job *job)
{
    return is_plain(job->details);
}
