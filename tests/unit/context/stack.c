/* SPDX-License-Identifier: MIT */
/*
 * The pool of stacks: which stacks it gives, which it takes back, and what
 * happens to a coroutine that uses too much of one.
 */
#include "stack_test.h"

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

    open_stack_pool();
    a = acquire_stack(COIL_STACK_DEFAULT);
    b = acquire_stack(COIL_STACK_DEFAULT);
    c = acquire_stack(COIL_STACK_DEFAULT);
    ASSERT_EQ(coil__stack_in_use(stack_pool), 3);
    coil__stack_release(stack_pool, a);
    coil__stack_release(stack_pool, c);
    coil__stack_release(stack_pool, b);
    ASSERT_EQ(coil__stack_in_use(stack_pool), 0);
    ASSERT_PTR_EQ(acquire_stack(COIL_STACK_DEFAULT), b);
    ASSERT_PTR_EQ(acquire_stack(COIL_STACK_DEFAULT), c);
    ASSERT_PTR_EQ(acquire_stack(COIL_STACK_DEFAULT), a);
    ASSERT_EQ(coil__stack_in_use(stack_pool), 3);
    coil__stack_release(stack_pool, a);
    coil__stack_release(stack_pool, b);
    coil__stack_release(stack_pool, c);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_has_at_least_the_size_asked_for)
{
    static const size_t sizes[] = {
        0,       1,        4096,      65535,          65536,
        65537,   196608,   196609,    1 << 20,        (1 << 20) + 1,
        5 << 20, 64 << 20, 512 << 20, COIL_STACK_MAX, 49152,
        49153,
    };

    open_stack_pool();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct coil_stack *stack = acquire_stack(sizes[i]);

        ASSERT_GE(size_of(stack) + STAGGER, sizes[i]);
        ASSERT_EQ((uintptr_t)stack->low % PAGE, 0);
        ASSERT_EQ((uintptr_t)stack->top % 16, 0);
        stack->low[0] = 1;
        stack->top[-1] = 1;
        coil__stack_release(stack_pool, stack);
    }
    coil__stack_pool_free(stack_pool);
}

TEST(stack_of_one_size_is_not_given_out_as_another)
{
    struct coil_stack *small;
    struct coil_stack *large;

    open_stack_pool();
    small = acquire_stack(49152 - STAGGER);
    large = acquire_stack(1 << 20);
    ASSERT_NE(small->size_class, large->size_class);
    coil__stack_release(stack_pool, small);
    coil__stack_release(stack_pool, large);
    ASSERT_PTR_EQ(acquire_stack(1000000), large);
    ASSERT_PTR_EQ(acquire_stack(1), small);
    coil__stack_release(stack_pool, small);
    coil__stack_release(stack_pool, large);
    coil__stack_pool_free(stack_pool);
}

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

    open_stack_pool();
    for (size_t i = 0; i < MANY; i++) {
        stacks[i] = acquire_stack(i % 3 == 0 ? 1 : i % 3 * 100000);
        tops |= (size_t)1 << (uintptr_t)stacks[i]->top % PAGE / 128;
        memset(stacks[i]->low, (int)i, 64);
        memset(stacks[i]->top - 64, (int)i, 64);
    }
    qsort(stacks, MANY, sizeof stacks[0], compare_stacks);
    for (size_t i = 1; i < MANY; i++)
        ASSERT(stacks[i]->low - stacks[i]->guard >= stacks[i - 1]->top);
    /* Otherwise the tops would compete for the same sets of the cache. */
    ASSERT_GE(__builtin_popcountll(tops), 16);
    for (size_t i = 0; i < MANY; i++) {
        ASSERT_EQ(stacks[i]->low[0], stacks[i]->low[63]);
        ASSERT_EQ(stacks[i]->low[0], stacks[i]->top[-64]);
        coil__stack_release(stack_pool, stacks[i]);
    }
    coil__stack_pool_free(stack_pool);
}

/* ---- limits and failures -------------------------------------------------- */

