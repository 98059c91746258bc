/* SPDX-License-Identifier: MIT */
/*
 * cfi.c - run the program of an entry up to the wanted address
 */
#include "trace/cfi.h"

#include <string.h>

#include "trace/cfi_entry.h"
#include "trace/cfi_reader.h"

enum { REMEMBERED_MAX = 4 };

enum {
    OP_NOP = 0x00,
    OP_SET_LOC = 0x01,
    OP_ADVANCE_1 = 0x02,
    OP_ADVANCE_2 = 0x03,
    OP_ADVANCE_4 = 0x04,
    OP_OFFSET_EXTENDED = 0x05,
    OP_RESTORE_EXTENDED = 0x06,
    OP_UNDEFINED = 0x07,
    OP_SAME = 0x08,
    OP_REGISTER = 0x09,
    OP_REMEMBER = 0x0a,
    OP_RESTORE_STATE = 0x0b,
    OP_DEF_CFA = 0x0c,
    OP_DEF_CFA_REGISTER = 0x0d,
    OP_DEF_CFA_OFFSET = 0x0e,
    OP_DEF_CFA_EXPRESSION = 0x0f,
    OP_EXPRESSION = 0x10,
    OP_OFFSET_EXTENDED_SF = 0x11,
    OP_DEF_CFA_SF = 0x12,
    OP_DEF_CFA_OFFSET_SF = 0x13,
    OP_VALUE = 0x14,
    OP_VALUE_SF = 0x15,
    OP_VALUE_EXPRESSION = 0x16,
    OP_ARGS_SIZE = 0x2e,
    /* In the high two bits; the operand is in the low six. */
    OP_ADVANCE = 0x40,
    OP_OFFSET = 0x80,
    OP_RESTORE = 0xc0,
};

/* ---- running the program -------------------------------------------------- */

struct machine {
    const struct coil_cfi_entry *entry;
    uintptr_t pc; /* wanted */
    uintptr_t at; /* reached */
    struct coil_cfi_row *row;
    struct coil_cfi_rule initial[COIL__CFI_REGISTERS];
    struct {
        struct coil_cfi_rule cfa;
        struct coil_cfi_rule rules[COIL__CFI_REGISTERS];
    } remembered[REMEMBERED_MAX];
    unsigned depth;
    bool bad;
};

/* Higher registers are vectors, which no frame needs. */
static void set_rule(struct machine *m, uint64_t reg, enum coil_cfi_kind kind,
                     int64_t offset)
{
    if (reg < COIL__CFI_REGISTERS)
        m->row->rules[reg] =
            (struct coil_cfi_rule){ .kind = kind, .offset = offset };
}

static void set_expression(struct machine *m, struct coil_cfi_reader *r,
                           struct coil_cfi_rule *rule, enum coil_cfi_kind kind)
{
    struct coil_cfi_rule new = { .kind = kind };

    new.expression = coil__cfi_block(r, &new.size);
    if (rule)
        *rule = new;
    m->bad |= r->bad;
}

static struct coil_cfi_rule *rule_of(struct machine *m, uint64_t reg)
{
    return reg < COIL__CFI_REGISTERS ? &m->row->rules[reg] : NULL;
}

static void restore(struct machine *m, uint64_t reg)
{
    if (reg < COIL__CFI_REGISTERS)
        m->row->rules[reg] = m->initial[reg];
}

static void remember(struct machine *m)
{
    if (m->depth == REMEMBERED_MAX) {
        m->bad = true;
        return;
    }
    m->remembered[m->depth].cfa = m->row->cfa;
    memcpy(m->remembered[m->depth].rules, m->row->rules, sizeof m->row->rules);
    m->depth++;
}

static void recall(struct machine *m)
{
    if (m->depth == 0) {
        m->bad = true;
        return;
    }
    m->depth--;
    m->row->cfa = m->remembered[m->depth].cfa;
    memcpy(m->row->rules, m->remembered[m->depth].rules, sizeof m->row->rules);
}

