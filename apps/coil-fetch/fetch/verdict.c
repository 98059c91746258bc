/* SPDX-License-Identifier: MIT */
#include "fetch/verdict.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <coil/error.h>
#include <coil/http_versions.h>
#include <coil/time.h>
#include <coil/url.h>

/* ---- statuses ------------------------------------------------------------- */

static void add_statuses(struct status_set *set, int from, int to)
{
    for (int status = from; status <= to; status++)
        set->bits[status / 8] |= (unsigned char)(1 << status % 8);
}

/* One of "404", "3xx", "200-299".  Returns what follows it; NULL: it is none. */
static const char *read_statuses(struct status_set *set, const char *text)
{
    char *end;
    long from;
    long to;

    if (!isdigit((unsigned char)text[0]))
        return NULL;
    if (strncmp(text + 1, "xx", 2) == 0) {
        add_statuses(set, (text[0] - '0') * 100, (text[0] - '0') * 100 + 99);
        return text + 3;
    }
    from = to = strtol(text, &end, 10);
    if (*end == '-' && isdigit((unsigned char)end[1]))
        to = strtol(end + 1, &end, 10);
    if (from < 100 || to > 999 || from > to)
        return NULL;
    add_statuses(set, (int)from, (int)to);
    return end;
}

int status_set_read(struct status_set *set, const char *text)
{
    struct status_set read = { { 0 } };
    const char *at = read_statuses(&read, text);

    while (at && *at == ',')
        at = read_statuses(&read, at + 1);
    if (!at || *at != '\0')
        return -EINVAL;
    for (size_t i = 0; i < sizeof set->bits; i++)
        set->bits[i] |= read.bits[i];
    return 0;
}

bool status_set_has(const struct status_set *set, int status)
{
    return status >= 0 && status < 1000 &&
           (set->bits[status / 8] >> status % 8 & 1) != 0;
}

/* ---- classes -------------------------------------------------------------- */

static bool is_of_resolver(int error)
{
    return error < -COIL_ERESOLVE_BASE + 200 &&
           error > -COIL_ERESOLVE_BASE - 200;
}

static enum outcome_class class_of_errno(const struct attempt *attempt,
                                         int error)
{
    switch (error) {
    case -ETIMEDOUT:
        return OUTCOME_TIMEOUT;
    case -ENOMEM:
        return OUTCOME_INTERNAL;
    case -EPIPE:
    case -ECONNRESET:
        return attempt->report.connected != 0 ? OUTCOME_RESET : OUTCOME_CONNECT;
    default:
        return OUTCOME_CONNECT;
    }
}

static enum outcome_class class_of_error(const struct attempt *attempt,
                                         int error)
{
    if (is_of_resolver(error))
        return OUTCOME_DNS;
    if (error <= COIL_ETLS_PROTOCOL)
        return OUTCOME_TLS;
    switch (error) {
    case COIL_EHTTP_BAD_URL:
    case COIL_EHTTP_BAD_SCHEME:
    case COIL_EHTTP_BAD_HEADER:
    case COIL_EHTTP_NO_IDN:
    case -EINVAL:
        return OUTCOME_BAD_INPUT;
    case COIL_EHTTP_BODY_TOO_LARGE:
    case COIL_EHTTP_BOMB:
        return OUTCOME_TOO_LARGE;
    case COIL_EHTTP_CONNECT_TIMEOUT:
    case COIL_EHTTP_FIRST_BYTE_TIMEOUT:
    case COIL_EHTTP_IDLE_TIMEOUT:
        return OUTCOME_TIMEOUT;
    case COIL_EHTTP_BAD_REDIRECT:
    case COIL_EHTTP_DOWNGRADE:
    case COIL_EHTTP_TOO_MANY_REDIRECTS:
        return OUTCOME_REDIRECT;
    case COIL_EHTTP_PROXY_REFUSED:
    case COIL_EHTTP_PROXY_AUTH:
    case COIL_EHTTP_NOT_PUBLIC:
        return OUTCOME_CONNECT;
    default:
        return error <= COIL_EHTTP_MALFORMED ? OUTCOME_PROTOCOL
                                             : class_of_errno(attempt, error);
    }
}

static enum outcome_class class_of_status(const struct attempt *attempt,
                                          int status)
{
    if (status >= 200 && status < 300)
        return OUTCOME_OK;
    if (status == 429 ||
        (status == 503 && verdict_retry_after(attempt->response) >= 0))
        return OUTCOME_RATE_LIMITED;
    if (status >= 500)
        return OUTCOME_SERVER_ERROR;
    return status >= 400 ? OUTCOME_CLIENT_ERROR : OUTCOME_STATUS;
}

enum outcome_class verdict_class(const struct attempt *attempt,
                                 const struct status_set *accepted)
{
    int status = attempt->response ? attempt->response->status : 0;

    if (attempt->sink_error < 0)
        return OUTCOME_OUTPUT;
    if (attempt->is_too_large)
        return OUTCOME_TOO_LARGE;
    if (attempt->error < 0)
        return class_of_error(attempt, attempt->error);
    if (status_set_has(accepted, status))
        return OUTCOME_OK;
    return class_of_status(attempt, status);
}

bool verdict_is_timeout(int error)
{
    return error == -ETIMEDOUT || error == COIL_EHTTP_CONNECT_TIMEOUT ||
           error == COIL_EHTTP_FIRST_BYTE_TIMEOUT ||
           error == COIL_EHTTP_IDLE_TIMEOUT;
}

const char *verdict_reason(const struct attempt *attempt)
{
    if (attempt->is_too_large)
        return "the body is larger than --max-filesize";
    if (attempt->sink_error < 0)
        return "the body could not be kept";
    if (attempt->error == COIL_ETLS_NO_LIBRARY)
        return coil_http_missing_tls();
    return NULL;
}

