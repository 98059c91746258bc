/* SPDX-License-Identifier: MIT */
/*
 * backtrace_x86_64.c - from a frame to its caller's, by what cfi.h says
 */
#include "trace/backtrace.h"

#include <string.h>
#include <ucontext.h>

#include "trace/cfi.h"
#include "trace/cfi_reader.h"
#include "context/stack_hooks.h"

enum { EXPRESSION_STACK = 8 };

/* The operations that compilers and the C library use in expressions. */
enum {
    DW_DEREF = 0x06,
    DW_CONST1U = 0x08,
    DW_CONST1S = 0x09,
    DW_AND = 0x1a,
    DW_MINUS = 0x1c,
    DW_PLUS = 0x22,
    DW_PLUS_UCONST = 0x23,
    DW_SHL = 0x24,
    DW_GE = 0x2a,
    DW_LIT0 = 0x30,
    DW_LIT31 = 0x4f,
    DW_BREG0 = 0x70,
    DW_BREG31 = 0x8f,
};

/* One frame, on the way up. */
struct walk {
    uintptr_t reg[COIL__CFI_REGISTERS];
    uint32_t known; /* a bit for each register */
    struct coil_stack_range range;
    uintptr_t shift; /* from an address of the stack to its copy */
    bool is_exact;   /* rip is the next instruction, not a return address */
    bool guesses;    /* rbp is unknown, and may be searched for */
};

/* ---- the stack ------------------------------------------------------------ */

/* The sanitizers must not check reads of other frames. */
__attribute__((noinline, no_sanitize_address, no_sanitize_thread,
               no_sanitize("undefined"))) static bool
read_word(const struct walk *w, uintptr_t at, uintptr_t *word)
{
    if (at % sizeof *word != 0 || at < w->range.low || at >= w->range.top ||
        w->range.top - at < sizeof *word)
        return false;
    coil__stack_look_begin();
    *word = *(const volatile uintptr_t *)(at + w->shift);
    coil__stack_look_end(word);
    return true;
}

static bool get(const struct walk *w, unsigned reg, uintptr_t *value)
{
    if (reg >= COIL__CFI_REGISTERS || !(w->known & 1u << reg))
        return false;
    *value = w->reg[reg];
    return true;
}

static void set(struct walk *w, unsigned reg, uintptr_t value)
{
    w->reg[reg] = value;
    w->known |= 1u << reg;
}

/* ---- expressions ---------------------------------------------------------- */

struct calculator {
    uintptr_t value[EXPRESSION_STACK];
    unsigned depth;
    bool bad;
};

static void push(struct calculator *c, uintptr_t value)
{
    if (c->depth < EXPRESSION_STACK)
        c->value[c->depth++] = value;
    else
        c->bad = true;
}

static uintptr_t pop(struct calculator *c)
{
    if (c->depth == 0) {
        c->bad = true;
        return 0;
    }
    return c->value[--c->depth];
}

static void calculate_two(struct calculator *c, unsigned op)
{
    uintptr_t b = pop(c);
    uintptr_t a = pop(c);

    if (op == DW_AND)
        push(c, a & b);
    else if (op == DW_MINUS)
        push(c, a - b);
    else if (op == DW_PLUS)
        push(c, a + b);
    else if (op == DW_SHL)
        push(c, b < 64 ? a << b : 0);
    else if (op == DW_GE)
        push(c, (intptr_t)a >= (intptr_t)b);
    else
        c->bad = true;
}

static void calculate_op(const struct walk *w, struct calculator *c,
                         struct coil_cfi_reader *r, unsigned op)
{
    uintptr_t value = 0;

    if (op >= DW_LIT0 && op <= DW_LIT31) {
        push(c, op - DW_LIT0);
    } else if (op >= DW_BREG0 && op <= DW_BREG31) {
        if (!get(w, op - DW_BREG0, &value))
            c->bad = true;
        push(c, value + (uintptr_t)coil__cfi_sleb(r));
    } else if (op == DW_DEREF) {
        if (!read_word(w, pop(c), &value))
            c->bad = true;
        push(c, value);
    } else if (op == DW_CONST1U) {
        push(c, coil__cfi_fixed(r, 1));
    } else if (op == DW_CONST1S) {
        push(c, (uintptr_t)(int8_t)coil__cfi_fixed(r, 1));
    } else if (op == DW_PLUS_UCONST) {
        push(c, pop(c) + coil__cfi_uleb(r));
    } else {
        calculate_two(c, op);
    }
}

/* If `first` is not NULL, it is on the stack at the beginning. */
static bool calculate(const struct walk *w, const struct coil_cfi_rule *rule,
                      const uintptr_t *first, uintptr_t *result)
{
    struct coil_cfi_reader r = { rule->expression,
                                 rule->expression + rule->size, false };
    struct calculator c = { .depth = 0 };

    if (first)
        push(&c, *first);
    while (r.at < r.end && !r.bad && !c.bad)
        calculate_op(w, &c, &r, (unsigned)coil__cfi_fixed(&r, 1));
    *result = pop(&c);
    return !r.bad && !c.bad;
}

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
static bool step(struct walk *w, const struct coil_cfi_row *row);

