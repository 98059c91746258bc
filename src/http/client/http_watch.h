/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_watch.h - tell whoever watches a request
 */
#ifndef COIL_HTTP_CLIENT_HTTP_WATCH_H
#define COIL_HTTP_CLIENT_HTTP_WATCH_H

#include <coil/http_watch.h>

struct coil__http_watcher {
    coil_http_watch_fn fn; /* NULL: nobody */
    void *arg;
    struct coil_http_report *report; /* NULL: nobody wants one */
    const char *url;
    unsigned number; /* of the request that is being made */
};

/* Tell that `event` happens now; its moment and what belongs to it are set. */
void coil__http_tell(const struct coil__http_watcher *watcher,
                     struct coil_http_event event);

/* The same of a moment of which there is no more to tell. */
void coil__http_tell_moment(const struct coil__http_watcher *watcher,
                            enum coil_http_moment moment);

#endif
