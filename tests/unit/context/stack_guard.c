/* SPDX-License-Identifier: MIT */
/*
 * The guard below a stack.
 */
#include "sandbox.h"
#include "stack_test.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Stacks have narrow guards when there is any limit, however large. */
static void have_narrow_guards(void)
{
    const struct rlimit limit = { RLIM_INFINITY - 1, RLIM_INFINITY - 1 };

    ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

/* ---- the guard ------------------------------------------------------------ */

struct access {
    volatile char *at;
    bool is_write;
};

static void make_access(void *arg)
{
    const struct access *access = arg;

    /* A sanitizer's handler would end the process in its own way. */
    signal(SIGSEGV, SIG_DFL);
    if (access->is_write)
        *access->at = 1;
    else
        printf("%d\n", *access->at);
}

static void expect_fault(char *at)
{
    struct child child;

    for (int write = 0; write < 2; write++) {
        struct access access = { at, write };

        child_run(&child, make_access, &access);
        ASSERT_CHILD_KILLED(&child, SIGSEGV);
    }
}

static void check_guard(const struct coil_stack *stack)
{
    expect_fault(stack->low - 1);
    expect_fault(stack->low - PAGE);
    expect_fault(stack->low - stack->guard / 2 + 3);
    expect_fault(stack->low - stack->guard);
    stack->low[0] = 1;
}

TEST(stack_guard_faults)
{
    struct coil_stack *first;
    struct coil_stack *second;

    open_stack_pool();
    first = acquire_stack(0);
    second = acquire_stack(0);
    check_guard(first);
    check_guard(second);
    coil__stack_release(stack_pool, first);
    coil__stack_release(stack_pool, second);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_guard_of_every_size_faults)
{
    open_stack_pool();
    for (size_t size = 1; size <= COIL_STACK_MAX; size *= 32) {
        struct coil_stack *stack = acquire_stack(size);

        expect_fault(stack->low - 1);
        expect_fault(stack->low - stack->guard);
        coil__stack_release(stack_pool, stack);
    }
    coil__stack_pool_free(stack_pool);
}

TEST(stack_guard_narrow_faults)
{
    struct coil_stack *first;
    struct coil_stack *second;

    have_narrow_guards();
    open_stack_pool();
    first = acquire_stack(0);
    second = acquire_stack(0);
    ASSERT_EQ(first->guard, COIL_STACK_GUARD);
    ASSERT_EQ(second->guard, COIL_STACK_GUARD);
    check_guard(first);
    check_guard(second);
    coil__stack_release(stack_pool, first);
    coil__stack_release(stack_pool, second);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_guard_that_is_narrow_is_larger_below_a_large_stack)
{
    struct coil_stack *small;
    struct coil_stack *large;

    have_narrow_guards();
    open_stack_pool();
    small = acquire_stack(48 << 10);
    large = acquire_stack((48 << 10) + 1);
    ASSERT_EQ(small->guard, 16 << 10);
    ASSERT_EQ(large->guard, 64 << 10);
    check_guard(small);
    check_guard(large);
    coil__stack_release(stack_pool, small);
    coil__stack_release(stack_pool, large);
    coil__stack_pool_free(stack_pool);
}

enum { WIDE_LEAST = 1000, WIDE_MOST = 1024 };

/* Acquire many. How many of them have a wide guard; those come first. */
static size_t count_wide(struct coil_stack **stacks, size_t count)
{
    size_t wide = 0;

    for (size_t i = 0; i < count; i++) {
        stacks[i] = acquire_stack(i % 2 == 0 ? 0 : 1 << 20);
        ASSERT(stacks[i]->guard == COIL_STACK_GUARD_WIDE ||
               stacks[i]->guard ==
                   (i % 2 == 0 ? COIL_STACK_GUARD : COIL_STACK_GUARD_LARGE));
        wide += stacks[i]->guard == COIL_STACK_GUARD_WIDE;
    }
    return wide;
}

/* Each guard is a mapping, and mappings are counted for the whole process. */
TEST(stack_guard_is_wide_for_the_first_thousand_of_the_process)
{
    static struct coil_stack *stacks[MANY];
    static struct coil_stack *others[MANY];
    struct coil_stack_pool *first;

    for (int round = 0; round < 2; round++) {
        size_t wide;

        open_stack_pool();
        first = stack_pool;
        wide = count_wide(stacks, 100);
        ASSERT_EQ(wide, 100);
        open_stack_pool();
        wide += count_wide(others, MANY);
        ASSERT_GT(wide, WIDE_LEAST / 2);
        ASSERT_LE(wide, WIDE_MOST);
        ASSERT_EQ(others[0]->guard, COIL_STACK_GUARD_WIDE);
        check_guard(others[0]);
        check_guard(others[MANY - 1]);
        for (size_t i = 0; i < MANY; i++)
            coil__stack_release(stack_pool, others[i]);
        coil__stack_pool_free(stack_pool);
        stack_pool = first;
        for (size_t i = 0; i < 100; i++)
            coil__stack_release(stack_pool, stacks[i]);
        coil__stack_pool_free(stack_pool);
    }
    open_stack_pool();
    for (size_t i = 0; i < WIDE_LEAST; i++) {
        stacks[i] = acquire_stack(COIL_STACK_DEFAULT);
        ASSERT_EQ(stacks[i]->guard, COIL_STACK_GUARD_WIDE);
    }
    for (size_t i = 0; i < WIDE_LEAST; i++)
        coil__stack_release(stack_pool, stacks[i]);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_guard_outlives_trimming_and_reuse)
{
    static struct coil_stack *stacks[IDLE];

    open_stack_pool();
    for (size_t i = 0; i < IDLE; i++)
        stacks[i] = acquire_stack(0);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    for (size_t i = 0; i < 20; i++)
        coil__stack_trim(stack_pool);
    for (size_t i = 0; i < IDLE; i++)
        stacks[i] = acquire_stack(0);
    check_guard(stacks[0]);
    check_guard(stacks[IDLE - 1]);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_guard_is_known_by_its_addresses)
{
    struct coil_stack *stack;

    open_stack_pool();
    stack = acquire_stack(0);
    ASSERT(!coil__stack_in_guard(stack, stack->low));
    ASSERT(coil__stack_in_guard(stack, stack->low - 1));
    ASSERT(coil__stack_in_guard(stack, stack->low - stack->guard));
    ASSERT(!coil__stack_in_guard(stack, stack->low - stack->guard - 1));
    ASSERT(!coil__stack_in_guard(stack, stack->top));
    ASSERT(!coil__stack_in_guard(stack, NULL));
    ASSERT(!coil__stack_in_guard(stack, (void *)UINTPTR_MAX));
    coil__stack_release(stack_pool, stack);
    coil__stack_pool_free(stack_pool);
}

/* ---- older kernels -------------------------------------------------------- */

/* Let the system call `number` fail with `error` if its third argument is so. */
static void deny(unsigned number, unsigned third, unsigned error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, third, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof filter / sizeof filter[0],
                                        filter };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        SKIP("system calls cannot be filtered here");
}

