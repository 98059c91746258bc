/* SPDX-License-Identifier: MIT */
/*
 * floor.h - the least scheduler on which the benchmarks' work can be done
 *
 * An intrusive first-in-first-out ready queue, a switch that is inlined, pooled
 * stacks.  No poll, no clock, no cancellation, no
 * errors, no guards: a bound to measure against and not a product.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "bench.h"

#if defined(__x86_64__)
#define FLOOR_IS_KNOWN 1
#else
#define FLOOR_IS_KNOWN 0
#endif

struct floor_task {
    void *sp;
    void *bp;
    void (*ip)(void);
    struct floor_task *next; /* in whichever list it stands */
    struct floor_task *joiner;
    void (*fn)(void *arg);
    void *arg;
    void *item; /* that is handed over to it */
    bool done;
};

struct floor_list {
    struct floor_task *head;
    struct floor_task *tail;
};

enum { FLOOR_STACK = 16384, FLOOR_SLAB = 1024, FLOOR_SLABS = 1024 };

static struct floor_list floor_ready_list;
static struct floor_task floor_main;
static struct floor_task *floor_current = &floor_main;
static struct floor_task *floor_free_stacks;
static char *floor_slabs[FLOOR_SLABS];
static int floor_slab_count;

static inline void floor_push(struct floor_list *list, struct floor_task *t)
{
    t->next = NULL;
    if (list->head)
        list->tail->next = t;
    else
        list->head = t;
    list->tail = t;
}

static inline struct floor_task *floor_pop(struct floor_list *list)
{
    struct floor_task *t = list->head;

    list->head = t->next;
    return t;
}

#if FLOOR_IS_KNOWN

/* 128 bytes below the stack pointer belong to the function around this. */
static inline __attribute__((always_inline)) void
floor_jump(struct floor_task *from, struct floor_task *to)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rsp, 0(%%rdi)\n\t"
                     "movq %%rbp, 8(%%rdi)\n\t"
                     "movq %%rax, 16(%%rdi)\n\t"
                     "movq 0(%%rsi), %%rsp\n\t"
                     "movq 8(%%rsi), %%rbp\n\t"
                     "jmpq *16(%%rsi)\n"
                     "1:\n\t"
                     "leaq 128(%%rsp), %%rsp"
                     : "+D"(from), "+S"(to)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11",
                       "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                       "memory", "cc");
}

#else

static inline void floor_jump(struct floor_task *from, struct floor_task *to)
{
    (void)from;
    (void)to;
}

#endif

static inline void floor_enter(struct floor_task *from, struct floor_task *to)
{
    floor_current = to;
    floor_jump(from, to);
}

static inline void floor_ready(struct floor_task *t)
{
    floor_push(&floor_ready_list, t);
}

/* Leave the running task, which stands in a list, for the next ready one. */
static inline void floor_park(void)
{
    floor_enter(floor_current, floor_pop(&floor_ready_list));
}

static inline void floor_yield(void)
{
    if (!floor_ready_list.head)
        return;
    floor_ready(floor_current);
    floor_park();
}

static inline void floor_wait(struct floor_list *list)
{
    floor_push(list, floor_current);
    floor_park();
}

static inline void floor_wake_one(struct floor_list *list)
{
    floor_ready(floor_pop(list));
}

/* The whole list goes to the end of the ready queue at once. */
static inline void floor_wake_all(struct floor_list *list)
{
    if (!list->head)
        return;
    if (floor_ready_list.head)
        floor_ready_list.tail->next = list->head;
    else
        floor_ready_list.head = list->head;
    floor_ready_list.tail = list->tail;
    list->head = NULL;
}

static void floor_begin(void)
{
    struct floor_task *self = floor_current;

    self->fn(self->arg);
    self->done = true;
    if (self->joiner)
        floor_ready(self->joiner);
    floor_park();
    __builtin_unreachable();
}

/* A stack's task lies at its top, so that both touch one page. */
static inline void floor_add_stacks(void)
{
    char *slab =
        mmap(NULL, (size_t)FLOOR_SLAB * FLOOR_STACK, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    bench_check(slab == MAP_FAILED || floor_slab_count == FLOOR_SLABS ? -1 : 0);
    floor_slabs[floor_slab_count++] = slab;
    madvise(slab, (size_t)FLOOR_SLAB * FLOOR_STACK, MADV_NOHUGEPAGE);
    for (int i = FLOOR_SLAB; i > 0; i--) {
        struct floor_task *t =
            (void *)(slab + (size_t)i * FLOOR_STACK - 128 - i % 16 * 128);

        t->next = floor_free_stacks;
        floor_free_stacks = t;
    }
}

/* Give all stacks back.  No task is left. */
static inline void floor_drop_stacks(void)
{
    while (floor_slab_count > 0)
        munmap(floor_slabs[--floor_slab_count],
               (size_t)FLOOR_SLAB * FLOOR_STACK);
    floor_free_stacks = NULL;
}

static inline struct floor_task *floor_spawn(void (*fn)(void *), void *arg)
{
    struct floor_task *t;

    if (!floor_free_stacks)
        floor_add_stacks();
    t = floor_free_stacks;
    floor_free_stacks = t->next;
    t->fn = fn;
    t->arg = arg;
    t->joiner = NULL;
    t->done = false;
    t->sp = (char *)t - 8; /* as after a call: 8 below a multiple of 16 */
    t->bp = NULL;
    t->ip = floor_begin;
    floor_ready(t);
    return t;
}

static inline void floor_join(struct floor_task *t)
{
    if (!t->done) {
        t->joiner = floor_current;
        floor_park();
    }
    t->next = floor_free_stacks;
    floor_free_stacks = t;
}

#endif
