/* SPDX-License-Identifier: MIT */
#include "output/record.h"

#include <string.h>

#include <coil/error.h>

#include "job/job.h"
#include "output/digest.h"

/* `name` is as it stands in the record: ,"url": */
static inline void add_string(struct text *text, const char *name,
                              const char *value)
{
    text_add(text, name);
    if (value)
        text_json(text, value, strlen(value));
    else
        text_add(text, "null");
}

static inline void add_number(struct text *text, const char *name,
                              int64_t value)
{
    text_add(text, name);
    text_add_int(text, value);
}

static inline void add_bool(struct text *text, const char *name, bool value)
{
    text_add(text, name);
    text_add(text, value ? "true" : "false");
}

static void add_strings(struct text *text, const char *name,
                        const char *const *strings, size_t count)
{
    text_add(text, name);
    text_add_char(text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(text, ',');
        text_json(text, strings[i], strlen(strings[i]));
    }
    text_add_char(text, ']');
}

static void add_error(struct text *text, const struct outcome *outcome)
{
    struct text words = { 0 };

    if (outcome->error == 0 || !outcome->reason) {
        add_string(text, ",\"error\":",
                   outcome->error < 0 ? coil_strerror(outcome->error)
                                      : outcome->reason);
        return;
    }
    text_add(&words, coil_strerror(outcome->error));
    text_add(&words, ": ");
    text_add(&words, outcome->reason);
    add_string(text, ",\"error\":", words.bytes);
    text->has_failed |= words.has_failed;
    text_fini(&words);
}

/* "127.0.0.1:80", "[::1]:80", or the path of a socket, which has neither. */
static void add_address(struct text *text, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *begin = address;
    const char *end = colon;

    if (!colon || strchr(address, '/')) {
        text_add(text, ",\"ip\":null,\"port\":null");
        return;
    }
    if (*begin == '[' && end[-1] == ']') {
        begin++;
        end--;
    }
    text_add(text, ",\"ip\":");
    text_json(text, begin, (size_t)(end - begin));
    text_add(text, ",\"port\":");
    text_add(text, colon + 1);
}

static void add_version(struct text *text, enum coil_http_version version)
{
    add_string(text, ",\"version\":",
               version == COIL_HTTP_1_0   ? "1.0"
               : version == COIL_HTTP_1_1 ? "1.1"
               : version == COIL_HTTP_2   ? "2"
                                          : NULL);
}

/* So many digits, with zeros in front. */
static void add_digits(struct text *text, int64_t number, int count)
{
    char digits[8];

    for (int i = count; i > 0; number /= 10)
        digits[--i] = (char)('0' + number % 10);
    text_add_bytes(text, digits, (size_t)count);
}

/*
 * The date of a day, counted from 1970-01-01: years begin in March here, so that
 * the leap day is the last of its year.
 */
static void add_date(struct text *text, int64_t day)
{
    int64_t days = day + 719468; /* from 0000-03-01 on */
    int64_t era = days / 146097; /* of 400 years */
    int64_t of_era = days % 146097;
    int64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* 0: March */

    add_digits(text, year + era * 400 + (month >= 10), 4);
    text_add_char(text, '-');
    add_digits(text, month < 10 ? month + 3 : month - 9, 2);
    text_add_char(text, '-');
    add_digits(text, of_year - (153 * month + 2) / 5 + 1, 2);
}

/* As RFC 3339 writes it; 0: null. */
static void add_time(struct text *text, const char *name, int64_t unix_us)
{
    int64_t second = unix_us / 1000000;

    text_add(text, name);
    if (unix_us <= 0) {
        text_add(text, "null");
        return;
    }
    text_add_char(text, '"');
    add_date(text, second / 86400);
    text_add_char(text, 'T');
    add_digits(text, second / 3600 % 24, 2);
    text_add_char(text, ':');
    add_digits(text, second / 60 % 60, 2);
    text_add_char(text, ':');
    add_digits(text, second % 60, 2);
    text_add_char(text, '.');
    add_digits(text, unix_us % 1000000, 6);
    text_add(text, "Z\"");
}

/* "12.345", made from its end.  A time is not negative. */
static void add_milliseconds(struct text *text, coil_time time)
{
    uint64_t rest = (uint64_t)time / COIL_MICROSECOND;
    char digits[24];
    char *at = digits + sizeof digits;

    for (int i = 0; i < 3; i++, rest /= 10)
        *--at = (char)('0' + rest % 10);
    *--at = '.';
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    text_add_bytes(text, at, (size_t)(digits + sizeof digits - at));
}

/* From one moment to the other, in milliseconds; null unless both came. */
static void add_duration(struct text *text, coil_time from, coil_time to)
{
    if (from == 0 || to == 0)
        text_add(text, "null");
    else
        add_milliseconds(text, to > from ? to - from : 0);
}

