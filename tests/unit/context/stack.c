/* SPDX-License-Identifier: MIT */
/*
 * The pool of stacks: what it hands out, what it takes back, and what happens
 * to a coroutine that goes too far.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <coil/error.h>

#include "base/memory.h"
#include "base/platform.h"
#include "child.h"
#include "context/stack.h"
#include "test.h"

/* What a stack may be short of its size by: tops are staggered. */
enum { STAGGER = 2048, PAGE = 4096 };

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static struct coil_stack_pool *pool;

static struct coil_stack *acquire(size_t size)
{
    struct coil_stack *stack = NULL;

    ASSERT_EQ(coil__stack_acquire(pool, size, &stack), 0);
    ASSERT_NOT_NULL(stack);
    return stack;
}

static void open_pool(void)
{
    pool = coil__stack_pool_new();
    ASSERT_NOT_NULL(pool);
}

/* Stacks have narrow guards wherever there is a limit, however far. */
static void have_narrow_guards(void)
{
    const struct rlimit limit = { RLIM_INFINITY - 1, RLIM_INFINITY - 1 };

    ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

static size_t size_of(const struct coil_stack *stack)
{
    return (size_t)(stack->top - stack->low);
}

/* ---- acquiring and releasing ---------------------------------------------- */

TEST(stack_is_reused_last_in_first_out)
{
    struct coil_stack *a;
    struct coil_stack *b;
    struct coil_stack *c;

    open_pool();
    a = acquire(COIL_STACK_DEFAULT);
    b = acquire(COIL_STACK_DEFAULT);
    c = acquire(COIL_STACK_DEFAULT);
    ASSERT_EQ(coil__stack_in_use(pool), 3);
    coil__stack_release(pool, a);
    coil__stack_release(pool, c);
    coil__stack_release(pool, b);
    ASSERT_EQ(coil__stack_in_use(pool), 0);
    ASSERT_PTR_EQ(acquire(COIL_STACK_DEFAULT), b);
    ASSERT_PTR_EQ(acquire(COIL_STACK_DEFAULT), c);
    ASSERT_PTR_EQ(acquire(COIL_STACK_DEFAULT), a);
    ASSERT_EQ(coil__stack_in_use(pool), 3);
    coil__stack_release(pool, a);
    coil__stack_release(pool, b);
    coil__stack_release(pool, c);
    coil__stack_pool_free(pool);
}

TEST(stack_has_at_least_the_size_asked_for)
{
    static const size_t sizes[] = {
        0,       1,        4096,      65535,          65536,
        65537,   196608,   196609,    1 << 20,        (1 << 20) + 1,
        5 << 20, 64 << 20, 512 << 20, COIL_STACK_MAX,
    };

    open_pool();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct coil_stack *stack = acquire(sizes[i]);

        ASSERT_GE(size_of(stack) + STAGGER, sizes[i]);
        ASSERT_EQ((uintptr_t)stack->low % PAGE, 0);
        ASSERT_EQ((uintptr_t)stack->top % 16, 0);
        stack->low[0] = 1;
        stack->top[-1] = 1;
        coil__stack_release(pool, stack);
    }
    coil__stack_pool_free(pool);
}

TEST(stack_of_one_size_is_not_given_out_as_another)
{
    struct coil_stack *small;
    struct coil_stack *large;

    open_pool();
    small = acquire(65536 - STAGGER);
    large = acquire(1 << 20);
    ASSERT_NE(small->size_class, large->size_class);
    coil__stack_release(pool, small);
    coil__stack_release(pool, large);
    ASSERT_PTR_EQ(acquire(1000000), large);
    ASSERT_PTR_EQ(acquire(1), small);
    coil__stack_release(pool, small);
    coil__stack_release(pool, large);
    coil__stack_pool_free(pool);
}

enum { MANY = 3000 };

static int compare_stacks(const void *a, const void *b)
{
    const struct coil_stack *const *x = a;
    const struct coil_stack *const *y = b;

    return ((*x)->low > (*y)->low) - ((*x)->low < (*y)->low);
}

