/* SPDX-License-Identifier: MIT */
/*
 * fork() in a program with other threads.
 */
#include "fork_test.h"

/* ---- threads ---- */

static sem_t gate;

/* Threads at the gate: 32 of coil_to_thread(), 2 of the test. */
enum { GATE_THREADS = 34 };

static atomic_int at_gate;

static int pass_gate(void *arg)
{
    (void)arg;
    atomic_fetch_add(&at_gate, 1);
    sem_wait(&gate);
    return 0;
}

static int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t n;
    int rc = coil_resolve("localhost", 1, &addresses, &n);

    (void)arg;
    coil_addresses_free(addresses);
    return rc;
}

static struct coil_executor *executor;

static int use_threads(void *arg)
{
    (void)arg;
    for (int i = 0; i < 40; i++) {
        ASSERT_EQ(coil_to_thread(seven, NULL), 7);
        ASSERT_EQ(coil_executor_run(executor, seven, NULL), 7);
    }
    /* Any answer will do. */
    (void)!resolve(NULL);
    return 0;
}

static void use_threads_of_its_own(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(use_threads, NULL), 0);
    coil_executor_free(executor);
}

static int run_gate(void *arg)
{
    return arg ? coil_executor_run(executor, pass_gate, NULL)
               : coil_to_thread(pass_gate, NULL);
}

static int fork_while_threads_run(void *arg)
{
    struct coil_task *tasks[80];
    pid_t pid;
    int rc;

    (void)arg;
    /* All threads are busy, and further calls wait. */
    for (int i = 0; i < 80; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], run_gate, i % 2 ? arg : NULL), 0);
    /*
     * A thread that begins may hold a sanitizer's lock, which a fork would
     * lose.
     */
    while (atomic_load(&at_gate) < GATE_THREADS) {
        rc = coil_sleep(1 * COIL_MILLISECOND);
        ASSERT_EQ(rc, 0);
    }
    pid = fork_and(use_threads_of_its_own, NULL);
    await_child(pid);
    for (int i = 0; i < 80; i++)
        sem_post(&gate);
    for (int i = 0; i < 80; i++) {
        rc = coil_task_await(tasks[i]);
        ASSERT_EQ(rc, 0);
        coil_task_release(tasks[i]);
    }
    return use_threads(NULL);
}

/* The child has none of the parent's threads, and makes its own. */
TEST(fork_lets_the_child_use_threads)
{
    sem_init(&gate, 0, 0);
    ASSERT_EQ(coil_executor_new(&executor, 2), 0);
    ASSERT_EQ(coil_run(fork_while_threads_run, &gate), 0);
    coil_executor_free(executor);
}

static atomic_bool is_finished;

static int take_a_while(void *arg)
{
    sem_post(arg);
    usleep(30000);
    atomic_store(&is_finished, true);
    return 0;
}

static int run_for_a_while(void *arg)
{
    return coil_to_thread(take_a_while, arg);
}

static int leave_a_call_behind(void *arg)
{
    ASSERT_EQ(coil_task_create(NULL, run_for_a_while, arg), 0);
    while (sem_trywait(arg) < 0) {
        int rc = coil_sleep(COIL_MILLISECOND);

        ASSERT_EQ(rc, 0);
    }
    return 0;
}

static int use_a_thread(void *arg)
{
    (void)arg;
    return coil_to_thread(seven, NULL);
}

enum { LOOPS = 16 };

static struct coil_loop *loops[LOOPS];

static void open_loops(void)
{
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_new(&loops[i], NULL), 0);
}

static void replace_loops(void *arg)
{
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), -EBADF);
    open_loops();
    for (int i = 0; i < LOOPS; i++) {
        ASSERT_EQ(
            coil_loop_run_until_complete(loops[i], leave_a_call_behind, arg),
            0);
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
        ASSERT(atomic_exchange(&is_finished, false));
    }
}

/* The child's loops may lie where the parent's were in memory. */
TEST(fork_leaves_the_child_loops_that_wait_for_their_calls)
{
    sem_init(&gate, 0, 0);
    open_loops();
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_run_until_complete(loops[i], use_a_thread, NULL),
                  7);
    await_child(fork_and(replace_loops, &gate));
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
}

/* ---- while other threads are busy with loops ---- */

static int calls_made;

static int count(void *arg)
{
    (void)arg;
    calls_made++;
    return coil_yield();
}

static bool over;
static pthread_mutex_t over_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool is_over(void)
{
    bool is;

    pthread_mutex_lock(&over_mutex);
    is = over;
    pthread_mutex_unlock(&over_mutex);
    return is;
}

static void set_over(void)
{
    pthread_mutex_lock(&over_mutex);
    over = true;
    pthread_mutex_unlock(&over_mutex);
}

static void *call_all_the_time(void *arg)
{
    struct coil_thread_call call;
    int rc = 0;

    (void)arg;
    while (rc >= 0 && !is_over()) {
        rc = coil_run_threadsafe(loop, &call, count, NULL);
        if (rc == 0)
            rc = coil_thread_call_wait(&call, COIL_NEVER);
    }
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static void *run_loop(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    return NULL;
}

static void run_one(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(do_some, NULL), 5);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
}

