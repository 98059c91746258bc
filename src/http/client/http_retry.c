/* SPDX-License-Identifier: MIT */
#include "http/client/http_retry.h"

#include <string.h>
#include <time.h>

#include <coil/error.h>
#include <coil/time.h>

#include "base/backoff.h"
#include "base/unreachable.h"
#include "http/wire/date.h"
#include "http/wire/defaults.h"

enum { COST = 100 };

/* Waits beyond that are for ever. */
enum { MAX_SECONDS = 1000000000 };

/* ---- why -------------------------------------------------------------- */

/* Whether an error says that no connection could be made, for now. */
static bool is_unreachable(int error)
{
    return error == COIL_EHTTP_CONNECT_TIMEOUT || coil__is_unreachable(error);
}

bool coil__http_is_loss(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -ECONNABORTED ||
           error == COIL_EHTTP_TRUNCATED || error == COIL_ETLS_TRUNCATED;
}

static bool is_worth_it(const struct coil__http_call *call, int rc,
                        const struct coil__http_response *response)
{
    if (!coil__http_can_resend(call))
        return false;
    if (rc < 0 && !call->was_sent)
        return is_unreachable(rc);
    if (!call->may_repeat)
        return false;
    if (rc < 0)
        return coil__http_is_loss(rc) && !call->has_begun;
    return response->shown.status == 429 || response->shown.status == 503;
}

/* ---- when ------------------------------------------------------------- */

/* "120".  -1: it is no number. */
static int64_t number_of(const char *text)
{
    int64_t seconds = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        if (seconds < MAX_SECONDS)
            seconds = seconds * 10 + (*text - '0');
    }
    return seconds;
}

/* The server's clock, if it says what it shows, else ours. */
static int64_t now_of(const struct coil_http_response *response)
{
    const char *date = coil_http_response_header(response, "Date");
    int64_t now;

    if (date && coil__http_parse_date(&now, date, strlen(date)))
        return now;
    return coil_time_of_day() / COIL_SECOND;
}

coil_time coil__http_retry_after(const struct coil_http_response *response)
{
    const char *text = coil_http_response_header(response, "Retry-After");
    int64_t seconds;
    int64_t date;

    if (!text)
        return COIL_NEVER;
    seconds = number_of(text);
    if (seconds < 0) {
        if (!coil__http_parse_date(&date, text, strlen(text)))
            return COIL_NEVER;
        seconds = date - now_of(response);
    }
    if (seconds < 0)
        seconds = 0;
    if (seconds > MAX_SECONDS)
        seconds = MAX_SECONDS;
    return seconds * COIL_SECOND;
}

/* The pause that doubles, of which up to a half is left out. */
static coil_time back_off(const struct coil__http_call *call)
{
    coil_time most =
        coil__http_time_or(call->retry->max_delay, 30 * COIL_SECOND);
    coil_time first =
        coil__http_time_or(call->retry->first_delay, 200 * COIL_MILLISECOND);

    return coil__backoff_pause(&call->client->lot, coil_now(), first, most,
                               call->repeats);
}

/* Whether there is still time for it. */
static bool has_time(const struct coil__http_call *call, coil_time delay)
{
    coil_time when =
        call->has_total ? coil_timeout_when(&call->total) : COIL_NEVER;

    return when == COIL_NEVER || coil_now() + delay < when;
}

bool coil__http_should_repeat(struct coil__http_call *call, int rc,
                              const struct coil__http_response *response,
                              coil_time *delay)
{
    const struct coil_http_retry *retry = call->retry;
    coil_time asked = COIL_NEVER;

    if (call->repeats >= retry->repeats || call->client->budget < COST ||
        !is_worth_it(call, rc, response))
        return false;
    *delay = back_off(call);
    if (rc == 0)
        asked = coil__http_retry_after(&response->shown);
    if (asked != COIL_NEVER) {
        if (asked > coil__http_time_or(retry->max_wait, 2 * COIL_MINUTE))
            return false;
        *delay = asked + *delay / 2;
    }
    if (!has_time(call, *delay))
        return false;
    call->repeats++;
    call->client->budget -= COST;
    return true;
}