TEST(stack_of_one_does_not_overlap_that_of_another)
{
    static struct coil_stack *stacks[MANY];
    size_t tops = 0;

    open_pool();
    for (size_t i = 0; i < MANY; i++) {
        stacks[i] = acquire(i % 3 == 0 ? 1 : i % 3 * 100000);
        tops |= (size_t)1 << (uintptr_t)stacks[i]->top % PAGE / 128;
        memset(stacks[i]->low, (int)i, 64);
        memset(stacks[i]->top - 64, (int)i, 64);
    }
    qsort(stacks, MANY, sizeof stacks[0], compare_stacks);
    for (size_t i = 1; i < MANY; i++)
        ASSERT(stacks[i]->low - stacks[i]->guard >= stacks[i - 1]->top);
    /* What lies at their tops would else compete for the same cache sets. */
    ASSERT_GE(__builtin_popcountll(tops), 16);
    for (size_t i = 0; i < MANY; i++) {
        ASSERT_EQ(stacks[i]->low[0], stacks[i]->low[63]);
        ASSERT_EQ(stacks[i]->low[0], stacks[i]->top[-64]);
        coil__stack_release(pool, stacks[i]);
    }
    coil__stack_pool_free(pool);
}

/* ---- limits and failures -------------------------------------------------- */

TEST(stack_beyond_the_limit_is_refused)
{
    struct coil_stack *stack;

    open_pool();
    ASSERT_EQ(coil__stack_acquire(pool, COIL_STACK_MAX + 1, &stack), -EINVAL);
    ASSERT_EQ(coil__stack_acquire(pool, SIZE_MAX, &stack), -EINVAL);
    ASSERT_EQ(coil__stack_in_use(pool), 0);
    coil__stack_pool_free(pool);
}

TEST(stack_without_memory_is_an_error_and_leaves_the_pool_sound)
{
    struct coil_stack *stack;
    struct coil_stack *again;

    coil__alloc_fail_at(1, false);
    ASSERT_NULL(coil__stack_pool_new());
    open_pool();
    for (size_t n = 1; n <= 2; n++) {
        coil__alloc_fail_at(n, false);
        ASSERT_EQ(coil__stack_acquire(pool, 0, &stack), -ENOMEM);
        ASSERT_EQ(coil__stack_in_use(pool), 0);
    }
    coil__alloc_fail_at(0, false);
    stack = acquire(0);
    coil__stack_release(pool, stack);
    /* Also for one that is idle: who asks may be told no. */
    coil__alloc_fail_at(1, true);
    ASSERT_EQ(coil__stack_acquire(pool, 0, &again), -ENOMEM);
    coil__alloc_fail_at(0, false);
    ASSERT_PTR_EQ(acquire(0), stack);
    coil__stack_release(pool, stack);
    coil__stack_pool_free(pool);
}

static void exhaust_address_space(void *arg)
{
    const struct rlimit limit = { (rlim_t)1 << 30, (rlim_t)1 << 30 };
    struct coil_stack *stack;
    size_t count = 0;
    int rc;

    (void)arg;
    setrlimit(RLIMIT_AS, &limit);
    do {
        rc = coil__stack_acquire(pool, 10 << 20, &stack);
        count++;
    } while (rc == 0 && count < 1000);
    if (rc == 0)
        _exit(TEST_EXIT_SKIPPED);
    printf("%zu stacks, then %d\n", count, rc);
    if (rc != -ENOMEM || count < 10 || count > 100)
        _exit(1);
}

TEST(stack_without_address_space_is_an_error)
{
    struct child child;

#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("the sanitizer needs the address space");
#endif
    open_pool();
    child_run(&child, exhaust_address_space, NULL);
    if (WIFEXITED(child.status) &&
        WEXITSTATUS(child.status) == TEST_EXIT_SKIPPED)
        SKIP("the address space cannot be limited here");
    ASSERT_CHILD_EXITED(&child, 0);
    coil__stack_pool_free(pool);
}

static size_t mapped_pages(void);

