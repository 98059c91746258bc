/* SPDX-License-Identifier: MIT */
#include "sched/closed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/scheduler.h>

#include "base/memory.h"
#include "base/platform.h"
#include "sched/call.h"
#include "sched/coroutine.h"

enum { KEPT = 64 };

/* An object that was closed, and where. */
struct kept {
    void *object; /* NULL: none yet */
    void (*free_fn)(void *object);
    struct coil_call_note by;
};

/* The newest ones. */
struct coil_closed_objects {
    struct kept kept[KEPT];
    size_t next; /* the oldest, in whose place the next one comes */
};

static void drop(struct kept *kept)
{
    if (kept->object)
        kept->free_fn(kept->object);
    kept->object = NULL;
}

static COIL_COLD bool keep(struct coil_scheduler *s, void *object,
                           void (*free_fn)(void *object))
{
    struct kept *kept;

    if (!s->closed)
        s->closed = coil__alloc(sizeof *s->closed);
    if (!s->closed)
        return false;
    kept = &s->closed->kept[s->closed->next];
    s->closed->next = (s->closed->next + 1) % KEPT;
    drop(kept);
    kept->object = object;
    kept->free_fn = free_fn;
    coil__call_note(&kept->by);
    return true;
}

bool coil_closed_keep(void *object, void (*free_fn)(void *object))
{
    struct coil_scheduler *s = coil_scheduler_current();

    return s && COIL_UNLIKELY(s->debug) && s->loop && keep(s, object, free_fn);
}

void coil__closed_drop(struct coil_scheduler *s)
{
    if (!s->closed)
        return;
    for (size_t i = 0; i < KEPT; i++)
        drop(&s->closed->kept[(s->closed->next + i) % KEPT]);
    coil__free(s->closed);
    s->closed = NULL;
}

/* ---- the message ---------------------------------------------------------- */

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    size_t n = strlen(end);

    return length >= n && strcmp(name + length - n, end) == 0;
}

/* Another task may have had the last reference: then nobody is known. */
static bool has_ended_it(const char *function)
{
    return ends_with(function, "_close") || ends_with(function, "_abort") ||
           ends_with(function, "_free");
}

/* The call that has closed the object, as far as it is known. */
static void find_end(struct coil_call *call, const void *object)
{
    const struct coil_scheduler *s = coil_scheduler_current();

    *call = (struct coil_call){ .function = "" };
    for (size_t i = 0; s && s->closed && i < KEPT; i++)
        if (s->closed->kept[i].object == object)
            coil__call_find_noted(call, &s->closed->kept[i].by);
    if (!has_ended_it(call->function))
        call->function[0] = '\0';
}

struct mistake {
    const void *object;
    const char *message;
};

static void stop(void *arg)
{
    const struct mistake *mistake = arg;
    struct coil_call call;
    char cure[512];

    find_end(&call, mistake->object);
    if (call.function[0])
        snprintf(cure, sizeof cure,
                 "end it once, after its last use; %s() was called%s%s",
                 call.function, call.place[0] ? " " : "", call.place);
    else
        snprintf(cure, sizeof cure, "end it once, after its last use");
    coil__panic_call(NULL, mistake->message, cure);
}

/* The texts need more than a small stack has. */
COIL_COLD void coil_closed_stop(const void *object, const char *message)
{
    struct mistake mistake = { object, message };

    coil__coroutine_call_off(stop, &mistake);
    abort();
}
