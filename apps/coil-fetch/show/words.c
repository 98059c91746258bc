/* SPDX-License-Identifier: MIT */
#include "show/words.h"

#include <string.h>

#include <coil/error.h>

#include "job/job.h"

static const char *const names[OUTCOME_CLASSES] = {
    [OUTCOME_OK] = "fetched",
    [OUTCOME_CLIENT_ERROR] = "refused by the server (4xx)",
    [OUTCOME_RATE_LIMITED] = "turned away as too many (429)",
    [OUTCOME_SERVER_ERROR] = "failed in the server (5xx)",
    [OUTCOME_STATUS] = "answered with another status",
    [OUTCOME_BAD_INPUT] = "lines that are no request",
    [OUTCOME_DNS] = "host names not found",
    [OUTCOME_CONNECT] = "connections not made",
    [OUTCOME_TLS] = "TLS refused",
    [OUTCOME_TIMEOUT] = "timed out",
    [OUTCOME_RESET] = "connections broken",
    [OUTCOME_PROTOCOL] = "answers that are not HTTP",
    [OUTCOME_REDIRECT] = "redirected too often, or to nowhere",
    [OUTCOME_TOO_LARGE] = "too large",
    [OUTCOME_CHECKSUM] = "with another checksum or size",
    [OUTCOME_TYPE] = "of another content type",
    [OUTCOME_ROBOTS] = "forbidden by robots.txt",
    [OUTCOME_OUTPUT] = "not written",
    [OUTCOME_SKIPPED] = "there already",
    [OUTCOME_DUPLICATE] = "equal to another line",
    [OUTCOME_STOPPED] = "not done when the run was stopped",
    [OUTCOME_INTERNAL] = "given up for lack of memory",
};

static const char *const advice[OUTCOME_CLASSES] = {
    [OUTCOME_CLIENT_ERROR] =
        "404 and 410: the URL leads nowhere. 401 and 403: the server wants "
        "-u, -b or -H.",
    [OUTCOME_RATE_LIMITED] =
        "Ask for less with --rate-per-host or --per-host, or wait longer "
        "with --retries and --max-retry-after.",
    [OUTCOME_SERVER_ERROR] =
        "The server's own failure: run again later, or with more --retries.",
    [OUTCOME_STATUS] =
        "Neither a success nor an error: --accept-status can make it a "
        "success.",
    [OUTCOME_BAD_INPUT] =
        "Mend these lines of the input; -g takes [ ] and { } as they are.",
    [OUTCOME_DNS] = "Does the name exist? Does this machine's resolver answer? "
                    "--resolve gives an address by hand.",
    [OUTCOME_CONNECT] =
        "Is the server up, and the port right? Is a proxy (-x) needed? -4 "
        "and -6 choose the kind of address.",
    [OUTCOME_TLS] =
        "--cacert names an authority that is trusted; -k would trust "
        "anybody, and should be kept to tests.",
    [OUTCOME_TIMEOUT] =
        "Allow more time with --timeout, --connect-timeout or "
        "--idle-timeout, or ask for less at a time with --per-host.",
    [OUTCOME_RESET] =
        "The server or something on the way closes connections: try a "
        "smaller --per-host, or --http1.1.",
    [OUTCOME_PROTOCOL] =
        "Is the scheme right (http, https), and the port? --http1.1 avoids "
        "HTTP/2.",
    [OUTCOME_REDIRECT] =
        "Look at where the redirects lead with --jsonl; --max-redirs "
        "allows more of them.",
    [OUTCOME_TOO_LARGE] = "--max-filesize allows more.",
    [OUTCOME_CHECKSUM] =
        "What came is not what the list says, and was not kept: check the "
        "list, then the server.",
    [OUTCOME_TYPE] =
        "Often a page that says why: look at it with --jsonl-body.",
    [OUTCOME_ROBOTS] =
        "The site does not want it fetched; without --robots nobody asks.",
    [OUTCOME_OUTPUT] =
        "Look at the disk's space and the directory's permissions, then "
        "run again with --resume.",
    [OUTCOME_INTERNAL] = "Lower -c, then run again with --resume.",
};

const char *words_of_class(enum outcome_class class)
{
    return names[class];
}

const char *words_of_advice(enum outcome_class class)
{
    return advice[class];
}

const char *words_of_flight(const struct stats_flight *flight)
{
    if (!flight->has_moment)
        return "starting";
    switch (flight->moment) {
    case COIL_HTTP_PLACED:
        return "resolving";
    case COIL_HTTP_RESOLVED:
        return "connecting";
    case COIL_HTTP_CONNECTED:
        return strncmp(flight->job->url, "https:", 6) == 0 ? "securing"
                                                           : "sending";
    case COIL_HTTP_SECURED:
        return "sending";
    case COIL_HTTP_SENT:
    case COIL_HTTP_INTERIM:
        return "waiting";
    case COIL_HTTP_FIRST_BYTE:
    case COIL_HTTP_DONE:
        return "body";
    case COIL_HTTP_REDIRECTED:
    case COIL_HTTP_REPEATED:
        return "again";
    }
    return "starting";
}

void words_of_failure(struct text *text, const struct example *example)
{
    size_t before = text->size;

    if (example->status > 0)
        text_add_format(text, "%d", example->status);
    if (example->error < 0) {
        text_add(text, text->size > before ? ", " : "");
        text_add(text, coil_strerror(example->error));
    }
    if (example->reason) {
        text_add(text, text->size > before ? ": " : "");
        text_add(text, example->reason);
    }
    if (text->size == before)
        text_add(text, words_of_class(example->class));
    if (example->attempts > 1)
        text_add_format(text, " (%u attempts)", example->attempts);
}
