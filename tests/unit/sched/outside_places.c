/* SPDX-License-Identifier: MIT */
/*
 * A suspending function is called outside of a task from a place of which less
 * is known: on another stack, in code without a name or lines, where files
 * cannot be read. The message says what is known, and what to do instead.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil.h>

#include "base/platform.h"
#include "names.h"
#include "sandbox.h"

static struct child child;

static void expect_cure(void)
{
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "called outside of a task");
    ASSERT_STR_CONTAINS(child.text,
                        ": call it in a function that is given to coil_run() "
                        "or coil_task_create()");
}

static void expect_nothing_known(void)
{
    expect_cure();
    ASSERT_STR_CONTAINS(child.text, "coil: a suspending function: called "
                                    "outside of a task: call it in ");
}

/* ---- other stacks --------------------------------------------------------- */

static char memory_below[64 << 10]; /* of the stack of the thread */

static void sleep_in_handler(int number)
{
    (void)number;
    _exit(coil__keep_frame(coil_sleep(COIL_SECOND)) == 0);
}

static void handle_signal_on(void *memory, size_t size)
{
    const stack_t stack = { .ss_sp = memory, .ss_size = size };
    const struct sigaction action = { .sa_handler = sleep_in_handler,
                                      .sa_flags = SA_ONSTACK };

    ASSERT_EQ(sigaltstack(&stack, NULL), 0);
    ASSERT_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
}

static void sleep_below(void *arg)
{
    (void)arg;
    handle_signal_on(memory_below, sizeof memory_below);
}

static void *sleep_in_thread(void *memory)
{
    handle_signal_on(memory, sizeof memory_below);
    return NULL;
}