/*
 * Whether all frames can be found, down to the one that nobody called, if the
 * frame of `row` has its caller's rbp at `at`.
 */
static bool leads_home(struct walk w, struct coil_cfi_row row, uintptr_t at)
{
    w.guesses = false;
    set(&w, COIL__CFI_RBP, at);
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
static bool guess_rbp(struct walk *w, const struct coil_cfi_row *row)
{
    uintptr_t nearest = 0;
    uintptr_t home = 0;
    uintptr_t caller;
    uintptr_t saved;
    uintptr_t back;

    for (uintptr_t at = w->reg[COIL__CFI_RSP];
         read_word(w, at, &saved) && read_word(w, at + 8, &back);
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
        set(w, COIL__CFI_RBP, nearest);
    return nearest != 0;
}

/* ---- a step --------------------------------------------------------------- */

static bool find_cfa(struct walk *w, const struct coil_cfi_row *row,
                     uintptr_t *cfa)
{
    const struct coil_cfi_rule *rule = &row->cfa;

    if (rule->kind == COIL__CFI_EXPRESSION_VALUE)
        return calculate(w, rule, NULL, cfa);
    if (rule->kind != COIL__CFI_REGISTER)
        return false;
    if (rule->reg == COIL__CFI_RBP && !(w->known & 1u << COIL__CFI_RBP) &&
        w->guesses && !guess_rbp(w, row))
        return false;
    if (!get(w, rule->reg, cfa))
        return false;
    *cfa += (uintptr_t)rule->offset;
    return true;
}

/* Find the caller's register.  Returns false if it is lost. */
static bool find_register(const struct walk *w, unsigned reg,
                          const struct coil_cfi_rule *rule, uintptr_t cfa,
                          uintptr_t *value)
{
    uintptr_t at;

    switch (rule->kind) {
    case COIL__CFI_SAME:
        return get(w, reg, value);
    case COIL__CFI_OFFSET:
        return read_word(w, cfa + (uintptr_t)rule->offset, value);
    case COIL__CFI_VALUE:
        *value = cfa + (uintptr_t)rule->offset;
        return true;
    case COIL__CFI_REGISTER:
        return get(w, rule->reg, value);
    case COIL__CFI_EXPRESSION:
        return calculate(w, rule, &cfa, &at) && read_word(w, at, value);
    case COIL__CFI_EXPRESSION_VALUE:
        return calculate(w, rule, &cfa, value);
    default:
        return false;
    }
}

static bool step(struct walk *w, const struct coil_cfi_row *row)
{
    struct walk up = {
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
            set(&up, reg, value);
    }
    if (row->rules[COIL__CFI_RSP].kind == COIL__CFI_SAME)
        set(&up, COIL__CFI_RSP, cfa);
    /* If rip is unchanged, this would be the same frame again. */
    if (row->rules[COIL__CFI_RIP].kind == COIL__CFI_SAME ||
        !(up.known & 1u << COIL__CFI_RIP) ||
        !(up.known & 1u << COIL__CFI_RSP) || up.reg[COIL__CFI_RIP] == 0)
        return false;
    *w = up;
    return true;
}

static size_t walk(struct walk *w, struct coil_frame *frames, size_t max)
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
        if (!found || !step(w, &row))
            break;
    }
    return n;
}

/* ---- where to begin ------------------------------------------------------- */

size_t coil__backtrace_left(const struct coil_switch *at,
                            struct coil_stack_range range,
                            struct coil_frame *frames, size_t max)
{
    struct walk w = { .range = range, .is_exact = true };

    set(&w, COIL__CFI_RSP, (uintptr_t)at->sp);
    set(&w, COIL__CFI_RBP, (uintptr_t)at->fp);
    set(&w, COIL__CFI_RIP, (uintptr_t)at->pc);
    return walk(&w, frames, max);
}

size_t coil__backtrace_blocked(uintptr_t sp, uintptr_t pc, const void *copy,
                               struct coil_stack_range range,
                               struct coil_frame *frames, size_t max)
{
    struct walk w = {
        .range = range,
        .shift = (uintptr_t)copy - sp,
        .is_exact = true,
        .guesses = true,
    };

    w.range.low = sp;
    set(&w, COIL__CFI_RSP, sp);
    set(&w, COIL__CFI_RIP, pc);
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
    struct walk w = { .range = range, .is_exact = true };

    for (unsigned i = 0; i < COIL__CFI_REGISTERS; i++)
        set(&w, i, (uintptr_t)uc->uc_mcontext.gregs[names[i]]);
    return walk(&w, frames, max);
}

__attribute__((noinline)) size_t
coil__backtrace_here(struct coil_stack_range range, struct coil_frame *frames,
                     size_t max)
{
    struct walk w = { .range = range, .is_exact = true };
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
    set(&w, COIL__CFI_RIP, pc);
    set(&w, COIL__CFI_RSP, sp);
    set(&w, 3, kept[0]);
    set(&w, COIL__CFI_RBP, kept[1]);
    for (unsigned i = 0; i < 4; i++)
        set(&w, 12 + i, kept[2 + i]);
    /* The frame of this function is left out. */
    if (!coil__cfi_find(pc, &row) || !step(&w, &row))
        return 0;
    return walk(&w, frames, max);
}
