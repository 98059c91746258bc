/* SPDX-License-Identifier: MIT */
/*
 * trace/cfi_expression.h - the value of an expression of DWARF
 */
#ifndef COIL_TRACE_CFI_EXPRESSION_H
#define COIL_TRACE_CFI_EXPRESSION_H

#include "trace/cfi.h"
#include "trace/cfi_frame.h"

/*
 * Calculate the expression of `rule` for `frame`.  If `first` is not NULL, it is
 * on the calculator's stack at the beginning.  Returns false if the expression
 * is not understood.
 */
bool coil__cfi_calculate(const struct coil_cfi_frame *frame,
                         const struct coil_cfi_rule *rule,
                         const uintptr_t *first, uintptr_t *result);

#endif
