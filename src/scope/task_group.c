/* SPDX-License-Identifier: MIT */
/*
 * task_group.c - tasks that end before their group does
 *
 * The group is the owner of its tasks.  The first failure, of a task or of the
 * body, aborts the group: its children are cancelled, once, and
 * so is the body, unless it is already waiting in coil_task_group_end().
 */
#include <coil/task_group.h>

#include <errno.h>
#include <stddef.h>

#include "task/cancel.h"
#include "task/task.h"
#include "task/task_life.h"
#include "sched/wait.h"

enum { BODY = 1, ENDING, ENDED };

static const struct coil_wait_reason reason_group = {
    .name = "task group",
    .needs = { .need = COIL_NEED_ALL,
               .shape = COIL_NEEDS_LIST,
               .items = offsetof(struct coil_task_group, owner.tasks),
               .link = offsetof(struct coil_task, sibling),
               .future = offsetof(struct coil_task, future) },
    .reach = sizeof(struct coil_waiter),
};

/* ---- children ------------------------------------------------------------- */

static int create(struct coil_task_group *group, struct coil_task **out,
                  coil_fn fn, void *arg,
                  const struct coil_task_options *options, const char *site)
{
    struct coil_task_options of_group = { .owner = &group->owner };

    if (group->aborting || group->state == ENDED ||
        (group->state == ENDING && group->owner.count == 0))
        return -EPERM;
    if (options && options->owner)
        return -EINVAL;
    if (options) {
        of_group = *options;
        of_group.owner = &group->owner;
    }
    return coil__task_create(out, fn, arg, &of_group, site);
}

int coil_task_group_create_at(struct coil_task_group *group,
                              struct coil_task **out, coil_fn fn, void *arg,
                              const struct coil_task_options *options,
                              const char *site)
{
    return create(group, out, fn, arg, options, site);
}

int coil_task_group_create_copy_at(struct coil_task_group *group,
                                   struct coil_task **out, coil_fn fn,
                                   const void *arg, size_t arg_size,
                                   const char *site)
{
    const struct coil_task_options options = { .arg_size = arg_size };

    /* Nothing writes to *arg, only to the copy. */
    return create(group, out, fn, (void *)(uintptr_t)arg, &options, site);
}

/* ---- failing -------------------------------------------------------------- */

static void note_error(struct coil_task_group *group, int error)
{
    if (group->error_count < COIL_TASK_GROUP_ERRORS)
        group->errors[group->error_count] = error;
    group->error_count++;
}

static void abort_group(struct coil_task_group *group)
{
    if (group->aborting)
        return;
    group->aborting = true;
    coil_task_owner_cancel(&group->owner);
    if (group->state == BODY)
        coil__cancel_request(group->owner.parent, &group->request,
                             COIL_CANCEL_BY_GROUP);
}

/* ---- being ready ---------------------------------------------------------- */

/* Somebody waits until `task` is ready.  It lies on the stack of the waiting one. */
struct starting {
    struct coil_waiter waiter; /* first */
    struct coil_link link; /* of the group, until it is ready or has ended */
    struct coil_task *task;
    void *value;
    int outcome;
    bool over;
    bool cancelled;
};

static struct starting *find_starting(const struct coil_task_group *group,
                                      const struct coil_task *task)
{
    for (struct coil_link *l = group->starting.head; l; l = l->next) {
        struct starting *s = coil__container_of(l, struct starting, link);

        if (s->task == task)
            return s;
    }
    return NULL;
}

/* An eager task may be ready before anybody waits. */
static void end_start(struct coil_task_group *group, struct starting *s,
                      int outcome)
{
    coil__list_remove(&group->starting, &s->link);
    s->over = true;
    s->outcome = outcome;
    if (s->waiter.queue)
        coil__decide(&s->waiter, outcome);
}

static void ended(struct coil_task_owner *self, struct coil_task *task, int rc)
{
    struct coil_task_group *group =
        coil__container_of(self, struct coil_task_group, owner);
    struct starting *s = find_starting(group, task);

    if (s) {
        end_start(group, s, rc < 0 ? rc : -ENODATA);
    } else if (rc < 0 && rc != -ECANCELED) {
        note_error(group, rc);
        abort_group(group);
    }
    if (group->owner.count == 0)
        coil__wake_all(&group->waiter, 0);
}

int coil_task_group_begin(struct coil_task_group *group)
{
    struct coil_task *parent = coil_current_task();

    if (!parent)
        return -ENOTSUP;
    /*
     * Member by member: a struct of this size is zeroed by a string instruction,
     * which takes 8 ns: a sixth of what a group of one task takes.
     */
    group->owner = (struct coil_task_owner){ .ended = ended, .parent = parent };
    group->waiter = (struct coil_list)COIL_LIST_INIT;
    group->request = (struct coil_cancel_request){ .next = NULL };
    group->starting = (struct coil_list)COIL_LIST_INIT;
    group->error_count = 0;
    group->requests_before = coil__cancel_newest_told(parent);
    group->user_requests_before = coil__cancel_user_told(parent);
    group->cancelling_before = coil__cancel_told(parent);
    group->state = BODY;
    group->aborting = false;
    group->parent_cancelled = false;
    return 0;
}

