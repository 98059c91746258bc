/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo pthread_cond_timedwait */
/* LABELS: threads */
/*
 * How long a thread stays that has nothing to do.
 */
#include "resolve_test.h"

/* Of the last wait; 0: the thread has worked since. */
static _Thread_local struct timespec idle_until;
static atomic_bool stays_longer;
static atomic_int waits_ended; /* in vain */

int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *held,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *held,
                                  const struct timespec *until);

int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *held,
                                  const struct timespec *until)
{
    int error;

    if (idle_until.tv_sec && memcmp(&idle_until, until, sizeof idle_until) != 0)
        stays_longer = true;
    idle_until = *until;
    error = __real_pthread_cond_timedwait(cond, held, until);
    waits_ended += error == ETIMEDOUT;
    return error;
}

static int answer_and_note(const char *name, const struct addrinfo *hints,
                           struct addrinfo **list)
{
    idle_until.tv_sec = 0;
    return answer_counted(name, hints, list);
}

const answer_fn answer_names = answer_and_note;

enum { ASKERS = 10 };

/* That another thread has gone is nothing to do. */
KERNEL_TEST(resolver_threads_idle_wait_until_one_time)
{
    struct coil_resolver_options options = { .no_cache = true };
    struct coil_task *tasks[ASKERS];
    char names[ASKERS][30];

    reset();
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    for (int i = 0; i < ASKERS; i++) {
        snprintf(names[i], sizeof names[i], "slow%d.test", i);
        tasks[i] = start(resolve, names[i]);
    }
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, ASKERS);
    open_gate(ASKERS);
    for (int i = 0; i < ASKERS; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    while (waits_ended < ASKERS) /* each after a second */
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    ASSERT(!stays_longer);
}
