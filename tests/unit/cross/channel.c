/* SPDX-License-Identifier: MIT */
/* A channel within one loop: what a queue of asyncio does. */
#include <coil/channel.h>

#include "simulated.h"

static struct coil_channel channel;

/* Items are texts. */
static void make_channel(size_t capacity)
{
    ASSERT_EQ(coil_channel_init(&channel, sizeof(char *), capacity), 0);
}

static void end_channel(void)
{
    coil_channel_fini(&channel);
}

static int put_text(void *text)
{
    int rc = coil_channel_put(&channel, &text);

    say("%s%s> ", (const char *)text, rc == 0 ? "" : "!");
    return rc;
}

static int get_text(void *name)
{
    const char *text = "-";
    int rc = coil_channel_get(&channel, &text);

    say("%s<%s%s ", (const char *)name, text, rc == 0 ? "" : "!");
    return rc;
}

static void must_put(const char *text)
{
    ASSERT_EQ(coil_channel_put(&channel, &text), 0);
}

static void must_get(const char *expected)
{
    const char *text = NULL;

    ASSERT_EQ(coil_channel_get(&channel, &text), 0);
    ASSERT_STR_EQ(text, expected);
}

CORE_TEST(channel_is_first_in_first_out_round_its_end)
{
    static const char *const texts[] = { "1", "2", "3", "4", "5" };

    make_channel(2);
    for (int i = 0; i + 1 < 5; i++) {
        must_put(texts[i]);
        must_put(texts[i + 1]);
        ASSERT_EQ(coil_channel_count(&channel), 2);
        ASSERT_EQ(coil_channel_try_put(&channel, &texts[0]), -EAGAIN);
        must_get(texts[i]);
        must_get(texts[i + 1]);
    }
    ASSERT_EQ(coil_channel_count(&channel), 0);
    end_channel();
}

/* Those who wait to put come in as soon as there is room: nobody overtakes. */
CORE_TEST(channel_putters_are_served_in_order)
{
    struct coil_task *b, *c;
    const char *d = "d";

    make_channel(1);
    must_put("a");
    b = start_waiting(put_text, "b");
    c = start_waiting(put_text, "c");
    must_get("a");
    ASSERT_EQ(coil_channel_try_put(&channel, &d), -EAGAIN);
    SAID("");
    must_get("b");
    must_get("c");
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    SAID("b> c> ");
    end_channel();
}

CORE_TEST(channel_getters_are_served_in_order)
{
    struct coil_task *a, *b;
    const char *text;

    make_channel(3);
    a = start_waiting(get_text, "a");
    b = start_waiting(get_text, "b");
    must_put("1");
    must_put("2");
    ASSERT_EQ(coil_channel_count(&channel), 0);
    ASSERT_EQ(coil_channel_try_get(&channel, &text), -EAGAIN);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a<1 b<2 ");
    end_channel();
}

CORE_TEST(channel_without_places_passes_from_hand_to_hand)
{
    struct coil_task *putter, *getter;
    const char *text = "x";

    make_channel(0);
    ASSERT_EQ(coil_channel_try_put(&channel, &text), -EAGAIN);
    putter = start_waiting(put_text, "1");
    must_get("1");
    ASSERT_EQ(end_of(putter), 0);
    getter = start_waiting(get_text, "g");
    must_put("2");
    ASSERT_EQ(end_of(getter), 0);
    SAID("1> g<2 ");
    end_channel();
}

CORE_TEST(channel_closed_gives_what_it_has)
{
    struct coil_task *putter, *getter;
    const char *text = "x";

    make_channel(1);
    must_put("1");
    putter = start_waiting(put_text, "2");
    coil_channel_close(&channel);
    coil_channel_close(&channel);
    ASSERT(coil_channel_is_closed(&channel));
    ASSERT_EQ(end_of(putter), -EPIPE);
    ASSERT_EQ(coil_channel_put(&channel, &text), -EPIPE);
    ASSERT_EQ(coil_channel_try_put(&channel, &text), -EPIPE);
    must_get("1");
    ASSERT_EQ(coil_channel_get(&channel, &text), -EPIPE);
    ASSERT_EQ(coil_channel_get_many(&channel, &text, 1), -EPIPE);
    SAID("2!> ");
    end_channel();

    make_channel(1);
    getter = start_waiting(get_text, "g");
    coil_channel_close(&channel);
    ASSERT_EQ(end_of(getter), -EPIPE);
    SAID("g<-! ");
    end_channel();
}