/* Every lock may be held at the moment of the fork. */
TEST(fork_at_any_moment_leaves_the_child_working)
{
    pthread_t threads[2];

#if defined(__SANITIZE_ADDRESS__)
    SKIP("a fork in mid allocation of another thread leaves ASan locked");
#endif
    open_loop(0);
    coil_loop_hold(loop);
    ASSERT_EQ(pthread_create(&threads[0], NULL, run_loop, NULL), 0);
    ASSERT_EQ(pthread_create(&threads[1], NULL, call_all_the_time, NULL), 0);
    for (int i = 0; i < 40; i++)
        await_child(fork_and(run_one, NULL));
    set_over();
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    coil_loop_release(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- while signals interrupt threads ---- */

static pthread_t asker;

static void *ask_all_the_time(void *arg)
{
    while (!is_over())
        (void)coil_thread_call_is_done(arg);
    return NULL;
}

static void *interrupt_all_the_time(void *arg)
{
    (void)arg;
    while (!is_over())
        ASSERT_EQ(pthread_kill(asker, SIGUSR1), 0);
    return NULL;
}

static void do_nothing(void *arg)
{
    (void)arg;
}

/* The thread may be inside the section for which fork() waits. */
TEST(fork_waits_for_nobody_whom_a_signal_has_interrupted)
{
    struct coil_signal_handler handler = { .number = 0 };
    struct coil_thread_call call = { .loop = NULL };
    pthread_t interrupter;

    open_loop(0);
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGUSR1, do_nothing, NULL),
        0);
    ASSERT_EQ(pthread_create(&asker, NULL, ask_all_the_time, &call), 0);
    ASSERT_EQ(pthread_create(&interrupter, NULL, interrupt_all_the_time, NULL),
              0);
    for (int i = 0; i < 200; i++)
        await_child(fork_and(do_nothing, NULL));
    set_over();
    pthread_join(interrupter, NULL);
    pthread_join(asker, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a task that another thread has called ---- */

enum { OVERWRITTEN = 16 << 10, NEW_THREADS = 4 };

static pthread_barrier_t all_run;

/* The stacks of the parent's threads are lost. */
static void *overwrite_stack(void *arg)
{
    char garbage[OVERWRITTEN];

    memset(garbage, 0xa5, sizeof garbage);
    __asm__ volatile("" : : "r"(garbage) : "memory");
    pthread_barrier_wait(&all_run);
    return arg;
}

static void use_stacks_of_threads(void)
{
    pthread_t threads[NEW_THREADS];

    ASSERT_EQ(pthread_barrier_init(&all_run, NULL, NEW_THREADS), 0);
    for (int i = 0; i < NEW_THREADS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, overwrite_stack, NULL), 0);
    for (int i = 0; i < NEW_THREADS; i++)
        ASSERT_EQ(pthread_join(threads[i], NULL), 0);
}

static int fork_for_a_thread(void *arg)
{
    (void)arg;
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    if (child_of_task == 0) {
        alarm(20);
        use_stacks_of_threads();
        return 0;
    }
    await_child(child_of_task);
    return 5;
}

static void *call_fork(void *arg)
{
    struct coil_thread_call call;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, fork_for_a_thread, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), 5);
    coil_loop_stop_threadsafe(loop);
    return arg;
}

/* The caller and its call do not exist in the child. */
TEST(fork_by_a_task_that_a_thread_called_tells_nobody_in_the_child)
{
    pthread_t thread;
    int rc;

    open_loop(0);
    coil_loop_hold(loop);
    ASSERT_EQ(pthread_create(&thread, NULL, call_fork, NULL), 0);
    rc = coil_loop_run_forever(loop);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    pthread_join(thread, NULL);
    coil_loop_release(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a call that was not done ---- */

static void ask_for_ended_call(void *arg)
{
    ASSERT(coil_thread_call_is_done(arg));
    ASSERT_EQ(coil_thread_call_wait(arg, COIL_NEVER), -ECANCELED);
    ASSERT(!coil_thread_call_cancel(arg));
}

static void ask_for_parents_call(void *arg)
{
    ask_for_ended_call(arg);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
    ASSERT(!coil_thread_call_cancel(arg));
}

LOOP_TEST(fork_ends_the_calls_of_the_parents_loops_in_the_child)
{
    struct coil_thread_call call;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), 0);
    await_child(fork_and(ask_for_parents_call, &call));
    while (!coil_thread_call_is_done(&call))
        run_once();
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 7);
}

static int fork_before_a_call_begins(void *arg)
{
    struct coil_thread_call *call = arg;

    ASSERT_EQ(coil_run_threadsafe(loop, call, seven, NULL), 0);
    await_child(fork_and(ask_for_ended_call, call));
    while (!coil_thread_call_is_done(call)) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
    }
    return coil_thread_call_wait(call, 0);
}

LOOP_TEST(fork_ends_a_call_that_has_not_begun_in_the_child)
{
    struct coil_thread_call call;

    ASSERT_EQ(
        coil_loop_run_until_complete(loop, fork_before_a_call_begins, &call),
        7);
}

static void fork_when_told(struct coil_loop *where,
                           const struct coil_exception *exception, void *arg)
{
    (void)arg;
    ASSERT_PTR_EQ(where, loop);
    ASSERT_EQ(exception->error, -ENOMEM);
    coil_test_fail_allocation(0, false);
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
}

static void fail_from_now(void *arg)
{
    (void)arg;
    coil_test_fail_allocation(1, true);
}

/* The call has ended in the child by then. */
LOOP_TEST(fork_when_told_of_a_call_that_cannot_begin)
{
    struct coil_thread_call call;
    int rc;

    child_of_task = -1;
    coil_loop_set_exception_handler(loop, fork_when_told, NULL);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], fail_from_now, NULL), 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), 0);
    coil_loop_stop(loop);
    rc = coil_loop_run_forever(loop);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        ask_for_parents_call(&call);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    await_child(child_of_task);
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ENOMEM);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), 0);
    while (!coil_thread_call_is_done(&call))
        run_once();
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 7);
}