static bool has_room_for(size_t size)
{
    void *memory = mmap(NULL, size, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return false;
    munmap(memory, size);
    return true;
}

/* From now on there is room for `bytes` more. */
static void limit_address_space(size_t bytes)
{
    rlim_t all = (rlim_t)mapped_pages() * PAGE + bytes;
    const struct rlimit limit = { all, all };

    setrlimit(RLIMIT_AS, &limit);
    if (has_room_for(bytes * 2))
        _exit(TEST_EXIT_SKIPPED);
}

enum { ROOM = 100 << 20, SLOT = 256 << 10, FIT = ROOM / SLOT };

static void take_all(void *arg)
{
    static struct coil_stack *stacks[2 * FIT];
    size_t count = 0;
    int rc;

    (void)arg;
    limit_address_space(ROOM);
    open_pool();
    while ((rc = coil__stack_acquire(pool, COIL_STACK_DEFAULT,
                                     &stacks[count])) == 0 &&
           count < 2 * FIT - 1)
        count++;
    printf("%zu stacks, then %d\n", count, rc);
    ASSERT_EQ(rc, -ENOMEM);
    ASSERT_GT(count, FIT / 10 * 9);
    ASSERT(!has_room_for((size_t)2 * SLOT));
    /* What there is is used on. */
    ASSERT_EQ(coil__stack_in_use(pool), count);
    for (size_t i = 0; i < count; i++) {
        memset(stacks[i]->low, 1, 64);
        memset(stacks[i]->top - 64, 1, 64);
        coil__stack_release(pool, stacks[i]);
    }
    for (size_t i = 0; i < count; i++)
        stacks[i] = acquire(COIL_STACK_DEFAULT);
    for (size_t i = 0; i < count; i++)
        coil__stack_release(pool, stacks[i]);
    coil__stack_pool_free(pool);
    ASSERT(has_room_for(ROOM / 10 * 9));
}

TEST(stack_takes_all_of_a_small_address_space)
{
    struct child child;

#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("the sanitizer needs the address space");
#endif
    child_run(&child, take_all, NULL);
    if (WIFEXITED(child.status) &&
        WEXITSTATUS(child.status) == TEST_EXIT_SKIPPED)
        SKIP("the address space cannot be limited here");
    ASSERT_CHILD_EXITED(&child, 0);
}

/* ---- memory --------------------------------------------------------------- */

/* How many pages of the stack are in memory. */
static size_t resident_pages(const struct coil_stack *stack)
{
    static unsigned char pages[1 << 16];
    size_t count = (size_of(stack) + PAGE - 1) / PAGE;
    size_t resident = 0;

    ASSERT_EQ(mincore(stack->low, count * PAGE, pages), 0);
    for (size_t i = 0; i < count; i++)
        resident += pages[i] & 1;
    return resident;
}

TEST(stack_commits_only_what_is_touched)
{
    struct coil_stack *stack;

    open_pool();
    stack = acquire(16 << 20);
    ASSERT_EQ(resident_pages(stack), 0);
    stack->top[-1] = 1;
    ASSERT_EQ(resident_pages(stack), 1);
    coil__stack_release(pool, stack);
    coil__stack_pool_free(pool);
}

enum { IDLE = 1500, WARM = 1024, TOUCHED = 8 };

static size_t count_resident(struct coil_stack *const *stacks)
{
    size_t count = 0;

    for (size_t i = 0; i < IDLE; i++)
        count += resident_pages(stacks[i]) > 0;
    return count;
}

TEST(stack_trim_gives_the_memory_of_many_idle_ones_back)
{
    static struct coil_stack *stacks[IDLE];
    static struct coil_stack *again[IDLE];
    size_t before = IDLE;
    size_t steps = 0;

    open_pool();
    for (size_t i = 0; i < IDLE; i++) {
        stacks[i] = acquire(0);
        memset(stacks[i]->top - TOUCHED * PAGE, 1, TOUCHED * PAGE);
    }
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(pool, stacks[i]);
    ASSERT_EQ(count_resident(stacks), IDLE);
    do {
        before = count_resident(stacks);
        coil__stack_trim(pool);
        steps++;
    } while (count_resident(stacks) < before);
    /* In small steps, since it is done between two turns of a loop. */
    ASSERT_GT(steps, 4);
    ASSERT_EQ(count_resident(stacks), WARM);

    /* All of them can be used again, warm ones first. */
    for (size_t i = 0; i < IDLE; i++) {
        again[i] = acquire(0);
        ASSERT_EQ(resident_pages(again[i]) > 0, i < WARM);
    }
    for (size_t i = 0; i < IDLE; i++) {
        memset(again[i]->low, 2, PAGE);
        coil__stack_release(pool, again[i]);
    }
    coil__stack_pool_free(pool);
}

TEST(stack_trim_takes_those_that_were_idle_longest)
{
    static struct coil_stack *stacks[IDLE];
    size_t left = IDLE;
    size_t before;

    open_pool();
    for (size_t i = 0; i < IDLE; i++) {
        stacks[i] = acquire(0);
        stacks[i]->top[-1] = 1;
    }
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(pool, stacks[i]);
    for (size_t i = 0; i < IDLE; i++)
        ASSERT_PTR_EQ(acquire(0), stacks[IDLE - 1 - i]);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(pool, stacks[i]);
    do {
        before = left;
        coil__stack_trim(pool);
        left = count_resident(stacks);
    } while (left < before);
    for (size_t i = 0; i < IDLE; i++)
        ASSERT_EQ(resident_pages(stacks[i]) > 0, i >= IDLE - WARM);
    coil__stack_pool_free(pool);
}

TEST(stack_trim_keeps_few_idle_ones)
{
    struct coil_stack *stack;

    open_pool();
    stack = acquire(0);
    stack->top[-1] = 1;
    coil__stack_release(pool, stack);
    coil__stack_trim(pool);
    ASSERT_EQ(resident_pages(stack), 1);
    coil__stack_pool_free(pool);
}

static size_t mapped_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages;
}

