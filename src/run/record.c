/* SPDX-License-Identifier: MIT */
/*
 * record.c - whether a loop is recorded, and what its program says itself
 */
#include <coil/record.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "base/panic.h"
#include "inspect/watchdog.h"
#include "record/names.h"
#include "record/recorder.h"
#include "run/record.h"
#include "sched/thread.h"
#include "task/task_record.h"

/* ---- on and off ----------------------------------------------------------- */

static int begin(struct coil_loop *loop, const char *dir, size_t size, bool all)
{
    struct coil_recording recording = {
        .dir = dir,
        .size = size & ~(size_t)4095,
        .all = all,
        .simulated = coil__backend_is_simulated(loop->backend),
    };
    int rc;

    if (!COIL__RECORDER)
        return -ENOTSUP;
    if (size < COIL__RECORD_SIZE_MIN || size > COIL__RECORD_SIZE_MAX)
        return -EINVAL;
    rc = coil__recorder_open(&loop->scheduler.recorder, &recording);
    if (rc < 0)
        return rc;
    coil__recorder_begin(loop->scheduler.recorder, coil__loop_now(loop));
    coil__task_record_all(&loop->scheduler);
    coil__watchdog_record(loop, loop->scheduler.recorder);
    return 0;
}

void coil__record_end(struct coil_loop *loop)
{
    struct coil_recorder *r = coil__recorder_of(&loop->scheduler);

    loop->scheduler.recorder = NULL;
    if (!r)
        return;
    coil__watchdog_record(loop, NULL);
    coil__record_recent(r);
    coil__record_time(r, COIL_RECORD_CLOCK_WAITS, 0, coil__loop_now(loop));
    coil__recorder_close(r);
}

/* "8388608", "8M", "512K"; 0: that is no size. */
static size_t size_of(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    unsigned shift = 0;

    if (*end == 'K' || *end == 'k')
        shift = 10;
    if (*end == 'M' || *end == 'm')
        shift = 20;
    if (end == text || strlen(end) > (shift > 0) || n > SIZE_MAX >> shift)
        return 0;
    return (size_t)n << shift;
}

static size_t size_by_environment(void)
{
    const char *text = getenv("COIL_RECORD_SIZE");

    return text ? size_of(text) : COIL__RECORD_SIZE;
}

static bool is_all_by_environment(void)
{
    const char *level = getenv("COIL_RECORD_LEVEL");

    return level && strcmp(level, "all") == 0;
}

void coil__record_by_environment(struct coil_loop *loop)
{
    const char *dir = getenv("COIL_RECORD");
    int rc;

    if (!dir || !*dir)
        return;
    rc = begin(loop, dir, size_by_environment(), is_all_by_environment());
    if (rc == -EINVAL)
        coil__complain("COIL_RECORD_SIZE", "256K to 1024M is expected");
    else if (rc == -ENOTSUP)
        coil__complain("COIL_RECORD", "built without the recorder");
    else if (rc < 0)
        coil__complain("COIL_RECORD", "no file in %s: %s", dir,
                       coil_strerror(rc));
}

int coil_record_start(const char *dir,
                      const struct coil_record_options *options)
{
    struct coil_loop *loop = coil_loop_current();
    size_t size = options ? options->size : 0;
    bool all = (options && options->all) || is_all_by_environment();

    if (!loop)
        return -EINVAL;
    if (coil__recorder_of(&loop->scheduler))
        return -EALREADY;
    return begin(loop, dir, size > 0 ? size : size_by_environment(), all);
}

void coil_record_stop(void)
{
    struct coil_loop *loop = coil_loop_current();

    if (loop)
        coil__record_end(loop);
}

/* ---- the program's own ---------------------------------------------------- */

static struct coil_recorder *running(void)
{
    const struct coil_scheduler *s = coil__thread()->scheduler;

    return s ? coil__recorder_of(s) : NULL;
}

const char *coil_record_path(void)
{
    const struct coil_recorder *r = running();

    return r ? r->path : NULL;
}

static uint64_t now(void)
{
    return (uint64_t)coil_now();
}

void coil_span_begin(const char *name)
{
    struct coil_recorder *r = running();

    if (r)
        coil__record(r, COIL_RECORD_SPAN_BEGIN, coil__record_name(r, name),
                     coil__running_id(), now());
}

void coil_span_end(void)
{
    struct coil_recorder *r = running();

    if (r)
        coil__record(r, COIL_RECORD_SPAN_END, 0, coil__running_id(), now());
}

void coil_note(const char *text)
{
    struct coil_recorder *r = running();

    if (r)
        coil__record_text(r, COIL_RECORD_NOTE, coil__running_id(), now(), text);
}
