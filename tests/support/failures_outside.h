/* SPDX-License-Identifier: MIT */
/*
 * failures_outside.h - failures.h where the calls that fail are the system's
 *
 * The n-th of them fails with each error that it may have; and, where that would
 * not be the end of all waiting, all later ones of its kind as well.
 */
#include "outside.h"
#include "system_calls.h"

static int play_with_failing_system_call(void *arg)
{
    (void)arg;
    return play_failing(true);
}

/* Those that were armed for the run, and are over now. */
static bool note_system_calls(void)
{
    const struct system_call *call = atomic_load(&failed_call);

    if (call)
        failing_error = -call->errors[atomic_load(&error_index)];
    fail_system_call(0, atomic_load(&error_index), false);
    atomic_store(&failed_call, call);
    return call;
}

/* False: there are fewer calls.  `*errors`: how many the n-th may have. */
static bool play_n_th_call(size_t n, size_t i, bool forever, size_t *errors)
{
    const struct system_call *call;
    int rc;

    failing_n = n;
    fails_forever = forever;
    fail_system_call(n, i, forever);
    rc = play(play_with_failing_system_call, 0);
    failure_runs++;
    note_system_calls();
    call = atomic_load(&failed_call);
    ASSERT(rc == 0 || (call && rc == -call->errors[i]));
    for (*errors = 0; call && call->errors[*errors]; ++*errors)
        continue;
    return call;
}

/* A call that is interrupted or looks for ever in vain is none that fails. */
static bool may_fail_forever(void)
{
    const struct system_call *call = atomic_load(&failed_call);

    return call != &set_waiting && call != &exact_waiting && call != &looking;
}

static void fail_system_calls(void)
{
    bool is_one = true;

    failing_kind = "system call";
    for (size_t n = 1; is_one; n++) {
        size_t errors = 1;

        for (size_t i = 0; is_one && i < errors; i++) {
            is_one = play_n_th_call(n, i, false, &errors);
            if (is_one && may_fail_forever())
                play_n_th_call(n, i, true, &errors);
        }
    }
}

__attribute__((constructor)) static void fail_outside(void)
{
    make_thread = __real_pthread_create;
    ask_kernel = __real_poll;
    fail_all_calls = fail_system_calls;
    calls_are_over = note_system_calls;
}