TEST(stack_pool_freed_unmaps_everything)
{
    struct coil_stack *stacks[100];
    size_t before = mapped_pages();

    open_pool();
    for (size_t i = 0; i < 100; i++)
        stacks[i] = acquire(1 << 20);
    ASSERT_GT(mapped_pages(), before + 100 * 256);
    for (size_t i = 0; i < 100; i++)
        coil__stack_release(pool, stacks[i]);
    coil__stack_pool_free(pool);
    ASSERT_LT(mapped_pages(), before + 100 * 256);
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

    open_pool();
    first = acquire(0);
    second = acquire(0);
    check_guard(first);
    check_guard(second);
    coil__stack_release(pool, first);
    coil__stack_release(pool, second);
    coil__stack_pool_free(pool);
}

TEST(stack_guard_of_every_size_faults)
{
    open_pool();
    for (size_t size = 1; size <= COIL_STACK_MAX; size *= 32) {
        struct coil_stack *stack = acquire(size);

        expect_fault(stack->low - 1);
        expect_fault(stack->low - stack->guard);
        coil__stack_release(pool, stack);
    }
    coil__stack_pool_free(pool);
}

TEST(stack_guard_narrow_faults)
{
    struct coil_stack *first;
    struct coil_stack *second;

    have_narrow_guards();
    open_pool();
    first = acquire(0);
    second = acquire(0);
    ASSERT_EQ(first->guard, COIL_STACK_GUARD);
    ASSERT_EQ(second->guard, COIL_STACK_GUARD);
    check_guard(first);
    check_guard(second);
    coil__stack_release(pool, first);
    coil__stack_release(pool, second);
    coil__stack_pool_free(pool);
}

enum { WIDE_LEAST = 1000, WIDE_MOST = 1024 };

/* Acquire many.  How many of them have a wide guard: the first. */
static size_t count_wide(struct coil_stack **stacks, size_t count)
{
    size_t wide = 0;

    for (size_t i = 0; i < count; i++) {
        stacks[i] = acquire(i % 2 == 0 ? COIL_STACK_DEFAULT : 1 << 20);
        ASSERT(stacks[i]->guard == COIL_STACK_GUARD ||
               stacks[i]->guard == COIL_STACK_GUARD_WIDE);
        wide += stacks[i]->guard == COIL_STACK_GUARD_WIDE;
    }
    return wide;
}