TEST(stack_guard_is_made_with_mprotect_on_an_older_kernel)
{
    struct coil_stack *first;
    struct coil_stack *second;

    have_narrow_guards();
    refuse(SYS_process_madvise, ENOSYS);
    deny(SYS_madvise, MADV_GUARD_INSTALL, EINVAL);
    open_stack_pool();
    first = acquire_stack(0);
    second = acquire_stack(0);
    check_guard(first);
    check_guard(second);
    coil__stack_release(stack_pool, first);
    coil__stack_release(stack_pool, second);
    coil__stack_pool_free(stack_pool);
}

static void acquire_wide_without_mprotect(void *arg)
{
    struct coil_stack *stack;

    (void)arg;
    deny(SYS_mprotect, PROT_NONE, ENOMEM);
    open_stack_pool();
    if (coil__stack_acquire(stack_pool, 0, &stack) < 0)
        _exit(TEST_EXIT_SKIPPED);
    ASSERT_EQ(stack->guard, COIL_STACK_GUARD_WIDE);
    check_guard(stack);
    coil__stack_release(stack_pool, stack);
    coil__stack_pool_free(stack_pool);
}

/* No more mappings are allowed. In a child: the leak checker needs them. */
TEST(stack_guard_that_is_wide_is_made_without_mprotect)
{
    struct child child;

    child_run(&child, acquire_wide_without_mprotect, NULL);
    if (WIFEXITED(child.status) &&
        WEXITSTATUS(child.status) == TEST_EXIT_SKIPPED)
        SKIP("this kernel needs a mapping for each guard");
    ASSERT_CHILD_EXITED(&child, 0);
}

static void acquire_without_mprotect(void *arg)
{
    struct coil_stack *stack;

    (void)arg;
    deny(SYS_madvise, MADV_GUARD_INSTALL, EINVAL);
    deny(SYS_mprotect, PROT_NONE, ENOMEM);
    open_stack_pool();
    for (int i = 0; i < 40; i++)
        ASSERT_EQ(coil__stack_acquire(stack_pool, 0, &stack), -ENOMEM);
    ASSERT_EQ(coil__stack_in_use(stack_pool), 0);
    coil__stack_pool_free(stack_pool);
}

/* In a child: the leak checker needs mprotect() too. */
TEST(stack_is_refused_when_its_guard_cannot_be_made)
{
    struct child child;

    child_run(&child, acquire_without_mprotect, NULL);
    if (WIFEXITED(child.status) &&
        WEXITSTATUS(child.status) == TEST_EXIT_SKIPPED)
        SKIP("system calls cannot be filtered here");
    ASSERT_CHILD_EXITED(&child, 0);
}

