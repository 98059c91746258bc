/* SPDX-License-Identifier: MIT */
/* WRAPS: fdatasync */
/* LABELS: threads */
/*
 * Who waits for the disk together, and who is cancelled meanwhile.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <coil/cancel.h>
#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/work.h>
#include <coil/work_right.h>

#include "work_file_test.h"

/* ---- a disk that takes its time ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_closed;
static atomic_int syncs, waiting;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
    atomic_fetch_add(&syncs, 1);
    pthread_mutex_lock(&mutex);
    atomic_fetch_add(&waiting, 1);
    while (is_closed)
        pthread_cond_wait(&opened, &mutex);
    atomic_fetch_sub(&waiting, 1);
    pthread_mutex_unlock(&mutex);
    return __real_fdatasync(fd);
}

static void set_closed(bool value)
{
    pthread_mutex_lock(&mutex);
    is_closed = value;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&mutex);
}

/* Until a thread is in the call. */
static void await_disk(void)
{
    while (atomic_load(&waiting) == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

/* Until all tasks that can run have run. */
static void let_others_run(void)
{
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_yield(), 0);
}

/* ---- tasks ---- */

struct putter {
    const char *id;
    int rc;
    int next; /* what the next call says */
    struct coil_task *task;
};

static int put(void *arg)
{
    struct putter *p = arg;

    p->rc = coil_work_put(
        work, &(struct coil_work_item){ .id = p->id, .body = "x", .size = 1 });
    p->next = coil_checkpoint();
    return 0;
}

static void begin_task(struct putter *p, coil_fn fn)
{
    ASSERT_EQ(coil_task_create(&p->task, fn, p), 0);
}

static void end_task(struct putter *p)
{
    ASSERT_EQ(coil_task_await(p->task), 0);
    coil_task_release(p->task);
}

/* A put is under way to the disk. */
static void block(struct putter *first)
{
    set_closed(true);
    begin_task(first, put);
    await_disk();
}

/* ---- together ---- */

FILE_KERNEL_TEST(work_file_syncs_once_for_all_that_came_meanwhile)
{
    enum { OTHERS = 50 };
    struct putter first = { .id = "first" };
    struct putter others[OTHERS];
    char ids[OTHERS][16];
    int before;

    open_file("q", NULL);
    before = atomic_load(&syncs);
    block(&first);
    for (int i = 0; i < OTHERS; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        others[i] = (struct putter){ .id = ids[i] };
        begin_task(&others[i], put);
    }
    let_others_run();
    /* None of them was told anything yet. */
    ASSERT(!coil_task_is_done(first.task));
    for (int i = 0; i < OTHERS; i++)
        ASSERT(!coil_task_is_done(others[i].task));
    set_closed(false);
    end_task(&first);
    for (int i = 0; i < OTHERS; i++) {
        end_task(&others[i]);
        ASSERT_EQ(others[i].rc, 1);
    }
    ASSERT_EQ(atomic_load(&syncs) - before, 2);
    close_work();
}

/* That an id is known is a promise, too. */
FILE_KERNEL_TEST(work_file_says_that_an_id_is_known_when_it_is_kept)
{
    struct putter first = { .id = "a" }, second = { .id = "a" };

    open_file("q", NULL);
    block(&first);
    begin_task(&second, put);
    let_others_run();
    ASSERT(!coil_task_is_done(second.task));
    set_closed(false);
    end_task(&first);
    end_task(&second);
    ASSERT_EQ(first.rc, 1);
    ASSERT_EQ(second.rc, 0);
    close_work();
}

/* ---- cancelled ---- */

FILE_KERNEL_TEST(work_file_put_that_is_cancelled_is_unknown_and_kept)
{
    struct putter first = { .id = "a" }, second = { .id = "b" };

    open_file("q", NULL);
    block(&first);
    begin_task(&second, put);
    let_others_run();
    coil_task_cancel(second.task);
    end_task(&second);
    ASSERT_EQ(second.rc, COIL_EUNKNOWN);
    ASSERT_EQ(second.next, -ECANCELED);
    set_closed(false);
    end_task(&first);
    ASSERT_EQ(first.rc, 1);
    reopen_file("q", NULL);
    ASSERT_EQ(coil_work_put(work, &(struct coil_work_item){ .id = "b" }), 0);
    close_work();
}

/* Whoever writes for all goes on to the end, and knows how it was. */
FILE_KERNEL_TEST(work_file_who_writes_for_all_is_cancelled_afterwards)
{
    struct putter first = { .id = "a" }, second = { .id = "b" };

    open_file("q", NULL);
    block(&first);
    begin_task(&second, put);
    let_others_run();
    coil_task_cancel(first.task);
    let_others_run();
    ASSERT(!coil_task_is_done(first.task));
    set_closed(false);
    end_task(&first);
    end_task(&second);
    ASSERT_EQ(first.rc, 1);
    ASSERT_EQ(first.next, -ECANCELED);
    ASSERT_EQ(second.rc, 1);
    ASSERT_EQ(second.next, 0);
    close_work();
}

static int pause_group(void *arg)
{
    struct putter *p = arg;

    p->rc = coil_work_pause(work, p->id, COIL_NEVER);
    p->next = coil_checkpoint();
    return 0;
}

static int revive(void *arg)
{
    struct putter *p = arg;

    p->rc = coil_work_revive(work, p->id);
    p->next = coil_checkpoint();
    return 0;
}

FILE_KERNEL_TEST(work_file_pause_and_revival_that_are_cancelled_are_kept)
{
    struct putter first = { .id = "a" }, second = { .id = "g" };
    struct putter third = { .id = "dead" };
    struct coil_job job;

    open_file("q", NULL);
    put_job("dead", NULL, 0);
    put_job("paused", "g", 0);
    get_job(&job, "dead");
    ASSERT_EQ(coil_job_bury(&job, ""), 0);
    block(&first);
    begin_task(&second, pause_group);
    begin_task(&third, revive);
    let_others_run();
    coil_task_cancel(second.task);
    coil_task_cancel(third.task);
    end_task(&second);
    end_task(&third);
    ASSERT_EQ(second.rc, COIL_EUNKNOWN);
    ASSERT_EQ(second.next, -ECANCELED);
    ASSERT_EQ(third.rc, COIL_EUNKNOWN);
    ASSERT_EQ(third.next, -ECANCELED);
    set_closed(false);
    end_task(&first);
    reopen_file("q", NULL);
    try_get_job(&job, "dead");
    ASSERT_EQ(coil_job_done(&job), 0);
    ASSERT_EQ(coil_work_try_get(work, &job), 0);
    ASSERT_STR_EQ(job.id, "a");
    ASSERT_EQ(coil_job_done(&job), 0);
    expect_none();
    close_work();
}

static int get(void *arg)
{
    struct putter *p = arg;
    struct coil_job job;

    p->rc = coil_work_get(work, &job);
    p->next = coil_checkpoint();
    return p->rc == 0 ? coil_job_done(&job) : 0;
}

FILE_KERNEL_TEST(work_file_claim_that_nobody_waits_for_is_given_back)
{
    struct putter getter = { .id = "" };
    struct coil_job job;

    open_file("q", NULL);
    put_job("a", NULL, 0);
    set_closed(true);
    begin_task(&getter, get);
    await_disk();
    coil_task_cancel(getter.task);
    end_task(&getter);
    ASSERT_EQ(getter.rc, -ECANCELED);
    set_closed(false);
    get_job(&job, "a");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
    close_work();
}

/* Also if the queue is closed meanwhile. */
FILE_KERNEL_TEST(work_file_that_is_closed_during_a_claim_gives_it_back)
{
    struct putter getter = { .id = "" };
    struct coil_work *closing;
    struct coil_job job;

    open_file("q", NULL);
    put_job("a", NULL, 0);
    set_closed(true);
    begin_task(&getter, get);
    await_disk();
    set_closed(false);
    closing = work;
    ASSERT_EQ(coil_work_close(closing), 0);
    end_task(&getter);
    if (getter.rc == -EPIPE) { /* it has not got it before */
        open_file("q", NULL);
        expect_stats(&(struct coil_work_stats){ .put = 1, .queued = 1 });
        try_get_job(&job, "a");
        ASSERT_EQ(job.delivery, 1);
        ASSERT_EQ(coil_job_done(&job), 0);
        close_work();
    }
}

static int finish(void *arg)
{
    struct putter *p = arg;
    struct coil_job job;

    ASSERT_EQ(coil_work_get(work, &job), 0);
    set_closed(true);
    p->rc = coil_job_done(&job);
    p->next = coil_checkpoint();
    return 0;
}

FILE_KERNEL_TEST(work_file_end_that_is_cancelled_is_unknown_and_kept)
{
    struct putter done = { .id = "" };

    open_file("q", NULL);
    put_job("a", NULL, 0);
    begin_task(&done, finish);
    /* The disk is closed after the claim. */
    while (!is_closed)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    await_disk();
    coil_task_cancel(done.task);
    end_task(&done);
    ASSERT_EQ(done.rc, COIL_EUNKNOWN);
    ASSERT_EQ(done.next, -ECANCELED);
    set_closed(false);
    reopen_file("q", NULL);
    expect_stats(&(struct coil_work_stats){ .put = 1, .done = 1 });
    close_work();
}

static int open_disk_later(void *arg)
{
    (void)arg;
    let_others_run();
    set_closed(false);
    return 0;
}

/* Who ends jobs is busy when the queue is closed, and is done before the claim is. */
FILE_KERNEL_TEST(work_file_that_is_closed_gives_back_what_comes_last)
{
    struct putter done = { .id = "" }, getter = { .id = "" }, opener;
    struct coil_job job;

    open_file("q", NULL);
    put_job("a", NULL, 0);
    put_job("b", NULL, 0);
    begin_task(&done, finish);
    while (!is_closed)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    await_disk();
    begin_task(&getter, get);
    let_others_run();
    begin_task(&opener, open_disk_later);
    close_work();
    end_task(&opener);
    end_task(&done);
    ASSERT_EQ(done.rc, 0);
    end_task(&getter);
    ASSERT_EQ(getter.rc, -EPIPE);
    open_file("q", NULL);
    expect_stats(&(struct coil_work_stats){ .put = 2, .done = 1, .queued = 1 });
    try_get_job(&job, "b");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
    close_work();
}

/* ---- opening ---- */

static int open_it(void *arg)
{
    struct putter *p = arg;
    struct coil_work *own;
    char url[300];

    snprintf(url, sizeof url, "file:%s", in_directory("q"));
    p->rc = coil_work_open(&own, url, NULL);
    if (p->rc < 0) {
        ASSERT_NULL(own);
        return 0;
    }
    return coil_work_close(own);
}

FILE_KERNEL_TEST(work_file_that_is_read_while_its_opener_is_cancelled)
{
    struct putter first = { .id = "" }, second = { .id = "" };

    open_file("q", NULL);
    put_job("a", NULL, 0);
    close_work();
    set_closed(true);
    begin_task(&first, open_it);
    await_disk();
    /* Another one waits for the same. */
    begin_task(&second, open_it);
    let_others_run();
    coil_task_cancel(first.task);
    let_others_run();
    set_closed(false);
    end_task(&first);
    ASSERT_EQ(first.rc, -ECANCELED);
    end_task(&second);
    ASSERT_EQ(second.rc, 0);
    open_file("q", NULL);
    finish_job("a");
    close_work();
}