/* -ECANCELED means that it did not happen. */
CORE_TEST(channel_cancelled_before_and_after)
{
    struct coil_task *a, *b;

    make_channel(1);
    a = start_waiting(get_text, "a");
    b = start_waiting(get_text, "b");
    cancel(a);
    must_put("1");
    cancel(b); /* it has the item already */
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    SAID("a<-! b<1 ");

    must_put("2");
    a = start_waiting(put_text, "3");
    b = start_waiting(put_text, "4");
    cancel(a);
    must_get("2");
    cancel(b);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    SAID("3!> 4> ");
    must_get("4");
    end_channel();
}

static int put_five(void *arg)
{
    static const char *const texts[] = { "1", "2", "3", "4", "5" };
    size_t put = 99;
    int rc = coil_channel_put_many(&channel, texts, 5, &put);

    (void)arg;
    say("%zu put ", put);
    return rc;
}

CORE_TEST(channel_many_at_a_time)
{
    const char *texts[8];
    struct coil_task *putter;

    make_channel(2);
    putter = start_waiting(put_five, NULL);
    ASSERT_EQ(coil_channel_count(&channel), 2);
    ASSERT_EQ(coil_channel_get_many(&channel, texts, 8), 3);
    ASSERT_STR_EQ(texts[2], "3");
    ASSERT_EQ(end_of(putter), 0);
    ASSERT_EQ(coil_channel_get_many(&channel, texts, 1), 1);
    ASSERT_STR_EQ(texts[0], "4");
    must_get("5");
    SAID("5 put ");
    end_channel();
}

/* How many were put before the cancellation, or the end, is known. */
CORE_TEST(channel_many_says_how_many_were_put)
{
    struct coil_task *putter;

    make_channel(2);
    putter = start_waiting(put_five, NULL);
    ASSERT_EQ(end_by_cancelling(putter), -ECANCELED);
    SAID("2 put ");
    must_get("1");
    putter = start_waiting(put_five, NULL);
    coil_channel_close(&channel);
    ASSERT_EQ(end_of(putter), -EPIPE);
    SAID("1 put ");
    cancel_self();
    ASSERT_EQ(coil_channel_put_many(&channel, "", 1, NULL), -ECANCELED);
    end_channel();
}

CORE_TEST(channel_items_of_other_sizes)
{
    struct large {
        char text[300];
    } large = { "large" }, got;

    ASSERT_EQ(coil_channel_init(&channel, sizeof large, 3), 0);
    ASSERT_EQ(coil_channel_put(&channel, &large), 0);
    ASSERT_EQ(coil_channel_get(&channel, &got), 0);
    ASSERT_STR_EQ(got.text, "large");
    end_channel();

    ASSERT_EQ(coil_channel_init(&channel, 0, 3), 0);
    ASSERT_EQ(coil_channel_put(&channel, NULL), 0);
    ASSERT_EQ(coil_channel_get(&channel, NULL), 0);
    ASSERT_EQ(coil_channel_try_get(&channel, NULL), -EAGAIN);
    end_channel();
}

CORE_TEST(channel_that_is_too_large_is_an_error)
{
    ASSERT_EQ(coil_channel_init(&channel, 1024, SIZE_MAX / 512), -ENOMEM);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_channel_init(&channel, 8, 8), -ENOMEM);
    ASSERT_EQ(coil_channel_init(&channel, 8, 8), 0);
    end_channel();
}

/* Nobody else is there who could put: the wait says so. */
static int get_alone(void *arg)
{
    return get_text(arg);
}

TEST(channel_nobody_puts_into_is_a_deadlock)
{
    struct coil_loop_options options = { .backend = COIL_BACKEND_SIMULATOR };

    make_channel(1);
    ASSERT_EQ(coil_run_with(get_alone, "a", &options), -EDEADLK);
    SAID("a<-! ");
    end_channel();
}
