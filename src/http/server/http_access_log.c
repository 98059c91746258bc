/* SPDX-License-Identifier: MIT */
#include "http/server/http_access_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/server/log_line.h"
#include "http/server/log_writer.h"

#define MAX_BUFFERED ((size_t)1024 * 1024)

struct coil_http_access_log {
    enum coil_http_access_log_format format;
    struct coil__log_writer *writer;
    struct coil_buffer line;
    size_t dropped;
    size_t unsaid; /* lines that were dropped since the log last said so */
};

int coil_http_access_log_new(struct coil_http_access_log **out, int fd,
                             const struct coil_http_access_log_options *o)
{
    size_t limit = o && o->max_buffered > 0 ? o->max_buffered : MAX_BUFFERED;
    struct coil_http_access_log *log = coil__alloc(sizeof *log);
    int rc;

    if (!log)
        return -ENOMEM;
    if (o)
        log->format = o->format;
    rc = coil__log_writer_new(&log->writer, fd, limit);
    if (rc < 0)
        coil__free(log);
    else
        *out = log;
    return rc;
}

void coil_http_access_log_free(struct coil_http_access_log *log)
{
    if (!log)
        return;
    coil__log_writer_free(log->writer);
    coil__buffer_fini(&log->line);
    coil__free(log);
}

size_t coil_http_access_log_dropped(const struct coil_http_access_log *log)
{
    return log->dropped + coil__log_writer_lost(log->writer);
}

int coil_http_access_log(struct coil_http_exchange *x, void *log)
{
    x->log = log;
    x->begun = coil_now();
    return coil__keep_frame(coil_http_exchange_next(x));
}

/* ---- lines ------------------------------------------------------------ */

/* Whether the log could say how many lines have been dropped, if any have. */
static bool say_dropped(struct coil_http_access_log *log)
{
    char text[80];
    int size;

    if (log->unsaid == 0)
        return true;
    size = snprintf(text, sizeof text,
                    log->format == COIL_HTTP_LOG_JSON
                        ? "{\"dropped\":%zu}\n"
                        : "# %zu lines were dropped\n",
                    log->unsaid);
    if (!coil__log_writer_add(log->writer, text, (size_t)size))
        return false;
    log->unsaid = 0;
    return true;
}

void coil__http_access_log_note(struct coil_http_exchange *x)
{
    struct coil_http_access_log *log = x->log;
    int rc;

    x->log = NULL;
    coil__buffer_consume(&log->line, log->line.size);
    rc = coil__log_line(&log->line, x, log->format);
    if (rc < 0 || !say_dropped(log) ||
        !coil__log_writer_add(log->writer, coil__buffer_bytes(&log->line),
                              log->line.size)) {
        log->dropped++;
        log->unsaid++;
    }
}
