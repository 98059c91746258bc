/* SPDX-License-Identifier: MIT */
#include "http/client/http_watch.h"

const char *coil_http_moment_name(enum coil_http_moment moment)
{
    static const char *const names[] = {
        [COIL_HTTP_PLACED] = "placed",
        [COIL_HTTP_RESOLVED] = "resolved",
        [COIL_HTTP_CONNECTED] = "connected",
        [COIL_HTTP_SECURED] = "secured",
        [COIL_HTTP_SENT] = "sent",
        [COIL_HTTP_FIRST_BYTE] = "first byte",
        [COIL_HTTP_INTERIM] = "interim response",
        [COIL_HTTP_REDIRECTED] = "redirected",
        [COIL_HTTP_REPEATED] = "repeated",
        [COIL_HTTP_DONE] = "done",
    };

    return (size_t)moment < sizeof names / sizeof *names ? names[moment] : "";
}

bool coil_http_was_sent(const struct coil_http_report *report)
{
    return report->was_sent;
}

/* Another request begins: what is known of the one before is forgotten. */
static void start_anew(struct coil_http_report *report, coil_time now)
{
    *report = (struct coil_http_report){
        .was_sent = report->was_sent,
        .requests = report->requests + 1,
        .began = report->began,
        .placed = now,
    };
}

static void note(struct coil_http_report *report,
                 const struct coil_http_event *event)
{
    switch (event->moment) {
    case COIL_HTTP_PLACED:
        start_anew(report, event->at);
        break;
    case COIL_HTTP_RESOLVED:
        report->resolved = event->at;
        break;
    case COIL_HTTP_CONNECTED:
        report->connected = event->at;
        report->is_reused = event->is_reused;
        break;
    case COIL_HTTP_SECURED:
        report->secured = event->at;
        break;
    case COIL_HTTP_SENT:
        report->sent = event->at;
        break;
    case COIL_HTTP_FIRST_BYTE:
        report->first_byte = event->at;
        report->version = event->version;
        break;
    case COIL_HTTP_DONE:
        report->done = event->at;
        break;
    case COIL_HTTP_INTERIM:
    case COIL_HTTP_REDIRECTED:
    case COIL_HTTP_REPEATED:
        break;
    }
}

void coil__http_tell(const struct coil__http_watcher *watcher,
                     struct coil_http_event event)
{
    if (!watcher->fn && !watcher->report)
        return;
    event.at = coil_now();
    event.url = watcher->url;
    event.number = watcher->number;
    if (watcher->report)
        note(watcher->report, &event);
    if (watcher->fn)
        watcher->fn(watcher->arg, &event);
}

void coil__http_tell_moment(const struct coil__http_watcher *watcher,
                            enum coil_http_moment moment)
{
    coil__http_tell(watcher, (struct coil_http_event){ .moment = moment });
}
