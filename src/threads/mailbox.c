/* SPDX-License-Identifier: MIT */
#include "threads/mailbox.h"

#include <errno.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/list.h"
#include "loop/loop.h"
#include "loop/handle.h"
#include "loop/hooks.h"
#include "sched/sink.h"
#include "threads/cond.h"

/*
 * `loop` becomes NULL when the loop is closed.  Closing takes the mutex, so
 * whoever holds the mutex and sees a loop may use it.
 */
struct coil_mailbox {
    struct coil_loop_hook at_close;
    pthread_mutex_t mutex;
    struct coil_loop *loop;
    struct coil_list letters; /* not yet delivered */
    bool is_told;             /* deliver() is arranged */
    struct coil_handle handle;
    unsigned held; /* how many times the loop is held */
    uint64_t last_number;
    pthread_cond_t released;
    atomic_uint refs;
};

void coil__mailbox_retain(struct coil_mailbox *box)
{
    atomic_fetch_add(&box->refs, 1);
}

void coil__mailbox_release(struct coil_mailbox *box)
{
    if (atomic_fetch_sub(&box->refs, 1) > 1)
        return;
    pthread_cond_destroy(&box->released);
    pthread_mutex_destroy(&box->mutex);
    coil__free(box);
}

static struct coil_list take_letters(struct coil_mailbox *box)
{
    struct coil_list letters = box->letters;

    box->letters = (struct coil_list)COIL_LIST_INIT;
    return letters;
}

static struct coil_letter *letter_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil_letter, link) : NULL;
}

static struct coil_letter *next_letter(struct coil_list *letters)
{
    return letter_of(coil__list_pop(letters));
}

/* ---- histories ------------------------------------------------------------ */

uint64_t coil__mailbox_number(struct coil_mailbox *box)
{
    return ++box->last_number;
}

static struct coil_letter *find_letter(struct coil_mailbox *box,
                                       uint64_t number)
{
    struct coil_letter *letter = letter_of(box->letters.head);

    while (letter && letter->number != number)
        letter = letter_of(letter->link.next);
    return letter;
}

/* The mutex is held, and not while this waits. */
static struct coil_letter *await_letter(struct coil_mailbox *box,
                                        uint64_t number)
{
    struct coil__backend *backend = box->loop->backend;
    struct coil_letter *letter;

    while (!(letter = find_letter(box, number))) {
        pthread_mutex_unlock(&box->mutex);
        backend->ops->await_wake(backend);
        pthread_mutex_lock(&box->mutex);
    }
    coil__list_remove(&box->letters, &letter->link);
    return letter;
}

/* Those that were there at this place of the history.  The mutex is held. */
static struct coil_list replay_letters(struct coil_mailbox *box)
{
    struct coil_list letters = COIL_LIST_INIT;
    uint64_t next;

    while ((next = coil__backend_arrived(box->loop->backend,
                                         COIL__ARRIVAL_LETTER, 0)) != 0)
        coil__list_append(&letters, &await_letter(box, next - 1)->link);
    return letters;
}

static void note_letters(const struct coil_mailbox *box)
{
    struct coil__backend *backend = box->loop->backend;
    const struct coil_letter *letter = letter_of(box->letters.head);

    if (!backend->ops->arrived)
        return;
    for (; letter; letter = letter_of(letter->link.next))
        coil__backend_arrived(backend, COIL__ARRIVAL_LETTER,
                              1 + letter->number);
    coil__backend_arrived(backend, COIL__ARRIVAL_LETTER, 0);
}

/* What is delivered now.  The mutex is held. */
static struct coil_list take_due_letters(struct coil_mailbox *box)
{
    if (COIL_UNLIKELY(coil__backend_replays(box->loop->backend)))
        return replay_letters(box);
    note_letters(box);
    return take_letters(box);
}

void coil__mailbox_give_back(struct coil_mailbox *box,
                             struct coil_letter *letter)
{
    pthread_mutex_lock(&box->mutex);
    coil__list_remove(&box->letters, &letter->link);
    pthread_mutex_unlock(&box->mutex);
}

/* ---- delivery ------------------------------------------------------------- */

static void deliver_all(struct coil_list letters)
{
    struct coil_letter *letter;

    while ((letter = next_letter(&letters)))
        letter->deliver(letter);
}

static void drop_all(struct coil_list letters)
{
    struct coil_letter *letter;

    while ((letter = next_letter(&letters)))
        letter->drop(letter);
}