/* Each is a mapping: of the process, and all its threads. */
TEST(stack_guard_is_wide_for_the_first_thousand_of_the_process)
{
    static struct coil_stack *stacks[MANY];
    static struct coil_stack *others[MANY];
    struct coil_stack_pool *first;

    for (int round = 0; round < 2; round++) {
        size_t wide;

        open_pool();
        first = pool;
        wide = count_wide(stacks, 100);
        ASSERT_EQ(wide, 100);
        open_pool();
        wide += count_wide(others, MANY);
        ASSERT_GT(wide, WIDE_LEAST / 2);
        ASSERT_LE(wide, WIDE_MOST);
        ASSERT_EQ(others[0]->guard, COIL_STACK_GUARD_WIDE);
        check_guard(others[0]);
        check_guard(others[MANY - 1]);
        for (size_t i = 0; i < MANY; i++)
            coil__stack_release(pool, others[i]);
        coil__stack_pool_free(pool);
        pool = first;
        for (size_t i = 0; i < 100; i++)
            coil__stack_release(pool, stacks[i]);
        coil__stack_pool_free(pool);
    }
    open_pool();
    for (size_t i = 0; i < WIDE_LEAST; i++) {
        stacks[i] = acquire(COIL_STACK_DEFAULT);
        ASSERT_EQ(stacks[i]->guard, COIL_STACK_GUARD_WIDE);
    }
    for (size_t i = 0; i < WIDE_LEAST; i++)
        coil__stack_release(pool, stacks[i]);
    coil__stack_pool_free(pool);
}

TEST(stack_guard_outlives_trimming_and_reuse)
{
    static struct coil_stack *stacks[IDLE];

    open_pool();
    for (size_t i = 0; i < IDLE; i++)
        stacks[i] = acquire(0);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(pool, stacks[i]);
    for (size_t i = 0; i < 20; i++)
        coil__stack_trim(pool);
    for (size_t i = 0; i < IDLE; i++)
        stacks[i] = acquire(0);
    check_guard(stacks[0]);
    check_guard(stacks[IDLE - 1]);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(pool, stacks[i]);
    coil__stack_pool_free(pool);
}

TEST(stack_guard_is_known_by_its_addresses)
{
    struct coil_stack *stack;

    open_pool();
    stack = acquire(0);
    ASSERT(!coil__stack_in_guard(stack, stack->low));
    ASSERT(coil__stack_in_guard(stack, stack->low - 1));
    ASSERT(coil__stack_in_guard(stack, stack->low - stack->guard));
    ASSERT(!coil__stack_in_guard(stack, stack->low - stack->guard - 1));
    ASSERT(!coil__stack_in_guard(stack, stack->top));
    ASSERT(!coil__stack_in_guard(stack, NULL));
    ASSERT(!coil__stack_in_guard(stack, (void *)UINTPTR_MAX));
    coil__stack_release(pool, stack);
    coil__stack_pool_free(pool);
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
    deny(SYS_madvise, MADV_GUARD_INSTALL, EINVAL);
    open_pool();
    first = acquire(0);
    second = acquire(0);
    check_guard(first);
    check_guard(second);
    coil__stack_release(pool, first);
    coil__stack_release(pool, second);
    coil__stack_pool_free(pool);
}

static void acquire_wide_without_mprotect(void *arg)
{
    struct coil_stack *stack;

    (void)arg;
    deny(SYS_mprotect, PROT_NONE, ENOMEM);
    open_pool();
    if (coil__stack_acquire(pool, 0, &stack) < 0)
        _exit(TEST_EXIT_SKIPPED);
    ASSERT_EQ(stack->guard, COIL_STACK_GUARD_WIDE);
    check_guard(stack);
    coil__stack_release(pool, stack);
    coil__stack_pool_free(pool);
}

/* Of mappings there may be no more.  In a child: the leak checker needs them. */
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
    open_pool();
    for (int i = 0; i < 40; i++)
        ASSERT_EQ(coil__stack_acquire(pool, 0, &stack), -ENOMEM);
    ASSERT_EQ(coil__stack_in_use(pool), 0);
    coil__stack_pool_free(pool);
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
    deny(SYS_madvise, MADV_GUARD_INSTALL, ENOMEM);
    open_pool();
    ASSERT_EQ(coil__stack_acquire(pool, 0, &stack), -ENOMEM);
    ASSERT_EQ(coil__stack_in_use(pool), 0);
    coil__stack_pool_free(pool);
}
