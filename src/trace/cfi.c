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

static void run_extended(struct machine *m, struct coil_cfi_reader *r,
                         unsigned op)
{
    struct coil_cfi_row *row = m->row;
    int64_t align = m->entry->data_align;
    uint64_t step = m->entry->code_align;
    uint64_t reg;

    switch (op) {
    case OP_NOP:
        break;
    case OP_ADVANCE_1:
        m->at += coil__cfi_fixed(r, 1) * step;
        break;
    case OP_ADVANCE_2:
        m->at += coil__cfi_fixed(r, 2) * step;
        break;
    case OP_ADVANCE_4:
        m->at += coil__cfi_fixed(r, 4) * step;
        break;
    case OP_OFFSET_EXTENDED:
        reg = coil__cfi_uleb(r);
        set_rule(m, reg, COIL__CFI_OFFSET, (int64_t)coil__cfi_uleb(r) * align);
        break;
    case OP_OFFSET_EXTENDED_SF:
        reg = coil__cfi_uleb(r);
        set_rule(m, reg, COIL__CFI_OFFSET, coil__cfi_sleb(r) * align);
        break;
    case OP_VALUE:
        reg = coil__cfi_uleb(r);
        set_rule(m, reg, COIL__CFI_VALUE, (int64_t)coil__cfi_uleb(r) * align);
        break;
    case OP_VALUE_SF:
        reg = coil__cfi_uleb(r);
        set_rule(m, reg, COIL__CFI_VALUE, coil__cfi_sleb(r) * align);
        break;
    case OP_RESTORE_EXTENDED:
        restore(m, coil__cfi_uleb(r));
        break;
    case OP_UNDEFINED:
        set_rule(m, coil__cfi_uleb(r), COIL__CFI_UNDEFINED, 0);
        break;
    case OP_SAME:
        set_rule(m, coil__cfi_uleb(r), COIL__CFI_SAME, 0);
        break;
    case OP_REGISTER:
        reg = coil__cfi_uleb(r);
        set_rule(m, reg, COIL__CFI_REGISTER, 0);
        if (reg < COIL__CFI_REGISTERS)
            row->rules[reg].reg = (unsigned)coil__cfi_uleb(r);
        break;
    case OP_REMEMBER:
        remember(m);
        break;
    case OP_RESTORE_STATE:
        recall(m);
        break;
    case OP_DEF_CFA:
        reg = coil__cfi_uleb(r);
        define_cfa(m, reg, (int64_t)coil__cfi_uleb(r));
        break;
    case OP_DEF_CFA_SF:
        reg = coil__cfi_uleb(r);
        define_cfa(m, reg, coil__cfi_sleb(r) * align);
        break;
    case OP_DEF_CFA_REGISTER:
        define_cfa(m, coil__cfi_uleb(r), row->cfa.offset);
        break;
    case OP_DEF_CFA_OFFSET:
        row->cfa.offset = (int64_t)coil__cfi_uleb(r);
        break;
    case OP_DEF_CFA_OFFSET_SF:
        row->cfa.offset = coil__cfi_sleb(r) * align;
        break;
    case OP_DEF_CFA_EXPRESSION:
        set_expression(m, r, &row->cfa, COIL__CFI_EXPRESSION_VALUE);
        break;
    case OP_EXPRESSION:
        set_expression(m, r, rule_of(m, coil__cfi_uleb(r)),
                       COIL__CFI_EXPRESSION);
        break;
    case OP_VALUE_EXPRESSION:
        set_expression(m, r, rule_of(m, coil__cfi_uleb(r)),
                       COIL__CFI_EXPRESSION_VALUE);
        break;
    case OP_ARGS_SIZE:
        coil__cfi_uleb(r);
        break;
    default:
        m->bad = true;
    }
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
