/* SPDX-License-Identifier: MIT */
/*
 * broadcast.c - one says it, many hear it, and some of them are slow
 *
 *     broadcast drop         what does not fit into a listener's queue is left out
 *     broadcast wait         the speaker waits for the slowest listener
 *
 * Each listener has a queue of its own, of three places.  When the queue is full, one
 * of the two must give: the listener misses something, or the speaker waits.  A queue
 * without a limit only moves the decision to the moment when memory has run out.
 */
#include <stdio.h>
#include <string.h>

#include <coil.h>

enum { LISTENERS = 2, ROOM = 3, WORDS = 8 };

struct listener {
    const char *name;
    coil_time needs; /* for each word */
    struct coil_queue words;
    int heard, missed;
};

static struct listener listeners[LISTENERS] = {
    { .name = "quick", .needs = COIL_SECOND },
    { .name = "slow", .needs = 4 * COIL_SECOND },
};
static bool may_drop;

static int say(struct listener *l, int word)
{
    int rc;

    if (!may_drop)
        return coil_queue_put(&l->words, &word);
    rc = coil_queue_try_put(&l->words, &word);
    l->missed += rc == -EAGAIN;
    return rc == -EAGAIN ? 0 : rc;
}

static int speak(void)
{
    int rc = 0;

    for (int word = 1; rc == 0 && word <= WORDS; word++) {
        for (int i = 0; rc == 0 && i < LISTENERS; i++)
            rc = say(&listeners[i], word);
        if (rc == 0)
            rc = coil_sleep(COIL_SECOND);
    }
    printf("the speaker is done after %d s\n", (int)(coil_now() / COIL_SECOND));
    for (int i = 0; i < LISTENERS; i++)
        coil_queue_shutdown(&listeners[i].words, false);
    return rc;
}

static int listen_to_it(void *arg)
{
    struct listener *l = arg;
    int word;
    int rc;

    while ((rc = coil_queue_get(&l->words, &word)) == 0) {
        l->heard++;
        rc = coil_sleep(l->needs);
        if (rc < 0)
            break;
    }
    printf("%s: heard %d, missed %d\n", l->name, l->heard, l->missed);
    return rc == -EPIPE ? 0 : rc;
}

static int start(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; i < LISTENERS; i++)
        coil_queue_init(&listeners[i].words, sizeof(int), ROOM);
    for (int i = 0; rc == 0 && i < LISTENERS; i++)
        rc = coil_task_group_create(&group, NULL, listen_to_it, &listeners[i]);
    if (rc == 0)
        rc = speak();
    rc = coil_task_group_end(&group, rc);
    for (int i = 0; i < LISTENERS; i++)
        coil_queue_fini(&listeners[i].words);
    return rc;
}

int main(int argc, char **argv)
{
    may_drop = argc < 2 || strcmp(argv[1], "wait") != 0;
    return coil_run_status(coil_run(start, NULL));
}
