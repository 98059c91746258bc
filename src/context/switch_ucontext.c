/* SPDX-License-Identifier: MIT */
/*
 * switch_ucontext.c - the switch where there is no assembly for the CPU
 *
 * It is slow, since swapcontext() asks the kernel for the signal mask each
 * time, but it needs only POSIX.  The saved context lies on the stack that is
 * left, and `sp` points at it.
 */
#include <stdint.h>
#include <ucontext.h>

#include "base/platform.h"
#include "context/personality.h"
#include "context/switch.h"

/*
 * To be used in a function whose frame is described for unwinders: `name`
 * decides about exceptions there.  0x1b: a 32-bit distance from where it is
 * written.
 */
#if defined(__GCC_HAVE_DWARF2_CFI_ASM)
#define PERSONALITY(name) __asm__(".cfi_personality 0x1b, " #name)
#else
#define PERSONALITY(name) (void)name
#endif

/* makecontext() passes only ints, so a pointer is passed as two halves. */
struct start {
    ucontext_t context;
    coil_entry_fn entry;
    void *arg;
};

static COIL_NO_TSAN void begin(unsigned high, unsigned low)
{
    uintptr_t bits = ((uintptr_t)high << 16 << 16) | low;
    struct start *start = (struct start *)bits;

    PERSONALITY(coil__guard_of_coroutine);
    setcontext(start->entry(start->arg)->sp);
}

void coil__switch_prepare(struct coil_switch *at, void *low, void *top,
                          coil_entry_fn entry, void *arg)
{
    uintptr_t place = ((uintptr_t)top - sizeof(struct start)) & ~(uintptr_t)63;
    struct start *start = (struct start *)place;

    start->entry = entry;
    start->arg = arg;
    getcontext(&start->context);
    start->context.uc_stack.ss_sp = low;
    start->context.uc_stack.ss_size = place - (uintptr_t)low;
    start->context.uc_link = NULL;
    makecontext(&start->context, (void (*)(void))begin, 2,
                (unsigned)(place >> 16 >> 16), (unsigned)place);
    at->sp = &start->context;
}

COIL_NO_TSAN void coil__switch(struct coil_switch *from, struct coil_switch *to)
{
    ucontext_t here;

    from->sp = &here;
    swapcontext(&here, to->sp);
}

/* Keeps the call before it from becoming a jump, which drops this frame. */
#define STAY() __asm__ volatile("" ::: "memory")

COIL_NOINLINE int coil__guard(int (*fn)(void *arg), void *arg)
{
    int result = fn(arg);

    PERSONALITY(coil__guard_of_call);
    STAY();
    return result;
}

COIL_NOINLINE void coil__guard_void(void (*fn)(void *arg), void *arg)
{
    fn(arg);
    PERSONALITY(coil__guard_of_call);
    STAY();
}

void coil__switch_call(void (*fn)(void *arg), void *arg, void *sp)
{
    (void)sp;
    fn(arg);
}

/* Nothing to do: swapcontext() keeps each context's environment. */
void coil__fp_save(uint32_t fp[2])
{
    (void)fp;
}

void coil__fp_load(const uint32_t fp[2])
{
    (void)fp;
}