TEST(stack_beyond_the_limit_is_refused)
{
    struct coil_stack *stack;

    open_stack_pool();
    ASSERT_EQ(coil__stack_acquire(stack_pool, COIL_STACK_MAX + 1, &stack),
              -EINVAL);
    ASSERT_EQ(coil__stack_acquire(stack_pool, SIZE_MAX, &stack), -EINVAL);
    ASSERT_EQ(coil__stack_in_use(stack_pool), 0);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_without_memory_is_an_error_and_leaves_the_pool_sound)
{
    struct coil_stack *stack;
    struct coil_stack *again;

    coil__alloc_fail_at(1, false);
    ASSERT_NULL(coil__stack_pool_new());
    open_stack_pool();
    for (size_t n = 1; n <= 2; n++) {
        coil__alloc_fail_at(n, false);
        ASSERT_EQ(coil__stack_acquire(stack_pool, 0, &stack), -ENOMEM);
        ASSERT_EQ(coil__stack_in_use(stack_pool), 0);
    }
    coil__alloc_fail_at(0, false);
    stack = acquire_stack(0);
    coil__stack_release(stack_pool, stack);
    /* The caller may be refused even an idle stack. */
    coil__alloc_fail_at(1, true);
    ASSERT_EQ(coil__stack_acquire(stack_pool, 0, &again), -ENOMEM);
    coil__alloc_fail_at(0, false);
    ASSERT_PTR_EQ(acquire_stack(0), stack);
    coil__stack_release(stack_pool, stack);
    coil__stack_pool_free(stack_pool);
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
        rc = coil__stack_acquire(stack_pool, 10 << 20, &stack);
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
    open_stack_pool();
    child_run(&child, exhaust_address_space, NULL);
    if (WIFEXITED(child.status) &&
        WEXITSTATUS(child.status) == TEST_EXIT_SKIPPED)
        SKIP("the address space cannot be limited here");
    ASSERT_CHILD_EXITED(&child, 0);
    coil__stack_pool_free(stack_pool);
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

/* From now on the address space has room for `bytes` more. */
static void limit_address_space(size_t bytes)
{
    rlim_t all = (rlim_t)mapped_pages() * PAGE + bytes;
    const struct rlimit limit = { all, all };

    setrlimit(RLIMIT_AS, &limit);
    if (has_room_for(bytes * 2))
        _exit(TEST_EXIT_SKIPPED);
}

enum { ROOM = 100 << 20, SLOT = 64 << 10, FIT = ROOM / SLOT };

static void take_all(void *arg)
{
    static struct coil_stack *stacks[2 * FIT];
    size_t count = 0;
    int rc;

    (void)arg;
    limit_address_space(ROOM);
    open_stack_pool();
    while ((rc = coil__stack_acquire(stack_pool, COIL_STACK_DEFAULT,
                                     &stacks[count])) == 0 &&
           count < 2 * FIT - 1)
        count++;
    printf("%zu stacks, then %d\n", count, rc);
    ASSERT_EQ(rc, -ENOMEM);
    ASSERT_GT(count, FIT / 10 * 9);
    ASSERT(!has_room_for((size_t)2 * SLOT));
    /* The stacks that exist are used again. */
    ASSERT_EQ(coil__stack_in_use(stack_pool), count);
    for (size_t i = 0; i < count; i++) {
        memset(stacks[i]->low, 1, 64);
        memset(stacks[i]->top - 64, 1, 64);
        coil__stack_release(stack_pool, stacks[i]);
    }
    for (size_t i = 0; i < count; i++)
        stacks[i] = acquire_stack(COIL_STACK_DEFAULT);
    for (size_t i = 0; i < count; i++)
        coil__stack_release(stack_pool, stacks[i]);
    coil__stack_pool_free(stack_pool);
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

    open_stack_pool();
    stack = acquire_stack(16 << 20);
    ASSERT_EQ(resident_pages(stack), 0);
    stack->top[-1] = 1;
    ASSERT_EQ(resident_pages(stack), 1);
    coil__stack_release(stack_pool, stack);
    coil__stack_pool_free(stack_pool);
}

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

    open_stack_pool();
    for (size_t i = 0; i < IDLE; i++) {
        stacks[i] = acquire_stack(0);
        memset(stacks[i]->top - TOUCHED * PAGE, 1, TOUCHED * PAGE);
    }
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    ASSERT_EQ(count_resident(stacks), IDLE);
    do {
        before = count_resident(stacks);
        coil__stack_trim(stack_pool);
        steps++;
    } while (count_resident(stacks) < before);
    /*
     * It trims in small steps, because it does so between two turns of a loop.
     */
    ASSERT_GT(steps, 4);
    ASSERT_EQ(count_resident(stacks), WARM);

    /* All of them can be used again, warm ones first. */
    for (size_t i = 0; i < IDLE; i++) {
        again[i] = acquire_stack(0);
        ASSERT_EQ(resident_pages(again[i]) > 0, i < WARM);
    }
    for (size_t i = 0; i < IDLE; i++) {
        memset(again[i]->low, 2, PAGE);
        coil__stack_release(stack_pool, again[i]);
    }
    coil__stack_pool_free(stack_pool);
}