/* A callback on the loop's thread. */
static void deliver(void *arg)
{
    struct coil_mailbox *box = arg;
    struct coil_list letters;

    pthread_mutex_lock(&box->mutex);
    letters = take_due_letters(box);
    box->is_told = false;
    pthread_mutex_unlock(&box->mutex);
    deliver_all(letters);
}

/* On the loop's thread, ahead of deliver(), which delivers what comes later. */
void coil__mailbox_deliver(struct coil_mailbox *box)
{
    struct coil_list letters;

    pthread_mutex_lock(&box->mutex);
    letters = take_due_letters(box);
    pthread_mutex_unlock(&box->mutex);
    deliver_all(letters);
}

/* The mutex is held. */
static void release_loop(struct coil_mailbox *box)
{
    if (--box->held == 0)
        pthread_cond_signal(&box->released);
}

/* Wait for calls that hold the loop, without the mutex, which is held. */
static void await_calls(struct coil_mailbox *box)
{
    struct coil_loop *loop = box->loop;
    coil_time deadline = coil_after(loop->close_limit);
    bool in_time = true;

    if (loop->close_limit < 0 || coil__backend_is_simulated(loop->backend) ||
        coil__backend_replays(loop->backend))
        return;
    while (box->held > 0 && in_time)
        in_time = coil__cond_wait(&box->released, &box->mutex, deadline);
    if (box->held > 0)
        coil__report(&loop->scheduler,
                     "a loop is closed while calls in threads run", -ETIMEDOUT,
                     NULL);
}

/*
 * The loop is being closed, on its thread.  From now on nobody posts `handle`.
 * If it has been posted, it is taken back, because the box may be freed.
 */
static void sever(struct coil_loop_hook *hook)
{
    struct coil_mailbox *box =
        coil__container_of(hook, struct coil_mailbox, at_close);
    struct coil_list letters;

    pthread_mutex_lock(&box->mutex);
    await_calls(box);
    coil__loop_take_back(box->loop, &box->handle);
    box->loop->mailbox = NULL;
    box->loop->mail = NULL;
    box->loop = NULL;
    letters = take_letters(box);
    pthread_mutex_unlock(&box->mutex);

    drop_all(letters);
    coil__mailbox_release(box);
}

static struct coil_mailbox *make_mailbox(struct coil_loop *loop)
{
    struct coil_mailbox *box = coil__alloc(sizeof *box);

    if (!box)
        return NULL;
    pthread_mutex_init(&box->mutex, NULL);
    coil__cond_init(&box->released);
    box->loop = loop;
    box->at_close.fn = sever;
    coil__callback_set(&box->handle.call, &loop->scheduler, deliver, box);
    loop->mail = &box->handle;
    atomic_init(&box->refs, 1);
    return box;
}

struct coil_mailbox *coil__mailbox_of(struct coil_loop *loop)
{
    if (!loop->mailbox) {
        loop->mailbox = make_mailbox(loop);
        if (!loop->mailbox)
            return NULL;
        coil__loop_at_close(loop, &loop->mailbox->at_close);
    }
    coil__mailbox_retain(loop->mailbox);
    return loop->mailbox;
}

bool coil__mailbox_is_of(struct coil_mailbox *box, const struct coil_loop *loop)
{
    bool is_of;

    pthread_mutex_lock(&box->mutex);
    is_of = box->loop == loop;
    pthread_mutex_unlock(&box->mutex);
    return is_of;
}

/*
 * Have the letters delivered.  In a replay the history says when; the loop may wait
 * for one of them there.  The mutex is held.
 */
static void tell(struct coil_mailbox *box)
{
    struct coil__backend *backend = box->loop->backend;

    if (COIL_UNLIKELY(coil__backend_replays(backend)))
        backend->ops->wake(backend);
    else if (!box->is_told)
        coil__loop_post(box->loop, &box->handle, deliver, box);
    box->is_told = true;
}

bool coil__mailbox_post(struct coil_mailbox *box, struct coil_letter *letter,
                        bool unholds)
{
    bool is_open;

    pthread_mutex_lock(&box->mutex);
    if (unholds)
        release_loop(box);
    is_open = box->loop != NULL;
    if (is_open) {
        coil__list_append(&box->letters, &letter->link);
        tell(box);
    }
    pthread_mutex_unlock(&box->mutex);
    return is_open;
}

void coil__mailbox_hold(struct coil_mailbox *box)
{
    pthread_mutex_lock(&box->mutex);
    box->held++;
    pthread_mutex_unlock(&box->mutex);
}

void coil__mailbox_unhold(struct coil_mailbox *box)
{
    pthread_mutex_lock(&box->mutex);
    release_loop(box);
    pthread_mutex_unlock(&box->mutex);
}