static inline void add_phase(struct text *text, const char *name,
                             coil_time from, coil_time to)
{
    text_add(text, name);
    add_duration(text, from, to);
}

/* The later one; a moment that did not come is 0. */
static coil_time last_of(coil_time a, coil_time b)
{
    return a > b ? a : b;
}

static void add_phases(struct text *text, const struct outcome *outcome)
{
    const struct coil_http_report *r = &outcome->report;
    const struct job *job = outcome->job;
    bool is_new = !r->is_reused;
    coil_time ready = last_of(last_of(r->placed, r->connected), r->secured);

    text_add(text, ",\"phases\":{\"queued\":");
    add_duration(text, job->read_at, job->first_at);
    text_add(text, ",\"late\":");
    if (outcome->has_rate)
        add_milliseconds(text, outcome->late);
    else
        text_add(text, "null");
    add_phase(text, ",\"dns\":", r->placed, is_new ? r->resolved : 0);
    add_phase(text, ",\"connect\":", last_of(r->placed, r->resolved),
              is_new ? r->connected : 0);
    add_phase(text, ",\"tls\":", r->connected, is_new ? r->secured : 0);
    add_phase(text, ",\"send\":", ready, r->sent);
    add_phase(text, ",\"first_byte\":", last_of(ready, r->sent), r->first_byte);
    add_phase(text, ",\"body\":", r->first_byte,
              r->done > 0 ? r->done : outcome->done_at);
    add_phase(text, ",\"total\":", r->began, outcome->done_at);
    text_add_char(text, '}');
}

static void add_digest(struct text *text, const struct outcome *outcome)
{
    char hex[2 * sizeof outcome->sha256 + 1];

    if (outcome->has_digest)
        digest_hex(hex, outcome->sha256, sizeof outcome->sha256);
    add_string(text, ",\"sha256\":", outcome->has_digest ? hex : NULL);
}

/* Pairs, as a name may come several times. */
static void add_headers(struct text *text, const struct outcome *outcome)
{
    text_add(text, ",\"headers\":");
    text_add_char(text, '[');
    for (size_t i = 0; i < outcome->header_count; i++) {
        const struct coil_http_header *header = &outcome->headers[i];

        text_add(text, i > 0 ? ",[" : "[");
        text_json(text, header->name, strlen(header->name));
        text_add_char(text, ',');
        text_json(text, header->value, strlen(header->value));
        text_add_char(text, ']');
    }
    text_add_char(text, ']');
}

static void add_body(struct text *text, const char *body, size_t size)
{
    if (text_is_utf8(body, size)) {
        text_add(text, ",\"body\":");
        text_json(text, body, size);
        return;
    }
    text_add(text, ",\"body_base64\":");
    text_add_char(text, '"');
    text_base64(text, body, size);
    text_add_char(text, '"');
}

static void add_request(struct text *text, const struct outcome *outcome)
{
    const struct job *job = outcome->job;

    text_add(text, "{\"v\":");
    text_add_int(text, RECORD_VERSION);
    add_number(text, ",\"n\":", (int64_t)job->number);
    add_string(text, ",\"url\":", job->first_url);
    add_string(text, ",\"final_url\":", outcome->final_url);
    add_string(text, ",\"name\":", job->details ? job->details->name : NULL);
    add_number(text, ",\"priority\":", job->priority);
    add_string(text, ",\"method\":", job_method(job));
}

static void add_result(struct text *text, const struct outcome *outcome)
{
    const struct job *job = outcome->job;

    add_string(text, ",\"class\":", outcome_class_name(outcome->class));
    if (outcome->status > 0)
        add_number(text, ",\"status\":", outcome->status);
    else
        text_add(text, ",\"status\":null");
    add_error(text, outcome);
    add_number(text, ",\"attempts\":", job->attempts);
    add_strings(text, ",\"redirects\":", (const char *const *)job->redirects,
                job->hops);
    add_address(text, outcome->address);
    add_version(text, outcome->version);
    add_bool(text, ",\"reused\":", outcome->report.is_reused);
    add_time(text, ",\"started\":", outcome->started_unix_us);
    add_phases(text, outcome);
}

void record_write(struct text *text, const struct outcome *outcome,
                  const struct record_options *options)
{
    add_request(text, outcome);
    add_result(text, outcome);
    add_number(text, ",\"bytes\":", outcome->body_size);
    add_string(text, ",\"type\":", outcome->content_type);
    add_string(text, ",\"file\":", outcome->file);
    add_digest(text, outcome);
    add_bool(text, ",\"resumed\":", outcome->is_resumed);
    add_bool(text, ",\"unchanged\":", outcome->is_unchanged);
    if (options->has_headers)
        add_headers(text, outcome);
    if (options->has_body && outcome->body)
        add_body(text, outcome->body, (size_t)outcome->body_size);
    if (options->has_links)
        add_strings(text, ",\"links\":", outcome->links, outcome->link_count);
    text_add(text, "}\n");
}