TEST(stack_trim_takes_those_that_were_idle_longest)
{
    static struct coil_stack *stacks[IDLE];
    size_t left = IDLE;
    size_t before;

    open_stack_pool();
    for (size_t i = 0; i < IDLE; i++) {
        stacks[i] = acquire_stack(0);
        stacks[i]->top[-1] = 1;
    }
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    for (size_t i = 0; i < IDLE; i++)
        ASSERT_PTR_EQ(acquire_stack(0), stacks[IDLE - 1 - i]);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    do {
        before = left;
        coil__stack_trim(stack_pool);
        left = count_resident(stacks);
    } while (left < before);
    for (size_t i = 0; i < IDLE; i++)
        ASSERT_EQ(resident_pages(stacks[i]) > 0, i >= IDLE - WARM);
    coil__stack_pool_free(stack_pool);
}

/*
 * A loop that sleeps gives back all but a few stacks that have long been idle.
 */
TEST(stack_trim_old_takes_what_has_been_idle_for_a_period)
{
    static struct coil_stack *stacks[IDLE];
    size_t steps = 0;
    int again;

    open_stack_pool();
    ASSERT_EQ(coil__stack_trim_old(stack_pool, 7), 0);
    for (size_t i = 0; i < IDLE; i++) {
        stacks[i] = acquire_stack(0);
        stacks[i]->top[-1] = 1;
    }
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    ASSERT_EQ(coil__stack_trim_old(stack_pool, 7), 1);
    ASSERT_EQ(coil__stack_trim_old(stack_pool, 8), 1);
    ASSERT_EQ(count_resident(stacks), IDLE);

    /* One stack is used in between. */
    ASSERT_PTR_EQ(acquire_stack(0), stacks[IDLE - 1]);
    coil__stack_release(stack_pool, stacks[IDLE - 1]);
    do {
        size_t before = count_resident(stacks);

        again = coil__stack_trim_old(stack_pool, 9);
        ASSERT_LE(before - count_resident(stacks), 64);
        steps++;
    } while (again == 2);
    ASSERT_GT(steps, 4);
    ASSERT_EQ(again, 0);
    ASSERT_EQ(count_resident(stacks), 16);
    ASSERT_EQ(resident_pages(stacks[IDLE - 1]), 1);
    for (size_t i = 0; i < IDLE; i++)
        acquire_stack(0)->top[-1] = 2;
    ASSERT_EQ(count_resident(stacks), IDLE);
    for (size_t i = 0; i < IDLE; i++)
        coil__stack_release(stack_pool, stacks[i]);
    coil__stack_pool_free(stack_pool);
}

TEST(stack_trim_keeps_few_idle_ones)
{
    struct coil_stack *stack;

    open_stack_pool();
    stack = acquire_stack(0);
    stack->top[-1] = 1;
    coil__stack_release(stack_pool, stack);
    coil__stack_trim(stack_pool);
    ASSERT_EQ(resident_pages(stack), 1);
    coil__stack_pool_free(stack_pool);
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

    open_stack_pool();
    for (size_t i = 0; i < 100; i++)
        stacks[i] = acquire_stack(1 << 20);
    ASSERT_GT(mapped_pages(), before + 100 * 256);
    for (size_t i = 0; i < 100; i++)
        coil__stack_release(stack_pool, stacks[i]);
    coil__stack_pool_free(stack_pool);
    ASSERT_LT(mapped_pages(), before + 100 * 256);
}