TEST(stack_is_refused_when_the_kernel_cannot_install_a_guard)
{
    struct coil_stack *stack;

    have_narrow_guards();
    refuse(SYS_process_madvise, ENOMEM);
    deny(SYS_madvise, MADV_GUARD_INSTALL, ENOMEM);
    open_stack_pool();
    ASSERT_EQ(coil__stack_acquire(stack_pool, 0, &stack), -ENOMEM);
    ASSERT_EQ(coil__stack_in_use(stack_pool), 0);
    coil__stack_pool_free(stack_pool);
}

/* ---- many at a time ------------------------------------------------------- */

enum { AT_ONCE = 8, STRIDE = 64 << 10 };

static char *map_slots(void)
{
    char *slots = mmap(NULL, AT_ONCE * STRIDE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ASSERT(slots != MAP_FAILED);
    return slots;
}

/* The first `count` slots have guards. */
static void expect_guards(char *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_fault(slots + i * STRIDE);
        expect_fault(slots + i * STRIDE + COIL_STACK_GUARD - 1);
        slots[i * STRIDE + COIL_STACK_GUARD] = 1;
    }
    for (size_t i = count; i < AT_ONCE; i++)
        slots[i * STRIDE] = 1;
}

static size_t install(char *slots, struct coil_guard_ways *ways)
{
    return coil__guard_install_many(slots, STRIDE, COIL_STACK_GUARD, AT_ONCE,
                                    ways);
}

static void skip_without_batches(void)
{
    struct coil_guard_ways ways = { .no_install =
                                        coil__guard_accepts_any_advice() };
    char *slots = map_slots();
    size_t n = install(slots, &ways);

    munmap(slots, AT_ONCE * STRIDE);
    if (n == 0)
        SKIP("this kernel makes one guard at a time");
}

TEST(stack_guard_is_made_for_many_slots_at_once)
{
    struct coil_guard_ways ways = { false };
    char *slots;

    skip_without_batches();
    slots = map_slots();
    ASSERT_EQ(install(slots, &ways), AT_ONCE);
    expect_guards(slots, AT_ONCE);
    munmap(slots, AT_ONCE * STRIDE);
}

/* The kernel stops at the sixth, where there is no memory. */
TEST(stack_guard_tells_how_many_slots_have_theirs)
{
    struct coil_guard_ways ways = { false };
    char *slots;

    skip_without_batches();
    slots = map_slots();
    munmap(slots + 5 * STRIDE, STRIDE);
    ASSERT_EQ(install(slots, &ways), 5);
    ASSERT(!ways.no_batch);
    ASSERT_EQ(install(slots + 5 * STRIDE, &ways), 0);
    ASSERT(!ways.no_batch);
    ASSERT_EQ(coil__guard_install(slots + 5 * STRIDE, COIL_STACK_GUARD, &ways),
              -ENOMEM);
    for (size_t i = 0; i < 5; i++)
        expect_fault(slots + i * STRIDE + COIL_STACK_GUARD - 1);
    slots[6 * STRIDE] = 1;
    munmap(slots, AT_ONCE * STRIDE);
}

/* As many as a few slabs have, so that the last slots of a slab are met too. */
static void check_guards_of_many(void)
{
    static struct coil_stack *stacks[100];

    open_stack_pool();
    for (size_t i = 0; i < 100; i++) {
        stacks[i] = acquire_stack(0);
        memset(stacks[i]->low, 1, 64);
    }
    for (size_t i = 0; i < 100; i += 11) {
        ASSERT_EQ(stacks[i]->guard, COIL_STACK_GUARD);
        expect_fault(stacks[i]->low - 1);
        expect_fault(stacks[i]->low - COIL_STACK_GUARD);
    }
    for (size_t i = 0; i < 100; i++)
        coil__stack_release(stack_pool, stacks[i]);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_guard_of_each_of_many_faults)
{
    have_narrow_guards();
    check_guards_of_many();
}

TEST(stack_guard_is_made_alone_where_many_are_refused)
{
    have_narrow_guards();
    refuse(SYS_process_madvise, EPERM);
    check_guards_of_many();
}

/* Each call may fail for lack of memory: a stack is there if one guard is. */
TEST(stack_guard_is_made_alone_when_there_is_no_memory_for_many)
{
    have_narrow_guards();
    refuse(SYS_process_madvise, ENOMEM);
    check_guards_of_many();
}

/* Some sandboxes do nothing, and say that this went well. */
TEST(stack_guard_is_made_alone_where_nothing_is_done_for_many)
{
    have_narrow_guards();
    refuse(SYS_process_madvise, 0);
    check_guards_of_many();
}
