/* SPDX-License-Identifier: MIT */
/*
 * switch_x86_64.S - how a coroutine begins, for the System V ABI
 *
 * The switch itself is inlined: switch_x86_64.h.
 */
    .text

/*
 * void coil__switch_prepare(struct coil_switch *at: rdi, void *low: rsi,
 *                           void *top: rdx, coil_entry_fn entry: rcx,
 *                           void *arg: r8)
 *
 * Leaves arg and entry on the new stack, where `begin` finds them.
 */
    .globl  coil__switch_prepare
    .hidden coil__switch_prepare
    .type   coil__switch_prepare, @function
    .p2align 4
coil__switch_prepare:
    .cfi_startproc
    endbr64
    andq    $-16, %rdx
    subq    $16, %rdx
    leaq    begin(%rip), %rax
    movq    %r8, 0(%rdx)
    movq    %rcx, 8(%rdx)
    movq    %rdx, 0(%rdi)       /* sp */
    movq    $0, 8(%rdi)         /* fp: ends chains of frame pointers */
    movq    %rax, 16(%rdi)      /* pc */
    ret
    .cfi_endproc
    .size   coil__switch_prepare, . - coil__switch_prepare

/*
 * The bottom of every coroutine; an undefined rip ends backtraces here.  0x1b: a
 * 32-bit distance from where it is written.
 */
    .type   begin, @function
    .p2align 4
begin:
    .cfi_startproc
    .cfi_personality 0x1b, coil__guard_of_coroutine
    .cfi_undefined rip
    .cfi_undefined rbp
    endbr64
    movq    0(%rsp), %rdi
    callq   *8(%rsp)
    /* Enter what it returned; nothing of this stack is needed any more. */
    movq    0(%rax), %rsp
    movq    8(%rax), %rbp
    jmpq    *16(%rax)
    .cfi_endproc
    .size   begin, . - begin

/*
 * How a function with COIL_RETURNS_BY_JUMP returns (switch.h).  The compilers
 * have given the name; weak, as other libraries may define it, too.
 */
    .weak   __x86_return_thunk
    .hidden __x86_return_thunk
    .type   __x86_return_thunk, @function
    .p2align 4
__x86_return_thunk:
    .cfi_startproc
    popq    %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register rip, rcx
    notrack jmpq *%rcx
    .cfi_endproc
    .size   __x86_return_thunk, . - __x86_return_thunk

/* coil__switch_call(fn: rdi, arg: rsi, sp: rdx): switch.h. */
    .globl  coil__switch_call
    .hidden coil__switch_call
    .type   coil__switch_call, @function
    .p2align 4
coil__switch_call:
    .cfi_startproc
    endbr64
    pushq   %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    movq    %rsp, %rbp
    .cfi_def_cfa_register rbp
    andq    $-16, %rdx
    movq    %rdx, %rsp
    movq    %rdi, %rax
    movq    %rsi, %rdi
    callq   *%rax
    movq    %rbp, %rsp
    popq    %rbp
    .cfi_def_cfa rsp, 8
    .cfi_restore rbp
    ret
    .cfi_endproc
    .size   coil__switch_call, . - coil__switch_call

/* coil__guard(fn: rdi, arg: rsi): switch.h. */
    .globl  coil__guard, coil__guard_void
    .hidden coil__guard, coil__guard_void
    .type   coil__guard, @function
    .type   coil__guard_void, @function
    .p2align 4
coil__guard:
coil__guard_void:
    .cfi_startproc
    .cfi_personality 0x1b, coil__guard_of_call
    endbr64
    subq    $8, %rsp
    .cfi_adjust_cfa_offset 8
    movq    %rdi, %rax
    movq    %rsi, %rdi
    callq   *%rax
    addq    $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size   coil__guard, . - coil__guard
    .size   coil__guard_void, . - coil__guard_void

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