static void define_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
    m->row->cfa = (struct coil_cfi_rule){ .kind = COIL__CFI_REGISTER,
                                          .reg = (unsigned)reg,
                                          .offset = offset };
    m->bad |= reg >= COIL__CFI_REGISTERS;
}

/* ---- the operations ------------------------------------------------------- */

struct operation;

typedef void (*operation_fn)(struct machine *m, struct coil_cfi_reader *r,
                             const struct operation *op);

/* How the number of an operation is written, and what unit it has. */
enum number { FIXED, UNSIGNED, FACTORED, SIGNED_FACTORED, NONE };

struct operation {
    operation_fn run; /* NULL: an operation that no compiler writes */
    enum coil_cfi_kind kind;
    enum number number;
    unsigned size; /* of a FIXED one, in bytes */
};

static int64_t number(struct machine *m, struct coil_cfi_reader *r,
                      const struct operation *op)
{
    switch (op->number) {
    case FIXED:
        return (int64_t)coil__cfi_fixed(r, op->size);
    case UNSIGNED:
        return (int64_t)coil__cfi_uleb(r);
    case FACTORED:
        return (int64_t)coil__cfi_uleb(r) * m->entry->data_align;
    case SIGNED_FACTORED:
        return coil__cfi_sleb(r) * m->entry->data_align;
    default:
        return 0;
    }
}

static void run_number(struct machine *m, struct coil_cfi_reader *r,
                       const struct operation *op)
{
    (void)number(m, r, op);
}

static void run_advance(struct machine *m, struct coil_cfi_reader *r,
                        const struct operation *op)
{
    m->at += (uintptr_t)number(m, r, op) * m->entry->code_align;
}

/* A register, and how its value is found. */
static void run_rule(struct machine *m, struct coil_cfi_reader *r,
                     const struct operation *op)
{
    uint64_t reg = coil__cfi_uleb(r);

    set_rule(m, reg, op->kind, number(m, r, op));
}

/* A register that is kept in another one. */
static void run_register(struct machine *m, struct coil_cfi_reader *r,
                         const struct operation *op)
{
    uint64_t reg = coil__cfi_uleb(r);

    set_rule(m, reg, op->kind, 0);
    if (reg < COIL__CFI_REGISTERS)
        m->row->rules[reg].reg = (unsigned)coil__cfi_uleb(r);
}

static void run_rule_expression(struct machine *m, struct coil_cfi_reader *r,
                                const struct operation *op)
{
    set_expression(m, r, rule_of(m, coil__cfi_uleb(r)), op->kind);
}

static void run_restore(struct machine *m, struct coil_cfi_reader *r,
                        const struct operation *op)
{
    (void)op;
    restore(m, coil__cfi_uleb(r));
}

static void run_remember(struct machine *m, struct coil_cfi_reader *r,
                         const struct operation *op)
{
    (void)r;
    (void)op;
    remember(m);
}

static void run_recall(struct machine *m, struct coil_cfi_reader *r,
                       const struct operation *op)
{
    (void)r;
    (void)op;
    recall(m);
}

static void run_cfa(struct machine *m, struct coil_cfi_reader *r,
                    const struct operation *op)
{
    uint64_t reg = coil__cfi_uleb(r);

    define_cfa(m, reg, number(m, r, op));
}

static void run_cfa_register(struct machine *m, struct coil_cfi_reader *r,
                             const struct operation *op)
{
    (void)op;
    define_cfa(m, coil__cfi_uleb(r), m->row->cfa.offset);
}

static void run_cfa_offset(struct machine *m, struct coil_cfi_reader *r,
                           const struct operation *op)
{
    m->row->cfa.offset = number(m, r, op);
}

static void run_cfa_expression(struct machine *m, struct coil_cfi_reader *r,
                               const struct operation *op)
{
    set_expression(m, r, &m->row->cfa, op->kind);
}