/* The wait goes on until the task has ended, or is ready all the same. */
static void cancel_start(struct coil_waiter *self)
{
    struct starting *s = coil__container_of(self, struct starting, waiter);

    coil__wait_told(self);
    if (s->cancelled)
        return;
    s->cancelled = true;
    coil_task_cancel(s->task);
}

static int wait_for_start(struct starting *s)
{
    struct coil_list queue = COIL_LIST_INIT;
    struct coil_task *self = coil_current_task();
    const struct coil_cancel_request *newest = coil__cancel_newest_told(self);
    unsigned user = coil__cancel_user_told(self);
    int rc;

    s->waiter.object = &s->task->future;
    s->waiter.cancel = cancel_start;
    rc = coil__wait(&queue, &s->waiter);
    if (s->cancelled && rc != -ECANCELED)
        coil__cancel_untell(self, newest, user);
    return rc;
}

int coil_task_group_start_at(struct coil_task_group *group,
                             struct coil_task **out, coil_fn fn, void *arg,
                             void **value,
                             const struct coil_task_options *options,
                             const char *site)
{
    static const struct coil_wait_reason reason = {
        .name = "task's start", .needs = { .need = COIL_NEED_TASK }
    };
    struct starting s = { .waiter = { .reason = &reason } };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    coil__list_append(&group->starting, &s.link);
    rc = create(group, &s.task, fn, arg, options, site);
    if (rc < 0) {
        coil__list_remove(&group->starting, &s.link);
        return rc;
    }
    rc = s.over ? s.outcome : wait_for_start(&s);
    if (rc == 0 && value)
        *value = s.value;
    if (rc == 0 && out)
        *out = s.task;
    else
        coil_task_release(s.task);
    return rc;
}

int coil_task_started(void *value)
{
    struct coil_task *task = coil_current_task();
    struct coil_task_group *group;
    struct starting *s;

    if (!task || !task->owner || task->owner->ended != ended)
        return -EALREADY;
    group = coil__container_of(task->owner, struct coil_task_group, owner);
    s = find_starting(group, task);
    if (!s)
        return -EALREADY;
    s->value = value;
    end_start(group, s, 0);
    return 0;
}

void coil_task_group_cancel(struct coil_task_group *group)
{
    if (group->state == BODY || group->state == ENDING)
        abort_group(group);
}

/* ---- ending --------------------------------------------------------------- */

/* The parent is cancelled while it waits for its children. */
static void cancel_waiting(struct coil_waiter *self)
{
    struct coil_task_group *group =
        coil__container_of(self->queue, struct coil_task_group, waiter);

    coil__wait_told(self);
    group->parent_cancelled = true;
    abort_group(group);
}

static void wait_for_children(struct coil_task_group *group)
{
    while (group->owner.count > 0) {
        struct coil_waiter self = COIL_WAITER(&reason_group, group);
        int rc;

        self.cancel = cancel_waiting;
        rc = coil__wait(&group->waiter, &self);
        (void)rc; /* decided by the last child only */
    }
}

/* The group's result.  `rc`: the body's.  `aborted`: before the body ended. */
static int outcome(struct coil_task_group *group, int rc, bool aborted)
{
    bool from_outside =
        coil_task_cancelling(group->owner.parent) > group->cancelling_before;

    if (group->error_count > 0) {
        if (from_outside)
            coil__cancel_untell(group->owner.parent, group->requests_before,
                                group->user_requests_before);
        return group->errors[0];
    }
    if (group->parent_cancelled)
        rc = -ECANCELED;
    else if (rc > 0 && group->aborting)
        rc = 0;
    /* Only the group's own cancellation stops here. */
    else if (rc == -ECANCELED && aborted && !from_outside)
        rc = 0;
    /* This also tells of the requests that were made meanwhile. */
    if (rc == -ECANCELED)
        (void)!coil__checkpoint();
    return rc;
}

int coil_task_group_end(struct coil_task_group *group, int rc)
{
    bool aborted = group->aborting;

    if (coil__checkpoint() < 0 && rc >= 0)
        rc = -ECANCELED;
    coil__cancel_withdraw(group->owner.parent, &group->request);
    group->state = ENDING;
    if (rc < 0) {
        if (rc != -ECANCELED)
            note_error(group, rc);
        abort_group(group);
    }
    wait_for_children(group);
    group->state = ENDED;
    return outcome(group, rc, aborted);
}

size_t coil_task_group_error_count(const struct coil_task_group *group)
{
    return group->error_count;
}

int coil_task_group_error(const struct coil_task_group *group, size_t i)
{
    return i < group->error_count && i < COIL_TASK_GROUP_ERRORS
               ? group->errors[i]
               : 0;
}
