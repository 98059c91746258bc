/* SPDX-License-Identifier: MIT */
/*
 * backtrace_x86_64.c - from a frame to its caller's, by what cfi.h says
 */
#include "trace/backtrace.h"

#include <string.h>
#include <ucontext.h>

#include "trace/cfi.h"
#include "trace/cfi_expression.h"
#include "trace/cfi_frame.h"
#include "trace/cfi_reader.h"

/* ---- guessing rbp --------------------------------------------------------- */

/* The function that `back` returns to; 0: `back` is not in code. */
static uintptr_t caller_of(uintptr_t back)
{
    struct coil_cfi_row row;

    return coil__cfi_find(back - 1, &row) ? row.function : 0;
}

/* Whether `back`, in `caller`, follows the instruction `call function`. */
static bool is_behind_call_of(uintptr_t function, uintptr_t back,
                              uintptr_t caller)
{
    const unsigned char *call = (const unsigned char *)back - 5;
    int32_t distance;

    if (back < caller + 5 || call[0] != 0xe8)
        return false;
    memcpy(&distance, call + 1, sizeof distance);
    return back + (uintptr_t)(intptr_t)distance == function;
}

/* Go on to the caller.  Returns false if this is the last frame. */
static bool step(struct coil_cfi_frame *w, const struct coil_cfi_row *row);

/*
 * Whether all frames can be found, down to the one that nobody called, if the
 * frame of `row` has its caller's rbp at `at`.
 */
static bool leads_home(struct coil_cfi_frame w, struct coil_cfi_row row,
                       uintptr_t at)
{
    w.guesses = false;
    coil__cfi_set(&w, COIL__CFI_RBP, at);
    while (step(&w, &row)) {
        if (!coil__cfi_find(w.reg[COIL__CFI_RIP] - 1, &row))
            return false;
        if (row.rules[COIL__CFI_RIP].kind == COIL__CFI_UNDEFINED)
            return true;
    }
    return false;
}

/*
 * A function with a frame pointer has pushed its caller's rbp below its return
 * address.  The nearest return address that follows a direct call of the
 * function is the right one.  If the function was called in another way, take
 * the nearest one from which the frames lead to the one that nobody called.  If
 * there is none, take the nearest one whose rbp leads further up.  This may
 * belong to a frame that has been left, as such pairs remain on the stack.
 */
static bool guess_rbp(struct coil_cfi_frame *w, const struct coil_cfi_row *row)
{
    uintptr_t nearest = 0;
    uintptr_t home = 0;
    uintptr_t caller;
    uintptr_t saved;
    uintptr_t back;

    for (uintptr_t at = w->reg[COIL__CFI_RSP];
         coil__cfi_read_word(w, at, &saved) &&
         coil__cfi_read_word(w, at + 8, &back);
         at += sizeof saved) {
        caller = caller_of(back);
        if (caller && is_behind_call_of(row->function, back, caller)) {
            home = at;
            break;
        }
        if (home || !caller || saved <= at || saved >= w->range.top ||
            saved % 8 != 0)
            continue;
        if (!nearest)
            nearest = at;
        if (leads_home(*w, *row, at))
            home = at;
    }
    if (home)
        nearest = home;
    if (nearest)
        coil__cfi_set(w, COIL__CFI_RBP, nearest);
    return nearest != 0;
}

/* ---- a step --------------------------------------------------------------- */

static bool find_cfa(struct coil_cfi_frame *w, const struct coil_cfi_row *row,
                     uintptr_t *cfa)
{
    const struct coil_cfi_rule *rule = &row->cfa;

    if (rule->kind == COIL__CFI_EXPRESSION_VALUE)
        return coil__cfi_calculate(w, rule, NULL, cfa);
    if (rule->kind != COIL__CFI_REGISTER)
        return false;
    if (rule->reg == COIL__CFI_RBP && !(w->known & 1u << COIL__CFI_RBP) &&
        w->guesses && !guess_rbp(w, row))
        return false;
    if (!coil__cfi_get(w, rule->reg, cfa))
        return false;
    *cfa += (uintptr_t)rule->offset;
    return true;
}

