/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo */
/* LABELS: threads */
/*
 * Which source is asked: what the program has chosen, what a library has offered,
 * or the system.  getaddrinfo() is this file's own.
 */
#include "resolve_test.h"

const answer_fn answer_names = answer_counted;

struct counted {
    struct coil_resolver_source source;
    int asked;
};

static int look_up(struct coil_lookup *lookup, void *arg)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in) };
    struct counted *counted = arg;

    address.storage.ss_family = AF_INET;
    counted->asked++;
    return coil_lookup_add(lookup, &address);
}

static struct counted first = {
    .source = { .name = "first", .look_up = look_up, .arg = &first }
};
static struct counted second = {
    .source = { .name = "second", .look_up = look_up, .arg = &second }
};

static void choose(const struct coil_resolver_source *source)
{
    reset();
    first.asked = second.asked = 0;
    ASSERT_EQ(coil_resolver_configure(&(struct coil_resolver_options){
                  .source = source, .no_cache = true }),
              0);
}

/* Before the offer, the system is asked.  No other test may come before. */
KERNEL_TEST(resolver_offer_is_taken_once_and_for_good)
{
    struct coil_task *early, *late;

    choose(NULL);
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(asked, 1);
    early = start(resolve, "slow.test");
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, 1);

    coil_resolver_offer(&first.source);
    coil_resolver_offer(&second.source);
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(first.asked, 1);
    ASSERT_EQ(second.asked, 0);
    ASSERT_EQ(asked, 2);

    /* A question under way goes on, and is shared. */
    late = start(resolve, "slow.test");
    ASSERT_EQ(coil_yield(), 0);
    open_gate(1);
    ASSERT_EQ(end_of(early), 1);
    ASSERT_EQ(end_of(late), 1);
    ASSERT_EQ(asked, 2);
    ASSERT_EQ(first.asked, 1);
}

KERNEL_TEST(resolver_offer_leaves_what_is_kept)
{
    choose(&second.source);
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .source = &second.source }),
              0);
    ASSERT_EQ(resolve_text("one.test"), 1);
    coil_resolver_offer(&first.source);
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(second.asked, 1);
    ASSERT_EQ(first.asked, 0);
}

KERNEL_TEST(resolver_offer_gives_way_to_what_the_program_has_chosen)
{
    coil_resolver_offer(&first.source);
    choose(&second.source);
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(second.asked, 1);

    choose(coil_resolver_system());
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(asked, 1);
    ASSERT_EQ(asked_elsewhere, 1);
    ASSERT_EQ(first.asked, 0);

    /* Options alone are no choice. */
    choose(NULL);
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(coil_resolver_configure(NULL), 0);
    ASSERT_EQ(resolve_text("one.test"), 1);
    ASSERT_EQ(first.asked, 2);
    ASSERT_EQ(asked, 0);
}

/* No task is needed for it: nobody's list of tasks has one more. */
KERNEL_TEST(resolver_offer_can_be_declined_for_threads_alone)
{
    struct coil_task *task;

    choose(coil_resolver_system());
    task = start(resolve, "slow.test");
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, 1);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 2);
    open_gate(1);
    ASSERT_EQ(end_of(task), 1);
}

static int look_up_by_system(struct coil_lookup *lookup, void *arg)
{
    const struct coil_resolver_source *source = coil_resolver_system();

    ++*(int *)arg;
    return source->look_up(lookup, source->arg);
}

KERNEL_TEST(resolver_offer_of_a_source_that_asks_the_system)
{
    int times = 0;
    const struct coil_resolver_source source = { .look_up = look_up_by_system,
                                                 .arg = &times };

    choose(&source);
    ASSERT_EQ(resolve_text("two.test"), 2);
    ASSERT_EQ(times, 1);
    ASSERT_EQ(asked, 1);
    ASSERT_STR_EQ(coil_resolver_system()->name, "system");
}

static int resolve_here(void *arg)
{
    (void)arg;
    return resolve_text("one.test");
}

TEST(resolver_offer_is_not_for_the_simulator)
{
    coil_resolver_offer(&first.source);
    choose(NULL);
    ASSERT_EQ(coil_test_run(resolve_here, NULL, 0), 1);
    ASSERT_EQ(asked, 1);
    ASSERT_EQ(first.asked, 0);
    choose(&second.source);
    ASSERT_EQ(coil_test_run(resolve_here, NULL, 0), 1);
    ASSERT_EQ(second.asked, 1);
}
