/* SPDX-License-Identifier: MIT */
/*
 * x86_64.S - the switch for the System V ABI
 *
 * Frame of a context that is left, from its sp upwards:
 *
 *     r15 r14 r13 r12 rbx rbp  address to go on at
 *
 * A new context goes on at `begin` below, with entry in r12 and arg in r13.
 */
    .text

/* void coil__switch(void **from: rdi, void **to: rsi) */
    .globl  coil__switch
    .hidden coil__switch
    .type   coil__switch, @function
    .p2align 5
coil__switch:
    .cfi_startproc
    endbr64
    pushq   %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    pushq   %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbx, 0
    pushq   %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r12, 0
    pushq   %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r13, 0
    pushq   %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r14, 0
    pushq   %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r15, 0
    movq    %rsp, (%rdi)
    movq    (%rsi), %rsp
    /* The frame on the new stack has the same shape: the CFI still holds. */
    popq    %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore r15
    popq    %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore r14
    popq    %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore r13
    popq    %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore r12
    popq    %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    popq    %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbp
    /* pop and jump, not ret: see context.h */
    popq    %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register rip, rcx
    jmpq    *%rcx
    .cfi_endproc
    .size   coil__switch, . - coil__switch

/*
 * void coil__switch_prepare(void **sp: rdi, void *low: rsi, void *top: rdx,
 *                           void (*entry)(void *): rcx, void *arg: r8)
 */
    .globl  coil__switch_prepare
    .hidden coil__switch_prepare
    .type   coil__switch_prepare, @function
    .p2align 4
coil__switch_prepare:
    .cfi_startproc
    endbr64
    andq    $-16, %rdx
    subq    $64, %rdx
    leaq    begin(%rip), %rax
    movq    $0, (%rdx)          /* r15 */
    movq    $0, 8(%rdx)         /* r14 */
    movq    %r8, 16(%rdx)       /* r13 */
    movq    %rcx, 24(%rdx)      /* r12 */
    movq    $0, 32(%rdx)        /* rbx */
    movq    $0, 40(%rdx)        /* rbp: ends chains of frame pointers */
    movq    %rax, 48(%rdx)
    movq    $0, 56(%rdx)
    movq    %rdx, (%rdi)
    ret
    .cfi_endproc
    .size   coil__switch_prepare, . - coil__switch_prepare

/* The bottom of every coroutine; an undefined rip ends backtraces here. */
    .type   begin, @function
    .p2align 4
begin:
    .cfi_startproc
    .cfi_undefined rip
    .cfi_undefined rbp
    endbr64
    movq    %r13, %rdi
    /* Here rsp is 8 below a multiple of 16. */
    subq    $8, %rsp
    .cfi_adjust_cfa_offset 8
    callq   *%r12
    ud2
    .cfi_endproc
    .size   begin, . - begin

/* void coil__fp_save(uint32_t fp[2]: rdi), coil__fp_load(…) */
    .globl  coil__fp_save
    .hidden coil__fp_save
    .type   coil__fp_save, @function
    .p2align 4
coil__fp_save:
    .cfi_startproc
    endbr64
    stmxcsr (%rdi)
    fnstcw  4(%rdi)
    ret
    .cfi_endproc
    .size   coil__fp_save, . - coil__fp_save

    .globl  coil__fp_load
    .hidden coil__fp_load
    .type   coil__fp_load, @function
    .p2align 4
coil__fp_load:
    .cfi_startproc
    endbr64
    ldmxcsr (%rdi)
    fldcw   4(%rdi)
    ret
    .cfi_endproc
    .size   coil__fp_load, . - coil__fp_load

    .section .note.GNU-stack, "", @progbits