/* Find the caller's register.  Returns false if it is lost. */
static bool find_register(const struct coil_cfi_frame *w, unsigned reg,
                          const struct coil_cfi_rule *rule, uintptr_t cfa,
                          uintptr_t *value)
{
    uintptr_t at;

    switch (rule->kind) {
    case COIL__CFI_SAME:
        return coil__cfi_get(w, reg, value);
    case COIL__CFI_OFFSET:
        return coil__cfi_read_word(w, cfa + (uintptr_t)rule->offset, value);
    case COIL__CFI_VALUE:
        *value = cfa + (uintptr_t)rule->offset;
        return true;
    case COIL__CFI_REGISTER:
        return coil__cfi_get(w, rule->reg, value);
    case COIL__CFI_EXPRESSION:
        return coil__cfi_calculate(w, rule, &cfa, &at) &&
               coil__cfi_read_word(w, at, value);
    case COIL__CFI_EXPRESSION_VALUE:
        return coil__cfi_calculate(w, rule, &cfa, value);
    default:
        return false;
    }
}

static bool step(struct coil_cfi_frame *w, const struct coil_cfi_row *row)
{
    struct coil_cfi_frame up = {
        .range = w->range,
        .shift = w->shift,
        .guesses = w->guesses,
        .is_exact = row->is_signal,
    };
    uintptr_t cfa;
    uintptr_t value;

    if (!find_cfa(w, row, &cfa) || cfa <= w->reg[COIL__CFI_RSP] ||
        cfa > w->range.top)
        return false;
    for (unsigned reg = 0; reg < COIL__CFI_REGISTERS; reg++) {
        if (find_register(w, reg, &row->rules[reg], cfa, &value))
            coil__cfi_set(&up, reg, value);
    }
    if (row->rules[COIL__CFI_RSP].kind == COIL__CFI_SAME)
        coil__cfi_set(&up, COIL__CFI_RSP, cfa);
    /* If rip is unchanged, this would be the same frame again. */
    if (row->rules[COIL__CFI_RIP].kind == COIL__CFI_SAME ||
        !(up.known & 1u << COIL__CFI_RIP) ||
        !(up.known & 1u << COIL__CFI_RSP) || up.reg[COIL__CFI_RIP] == 0)
        return false;
    *w = up;
    return true;
}

/*
 * Go on from code without a description.  It is a stub, through which calls of
 * another library go: some linkers describe none, and a stub pushes nothing.
 */
static bool step_out_of_stub(struct coil_cfi_frame *w)
{
    uintptr_t at = w->reg[COIL__CFI_RSP];
    uintptr_t back;

    if (!w->is_exact || !coil__cfi_read_word(w, at, &back) || !caller_of(back))
        return false;
    coil__cfi_set(w, COIL__CFI_RSP, at + sizeof back);
    coil__cfi_set(w, COIL__CFI_RIP, back);
    w->is_exact = false;
    return true;
}

static size_t walk(struct coil_cfi_frame *w, struct coil_frame *frames,
                   size_t max)
{
    struct coil_cfi_row row;
    size_t n = 0;

    while (n < max) {
        uintptr_t pc = w->reg[COIL__CFI_RIP] - (w->is_exact ? 0 : 1);
        bool found = coil__cfi_find(pc, &row);

        /*
         * Above the first frame, an address that is not code is no caller.  Nor
         * is a frame without a caller: that is `begin`, which nobody called.
         */
        if (n > 0 &&
            (!found || row.rules[COIL__CFI_RIP].kind == COIL__CFI_UNDEFINED))
            break;
        frames[n++] = (struct coil_frame){ pc, found ? row.function : 0 };
        if (found ? !step(w, &row) : !step_out_of_stub(w))
            break;
    }
    return n;
}

/* ---- where to begin ------------------------------------------------------- */

