/* SPDX-License-Identifier: MIT */
#include "run/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/error.h>
#include <coil/http_client.h>
#include <coil/loops.h>
#include <coil/signal.h>
#include <coil/sleep.h>
#include <coil/threadsafe.h>

#include "run/client.h"
#include "run/world.h"

int crew_init(struct crew *crew)
{
    crew->loops = coil_loops_count();
    crew->hands = calloc(crew->loops, sizeof *crew->hands);
    return crew->hands ? 0 : -ENOMEM;
}

void crew_fini(struct crew *crew)
{
    free(crew->hands);
}

/* Whoever sets it does so in any case: a cancellation changes nothing. */
static int await_surely(struct coil_shared_event *event)
{
    int rc = 0;

    while (rc == 0 || (rc == -ECANCELED && !coil_shared_event_is_set(event))) {
        rc = coil_shared_event_wait(event);
        if (rc == 0)
            return 0;
    }
    return rc == -ECANCELED ? 0 : rc;
}

/* ---- the other loops ------------------------------------------------------ */

/* The first loop has it as well, and asks this one to end. */
static void leave_to_first(void *arg)
{
    (void)arg;
}

static const int signals[] = { SIGINT, SIGTERM };
enum { SIGNALS = sizeof signals / sizeof signals[0] };

/* Handlers that are not removed go with the loop. */
static int ignore_signals(struct coil_signal_handler handlers[SIGNALS])
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < SIGNALS; i++)
        rc = coil_loop_add_signal_handler(coil_loop_current(), &handlers[i],
                                          signals[i], leave_to_first, NULL);
    return rc;
}

static void stop_ignoring(struct coil_signal_handler handlers[SIGNALS])
{
    for (int i = 0; i < SIGNALS; i++)
        coil_loop_remove_signal_handler(coil_loop_current(), &handlers[i]);
}

/* Between crew_open() and crew_close(). */
static int work(struct crew *crew, struct hand *hand)
{
    int rc;

    hand->loop = coil_loop_current();
    hand->error = client_make(crew->run, hand);
    coil_shared_event_set(&hand->ready);
    rc = await_surely(&crew->ends);
    coil_http_client_free(hand->client);
    hand->client = NULL;
    coil_shared_event_set(&hand->gone);
    return rc;
}

int crew_serve(struct crew *crew)
{
    struct coil_signal_handler handlers[SIGNALS] = { { .number = 0 } };
    int rc = ignore_signals(handlers);

    if (rc == 0)
        rc = await_surely(&crew->begins);
    if (rc == 0 && !coil_shared_event_is_set(&crew->ends))
        rc = work(crew, &crew->hands[coil_loops_index()]);
    stop_ignoring(handlers);
    return rc;
}

/* ---- the first loop ------------------------------------------------------- */

void crew_dismiss(struct crew *crew)
{
    coil_shared_event_set(&crew->ends);
    coil_shared_event_set(&crew->begins);
}

static int await_hand(struct hand *hand)
{
    int rc = coil_shared_event_wait(&hand->ready);

    if (rc == 0 && hand->error < 0) {
        rc = hand->error;
        fprintf(stderr, "coil-fetch: --loops: %s\n", coil_strerror(rc));
    }
    return rc;
}

int crew_open(struct run *run)
{
    struct crew *crew = run->crew;
    int rc = 0;

    if (!crew)
        return 0;
    crew->run = run;
    if (run->has_places)
        for (unsigned i = 1; i < crew->loops; i++)
            places_join(&crew->hands[i].places, &run->first.places);
    coil_shared_event_set(&crew->begins);
    for (unsigned i = 1; rc == 0 && i < crew->loops; i++)
        rc = await_hand(&crew->hands[i]);
    return rc;
}

void crew_close(struct run *run)
{
    struct crew *crew = run->crew;

    if (!crew || !crew->run)
        return;
    crew_dismiss(crew);
    for (unsigned i = 1; i < crew->loops; i++)
        (void)!await_surely(&crew->hands[i].gone);
}

struct hand *crew_hand(struct run *run, unsigned loop)
{
    return loop == 0 ? &run->first : &run->crew->hands[loop];
}

int crew_carry_out(struct hand *hand, coil_fn fn, void *arg)
{
    struct coil_thread_call call;
    int rc;

    if (!hand->loop)
        return fn(arg);
    rc = coil_checkpoint();
    if (rc < 0)
        return rc;
    rc = coil_run_threadsafe(hand->loop, &call, fn, arg);
    if (rc < 0)
        return rc;
    rc = coil_thread_call_await(&call);
    /* It is not left before its end, whatever comes first. */
    while (rc == -ECANCELED && !coil_thread_call_is_done(&call)) {
        (void)coil_thread_call_cancel(&call);
        rc = coil_thread_call_await(&call);
    }
    return rc;
}
