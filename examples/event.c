/* SPDX-License-Identifier: MIT */
/*
 * event.c - two tasks wait for an event that a callback sets
 */
#include <stdio.h>

#include <coil.h>

static struct coil_event event = COIL_EVENT_INIT;

static const char *state(void)
{
    return coil_event_is_set(&event) ? "True" : "False";
}

static void set_event(void *arg)
{
    (void)arg;
    printf("setting event in callback\n");
    coil_event_set(&event);
}

static int wait_for_event(void *arg)
{
    const char *name = arg;
    int rc;

    printf("%s waiting for event\n", name);
    rc = coil_event_wait(&event);
    if (rc < 0)
        return rc;
    printf("%s triggered\n", name);
    return 0;
}

static int start(void *arg)
{
    struct coil_handle later = { 0 };
    struct coil_task_group group;
    int rc;

    (void)arg;
    printf("event start state: %s\n", state());
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;

    rc = coil_loop_call_later(coil_loop_current(), &later,
                              100 * COIL_MILLISECOND, set_event, NULL);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, wait_for_event, "e1");
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, wait_for_event, "e2");
    rc = coil_task_group_end(&group, rc);

    /* `later` is ours: if we were interrupted, the call must not come. */
    coil_handle_cancel(&later);
    if (rc < 0)
        return rc;
    printf("event end state: %s\n", state());
    return 0;
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
