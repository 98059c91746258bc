/* SPDX-License-Identifier: MIT */
/*
 * cfi_expression.c - the operations that compilers and the C library use
 */
#include "trace/cfi_expression.h"

enum { EXPRESSION_STACK = 8 };

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

static void calculate_op(const struct coil_cfi_frame *frame,
                         struct calculator *c, struct coil_cfi_reader *r,
                         unsigned op)
{
    uintptr_t value = 0;

    if (op >= DW_LIT0 && op <= DW_LIT31) {
        push(c, op - DW_LIT0);
    } else if (op >= DW_BREG0 && op <= DW_BREG31) {
        if (!coil__cfi_get(frame, op - DW_BREG0, &value))
            c->bad = true;
        push(c, value + (uintptr_t)coil__cfi_sleb(r));
    } else if (op == DW_DEREF) {
        if (!coil__cfi_read_word(frame, pop(c), &value))
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

bool coil__cfi_calculate(const struct coil_cfi_frame *frame,
                         const struct coil_cfi_rule *rule,
                         const uintptr_t *first, uintptr_t *result)
{
    struct coil_cfi_reader r = { rule->expression,
                                 rule->expression + rule->size, false };
    struct calculator c = { .depth = 0 };

    if (first)
        push(&c, *first);
    while (r.at < r.end && !r.bad && !c.bad)
        calculate_op(frame, &c, &r, (unsigned)coil__cfi_fixed(&r, 1));
    *result = pop(&c);
    return !r.bad && !c.bad;
}