static const struct operation operations[] = {
    [OP_NOP] = { run_number, .number = NONE },
    [OP_ADVANCE_1] = { run_advance, .number = FIXED, .size = 1 },
    [OP_ADVANCE_2] = { run_advance, .number = FIXED, .size = 2 },
    [OP_ADVANCE_4] = { run_advance, .number = FIXED, .size = 4 },
    [OP_OFFSET_EXTENDED] = { run_rule, .kind = COIL__CFI_OFFSET,
                             .number = FACTORED },
    [OP_OFFSET_EXTENDED_SF] = { run_rule, .kind = COIL__CFI_OFFSET,
                                .number = SIGNED_FACTORED },
    [OP_VALUE] = { run_rule, .kind = COIL__CFI_VALUE, .number = FACTORED },
    [OP_VALUE_SF] = { run_rule, .kind = COIL__CFI_VALUE,
                      .number = SIGNED_FACTORED },
    [OP_UNDEFINED] = { run_rule, .kind = COIL__CFI_UNDEFINED, .number = NONE },
    [OP_SAME] = { run_rule, .kind = COIL__CFI_SAME, .number = NONE },
    [OP_REGISTER] = { run_register, .kind = COIL__CFI_REGISTER },
    [OP_EXPRESSION] = { run_rule_expression, .kind = COIL__CFI_EXPRESSION },
    [OP_VALUE_EXPRESSION] = { run_rule_expression,
                              .kind = COIL__CFI_EXPRESSION_VALUE },
    [OP_RESTORE_EXTENDED] = { .run = run_restore },
    [OP_REMEMBER] = { .run = run_remember },
    [OP_RESTORE_STATE] = { .run = run_recall },
    [OP_DEF_CFA] = { run_cfa, .number = UNSIGNED },
    [OP_DEF_CFA_SF] = { run_cfa, .number = SIGNED_FACTORED },
    [OP_DEF_CFA_REGISTER] = { .run = run_cfa_register },
    [OP_DEF_CFA_OFFSET] = { run_cfa_offset, .number = UNSIGNED },
    [OP_DEF_CFA_OFFSET_SF] = { run_cfa_offset, .number = SIGNED_FACTORED },
    [OP_DEF_CFA_EXPRESSION] = { run_cfa_expression,
                                .kind = COIL__CFI_EXPRESSION_VALUE },
    [OP_ARGS_SIZE] = { run_number, .number = UNSIGNED },
};

/* An operation that takes all eight bits. */
static void run_extended(struct machine *m, struct coil_cfi_reader *r,
                         unsigned op)
{
    if (op < sizeof operations / sizeof *operations && operations[op].run)
        operations[op].run(m, r, &operations[op]);
    else
        m->bad = true;
}

/* Run up to the wanted address.  False: the program makes no sense. */
static bool run(struct machine *m, struct coil_cfi_reader r)
{
    while (r.at < r.end && m->at <= m->pc) {
        unsigned op = (unsigned)coil__cfi_fixed(&r, 1);
        unsigned low = op & 0x3f;

        switch (op & 0xc0) {
        case OP_ADVANCE:
            m->at += low * m->entry->code_align;
            break;
        case OP_OFFSET:
            set_rule(m, low, COIL__CFI_OFFSET,
                     (int64_t)coil__cfi_uleb(&r) * m->entry->data_align);
            break;
        case OP_RESTORE:
            restore(m, low);
            break;
        default:
            run_extended(m, &r, op);
        }
        if (r.bad || m->bad)
            return false;
    }
    return true;
}

bool coil__cfi_find(uintptr_t pc, struct coil_cfi_row *row)
{
    struct machine m;
    struct coil_cfi_entry entry;

    if (!coil__cfi_find_entry(pc, &entry))
        return false;
    memset(row, 0, sizeof *row);
    row->function = entry.begin;
    row->is_signal = entry.is_signal;
    m.entry = &entry;
    m.pc = pc;
    m.at = entry.begin;
    m.row = row;
    m.depth = 0;
    m.bad = false;
    memset(m.initial, 0, sizeof m.initial);
    if (!run(&m, entry.common))
        return false;
    memcpy(m.initial, row->rules, sizeof m.initial);
    return run(&m, entry.own);
}