/* ---- redirects ------------------------------------------------------------ */

static const char *location_of(const struct attempt *attempt)
{
    return coil_http_response_header(attempt->response, "Location");
}

bool verdict_redirects(const struct coil_http_response *response)
{
    int status = response->status;

    return (status == 301 || status == 302 || status == 303 || status == 307 ||
            status == 308) &&
           coil_http_response_header(response, "Location") != NULL;
}

bool verdict_is_redirect(const struct attempt *attempt)
{
    return attempt->response && verdict_redirects(attempt->response) &&
           attempt->sink_error == 0;
}

/* A fragment that Location has is of no use, and none is sent. */
static int make_target(char **out, const struct attempt *attempt,
                       bool allow_downgrade)
{
    struct coil_url from;
    struct coil_url to;
    char *joined;
    int rc = coil_url_join(&joined, attempt->job->url, location_of(attempt));

    if (rc == 0) {
        joined[strcspn(joined, "#")] = '\0';
        rc = coil_url_normalise(out, joined);
        coil_url_free(joined);
    }
    if (rc < 0)
        return rc == -ENOMEM ? rc : COIL_EHTTP_BAD_REDIRECT;
    if (coil_url_parse(&to, *out) < 0 ||
        coil_url_parse(&from, attempt->job->url) < 0 || to.scheme.size < 4 ||
        strncmp(to.scheme.at, "http", 4) != 0 || to.scheme.size > 5 ||
        to.user.at)
        rc = COIL_EHTTP_BAD_REDIRECT;
    else if (from.scheme.size == 5 && to.scheme.size == 4 && !allow_downgrade)
        rc = COIL_EHTTP_DOWNGRADE;
    if (rc < 0)
        coil_url_free(*out);
    return rc;
}

static bool is_other_origin(const char *a, const char *b)
{
    struct coil_url first;
    struct coil_url second;

    return coil_url_parse(&first, a) < 0 || coil_url_parse(&second, b) < 0 ||
           !coil_url_is_same_origin(&first, &second);
}

int verdict_follow(const struct attempt *attempt, struct job *job,
                   bool allow_downgrade)
{
    int status = attempt->response->status;
    const char *method = job_method(attempt->job);
    char *url;
    int rc = make_target(&url, attempt, allow_downgrade);

    if (rc == 0)
        rc = job_follow(job, url);
    if (rc < 0)
        return rc;
    if (is_other_origin(job->first_url, url))
        job->was_elsewhere = true;
    if ((status == 303 && strcmp(method, "HEAD") != 0) ||
        ((status == 301 || status == 302) && strcmp(method, "POST") == 0))
        job->is_get_now = true;
    return 0;
}

/* ---- once more ------------------------------------------------------------ */

/* RFC 9110, 5.6.7: the form of today, and the two that are obsolete. */
static bool read_date(const char *text, time_t *out)
{
    static const char *const forms[] = {
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y",
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = { 0 };
        const char *end = strptime(text, forms[i], &tm);

        if (end && *end == '\0') {
            *out = timegm(&tm);
            return true;
        }
    }
    return false;
}

/*
 * The second that it is for the server: by our clock, unless its Date is far from
 * that, and so its clock another one.  A Date may be a little old.  time() is not
 * asked, since it may be behind what a server next door sees, by a second.
 */
static long long now_of(const struct coil_http_response *response)
{
    enum { FAR = 3 };
    const char *text = coil_http_response_header(response, "Date");
    long long now = coil_time_of_day() / COIL_SECOND;
    time_t date;

    if (text && read_date(text, &date) && llabs((long long)date - now) > FAR)
        return (long long)date;
    return now;
}

coil_time verdict_retry_after(const struct coil_http_response *response)
{
    enum { MOST = 365 * 24 * 3600 };
    const char *text =
        response ? coil_http_response_header(response, "Retry-After") : NULL;
    size_t digits = text ? strspn(text, "0123456789") : 0;
    long long seconds;
    time_t date;

    if (!text || *text == '\0')
        return -1;
    if (text[digits] == '\0')
        seconds = digits > 8 ? MOST : atoll(text);
    else if (read_date(text, &date))
        seconds = (long long)date - now_of(response);
    else
        return -1;
    if (seconds < 0)
        seconds = 0;
    return (seconds < MOST ? seconds : MOST) * COIL_SECOND;
}

static bool may_be_sent_twice(const char *method)
{
    static const char *const methods[] = { "GET",    "HEAD",    "PUT",
                                           "DELETE", "OPTIONS", "TRACE" };

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

bool verdict_is_stale(const struct attempt *attempt)
{
    int error = attempt->error;

    return (error == -EPIPE || error == -ECONNRESET || error == -ECONNABORTED ||
            error == COIL_EHTTP_TRUNCATED || error == COIL_ETLS_TRUNCATED) &&
           attempt->report.is_reused && attempt->report.first_byte == 0 &&
           (may_be_sent_twice(job_method(attempt->job)) ||
            !coil_http_was_sent(&attempt->report));
}

bool verdict_may_repeat(const struct attempt *attempt)
{
    int status = attempt->response ? attempt->response->status : 0;

    return may_be_sent_twice(job_method(attempt->job)) || status == 408 ||
           status == 429 || status == 503 ||
           !coil_http_was_sent(&attempt->report);
}

coil_time verdict_delay(coil_time first, unsigned n, double chance)
{
    const coil_time most = 10 * 60 * COIL_SECOND;
    coil_time delay = first;

    while (n-- > 1 && delay < most)
        delay *= 2;
    if (delay > most)
        delay = most;
    return delay - (coil_time)((double)delay * chance / 2);
}