/* The first thread's stack lies above all others. */
static void sleep_above(void *arg)
{
    char memory[sizeof memory_below];
    sigset_t usr1;
    pthread_t thread;

    (void)arg;
    ASSERT_EQ(pthread_create(&thread, NULL, sleep_in_thread, memory), 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    pthread_join(thread, NULL);
}

TEST(outside_places_on_another_stack_are_not_known)
{
    child_run(&child, sleep_below, NULL);
    expect_nothing_known();
    child_run(&child, sleep_above, NULL);
    expect_nothing_known();
}

/* ---- what cannot be read -------------------------------------------------- */

static void sleep_without_files(void *arg)
{
    (void)arg;
    refuse(SYS_openat, EACCES);
    _exit(coil__keep_frame(coil_sleep(COIL_SECOND)) == 0);
}

/* The limit of the first thread's stack belongs to its description. */
static void sleep_without_limits(void *arg)
{
    (void)arg;
    refuse(SYS_prlimit64, EPERM);
    _exit(coil__keep_frame(coil_sleep(COIL_SECOND)) == 0);
}

static void run_refused(void (*body)(void *arg))
{
    child_run(&child, body, NULL);
    if (WIFEXITED(child.status) &&
        WEXITSTATUS(child.status) == TEST_EXIT_SKIPPED)
        SKIP("the kernel refuses nothing on request");
}

TEST(outside_places_without_files_are_not_known)
{
    run_refused(sleep_without_files);
    expect_nothing_known();
    /* Not every C library asks for it. */
    run_refused(sleep_without_limits);
    expect_cure();
}

/* ---- who jumps, and code that nobody has described ------------------------- */

/* Whole-program optimisation does not see what assembly refers to. */
#if defined(__x86_64__) && !defined(COIL_CONTEXT_UCONTEXT) &&                  \
    !defined(COIL_WHOLE_PROGRAM)

typedef int (*sleep_fn)(coil_time duration);
static sleep_fn volatile sleep_somewhere = coil_sleep;

int coil_sleep_by_jump(coil_time duration);
int jump_to_sleep(coil_time duration);
int call_without_lines(coil_time duration, sleep_fn fn);
extern int (*const call_without_name)(coil_time duration, sleep_fn fn);

/*
 * The first two leave by a jump, as compilers let a function end that ends with
 * a call. The others call what they are given.
 */
__asm__(".pushsection .text.outside_places, \"ax\", @progbits\n"
        ".type coil_sleep_by_jump, @function\n"
        "coil_sleep_by_jump: .cfi_startproc\n"
        "    jmp coil_sleep\n"
        "    .cfi_endproc\n"
        ".size coil_sleep_by_jump, . - coil_sleep_by_jump\n"
        ".type jump_to_sleep, @function\n"
        "jump_to_sleep: .cfi_startproc\n"
        "    jmp coil_sleep\n"
        "    .cfi_endproc\n"
        ".size jump_to_sleep, . - jump_to_sleep\n"
        ".type call_without_lines, @function\n"
        "call_without_lines: .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    call *%rsi\n"
        "    add $8, %rsp\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size call_without_lines, . - call_without_lines\n"
        "    .skip 64, 0x90\n"
        ".Lnameless: .cfi_startproc\n"
        "    sub $8, %rsp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    call *%rsi\n"
        "    add $8, %rsp\n"
        "    .cfi_def_cfa_offset 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".popsection\n"
        ".pushsection .data.rel.ro.outside_places, \"aw\", @progbits\n"
        ".balign 8\n"
        "call_without_name: .quad .Lnameless\n"
        ".popsection\n");

static COIL_NOINLINE void call_jumper(void *arg)
{
    (void)arg;
    _exit(coil__keep_frame(jump_to_sleep(COIL_SECOND)) == 0);
}

static COIL_NOINLINE void call_jumper_of_the_same_name(void *arg)
{
    (void)arg;
    _exit(coil__keep_frame(coil_sleep_by_jump(COIL_SECOND)) == 0);
}

static COIL_NOINLINE void call_by_pointer(void *arg)
{
    (void)arg;
    _exit(coil__keep_frame(sleep_somewhere(COIL_SECOND)) == 0);
}

/*
 * A function that jumped leaves no trace, so the line belongs to another call.
 */
TEST(outside_places_of_another_call_are_not_taken_for_that_of_the_call)
{
    skip_without_names();
    child_run(&child, call_jumper, NULL);
    expect_cure();
    ASSERT_STR_CONTAINS(child.text, "coil: coil_sleep: called outside of a "
                                    "task, by what is called in call_jumper");
    child_run(&child, call_jumper_of_the_same_name, NULL);
    expect_cure();
    ASSERT_STR_CONTAINS(child.text,
                        "coil: coil_sleep: called outside of a task, by what "
                        "is called in call_jumper_of_the_same_name");
    child_run(&child, call_by_pointer, NULL);
    expect_cure();
    ASSERT_STR_CONTAINS(child.text,
                        "coil: coil_sleep: called outside of a task, by what "
                        "is called in call_by_pointer");
}

static void call_where_there_are_no_lines(void *arg)
{
    (void)arg;
    _exit(call_without_lines(COIL_SECOND, sleep_somewhere) == 0);
}

static void call_where_there_is_no_name(void *arg)
{
    (void)arg;
    _exit(call_without_name(COIL_SECOND, sleep_somewhere) == 0);
}

TEST(outside_places_without_lines_are_addresses)
{
    skip_without_names();
    child_run(&child, call_where_there_are_no_lines, NULL);
    expect_cure();
    ASSERT_STR_CONTAINS(child.text, "in call_without_lines+0x");
    ASSERT_STR_CONTAINS(child.text, " (test_outside_places+0x");
    child_run(&child, call_where_there_is_no_name, NULL);
    expect_cure();
    ASSERT_STR_CONTAINS(child.text,
                        "coil: coil_sleep: called outside of a task, by what "
                        "is called in test_outside_places+0x");
}

/* Code that is written at run time: sub $8, %rsp; call *%rsi; … */
static const unsigned char made_code[] = { 0x48, 0x83, 0xec, 0x08, 0xff, 0xd6,
                                           0x48, 0x83, 0xc4, 0x08, 0xc3 };

static void call_in_made_code(void *arg)
{
    int (*call)(coil_time duration, sleep_fn fn);

    memcpy(&call, &arg, sizeof call);
    _exit(call(COIL_SECOND, sleep_somewhere) == 0);
}

TEST(outside_places_in_code_of_no_file_are_not_told)
{
    void *code = mmap(NULL, sizeof made_code, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    skip_without_names();
    ASSERT(code != MAP_FAILED);
    memcpy(code, made_code, sizeof made_code);
    if (mprotect(code, sizeof made_code, PROT_READ | PROT_EXEC) < 0)
        SKIP("no code can be made here");
    child_run(&child, call_in_made_code, code);
    expect_cure();
    ASSERT_STR_CONTAINS(child.text, "coil: coil_sleep: called outside of a "
                                    "task: call it in ");
    munmap(code, sizeof made_code);
}

#endif