size_t coil__backtrace_left(const struct coil_switch *at,
                            struct coil_stack_range range,
                            struct coil_frame *frames, size_t max)
{
    struct coil_cfi_frame w = { .range = range, .is_exact = true };

    coil__cfi_set(&w, COIL__CFI_RSP, (uintptr_t)at->sp);
    coil__cfi_set(&w, COIL__CFI_RBP, (uintptr_t)at->fp);
    coil__cfi_set(&w, COIL__CFI_RIP, (uintptr_t)at->pc);
    return walk(&w, frames, max);
}

size_t coil__backtrace_blocked(uintptr_t sp, uintptr_t pc, const void *copy,
                               struct coil_stack_range range,
                               struct coil_frame *frames, size_t max)
{
    struct coil_cfi_frame w = {
        .range = range,
        .shift = (uintptr_t)copy - sp,
        .is_exact = true,
        .guesses = true,
    };

    w.range.low = sp;
    coil__cfi_set(&w, COIL__CFI_RSP, sp);
    coil__cfi_set(&w, COIL__CFI_RIP, pc);
    return walk(&w, frames, max);
}

bool coil__call_is_direct(uintptr_t back, uintptr_t *target)
{
    const unsigned char *at = (const unsigned char *)back;
    int32_t distance;

    *target = 0;
    /* call *name@GOT(%rip): the call goes through the dynamic linker. */
    if (at[-6] == 0xff && at[-5] == 0x15)
        return true;
    if (at[-5] != 0xe8)
        return false;
    memcpy(&distance, at - 4, sizeof distance);
    *target = back + (uintptr_t)(intptr_t)distance;
    return true;
}

uintptr_t coil__signal_sp(const void *ucontext)
{
    const ucontext_t *uc = ucontext;

    return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
}

uintptr_t coil__signal_pc(const void *ucontext)
{
    const ucontext_t *uc = ucontext;

    return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
}

size_t coil__backtrace_signal(const void *ucontext,
                              struct coil_stack_range range,
                              struct coil_frame *frames, size_t max)
{
    /* In DWARF's order. */
    static const int names[COIL__CFI_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
        REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
        REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    };
    const ucontext_t *uc = ucontext;
    struct coil_cfi_frame w = { .range = range, .is_exact = true };

    for (unsigned i = 0; i < COIL__CFI_REGISTERS; i++)
        coil__cfi_set(&w, i, (uintptr_t)uc->uc_mcontext.gregs[names[i]]);
    return walk(&w, frames, max);
}

__attribute__((noinline)) size_t
coil__backtrace_here(struct coil_stack_range range, struct coil_frame *frames,
                     size_t max)
{
    struct coil_cfi_frame w = { .range = range, .is_exact = true };
    struct coil_cfi_row row;
    uintptr_t kept[6];
    uintptr_t pc;
    uintptr_t sp;

    __asm__ volatile("leaq   0(%%rip), %0\n\t"
                     "movq   %%rsp, %1\n\t"
                     "movq   %%rbx, 0(%2)\n\t"
                     "movq   %%rbp, 8(%2)\n\t"
                     "movq   %%r12, 16(%2)\n\t"
                     "movq   %%r13, 24(%2)\n\t"
                     "movq   %%r14, 32(%2)\n\t"
                     "movq   %%r15, 40(%2)"
                     : "=&r"(pc), "=&r"(sp)
                     : "r"(kept)
                     : "memory");
    coil__cfi_set(&w, COIL__CFI_RIP, pc);
    coil__cfi_set(&w, COIL__CFI_RSP, sp);
    coil__cfi_set(&w, 3, kept[0]);
    coil__cfi_set(&w, COIL__CFI_RBP, kept[1]);
    for (unsigned i = 0; i < 4; i++)
        coil__cfi_set(&w, 12 + i, kept[2 + i]);
    /* The frame of this function is left out. */
    if (!coil__cfi_find(pc, &row) || !step(&w, &row))
        return 0;
    return walk(&w, frames, max);
}
