/* SPDX-License-Identifier: MIT */
/*
 * switch_aarch64.S - the switch for AAPCS64
 *
 * Frame of a context that is left, from its sp upwards: x19 … x28, x29 (frame
 * pointer), x30 (address to go on at), d8 … d15.  A new context goes on at
 * `begin` below, with entry in x19 and arg in x20.
 */
    .text

/* The frame of a function that calls another one. */
    .macro  begin_frame
    hint    #34
    stp     x29, x30, [sp, #-16]!
    .cfi_adjust_cfa_offset 16
    .cfi_rel_offset x29, 0
    .cfi_rel_offset x30, 8
    mov     x29, sp
    .endm

    .macro  end_frame
    ldp     x29, x30, [sp], #16
    .cfi_restore x29
    .cfi_restore x30
    .cfi_adjust_cfa_offset -16
    ret
    .endm

/* void coil__switch(struct coil_switch *from: x0, *to: x1) */
    .globl  coil__switch
    .hidden coil__switch
    .type   coil__switch, %function
    .p2align 5
coil__switch:
    .cfi_startproc
    hint    #34                 /* bti c */
    sub     sp, sp, #160
    .cfi_adjust_cfa_offset 160
    stp     x19, x20, [sp, #0]
    stp     x21, x22, [sp, #16]
    stp     x23, x24, [sp, #32]
    stp     x25, x26, [sp, #48]
    stp     x27, x28, [sp, #64]
    stp     x29, x30, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x20, 8
    .cfi_rel_offset x21, 16
    .cfi_rel_offset x22, 24
    .cfi_rel_offset x23, 32
    .cfi_rel_offset x24, 40
    .cfi_rel_offset x25, 48
    .cfi_rel_offset x26, 56
    .cfi_rel_offset x27, 64
    .cfi_rel_offset x28, 72
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    mov     x2, sp
    str     x2, [x0]
    ldr     x2, [x1]
    mov     sp, x2
enter:
    /* The frame on the new stack has the same shape: the CFI still holds. */
    ldp     x19, x20, [sp, #0]
    ldp     x21, x22, [sp, #16]
    ldp     x23, x24, [sp, #32]
    ldp     x25, x26, [sp, #48]
    ldp     x27, x28, [sp, #64]
    ldp     x29, x30, [sp, #80]
    ldp     d8, d9, [sp, #96]
    ldp     d10, d11, [sp, #112]
    ldp     d12, d13, [sp, #128]
    ldp     d14, d15, [sp, #144]
    add     sp, sp, #160
    .cfi_adjust_cfa_offset -160
    /* br, not ret: the return predictor belongs to the stack that was left */
    mov     x16, x30
    br      x16
    .cfi_endproc
    .size   coil__switch, . - coil__switch

/*
 * void coil__switch_prepare(struct coil_switch *at: x0, void *low: x1, void *top: x2,
 *                           coil_entry_fn entry: x3, void *arg: x4)
 */
    .globl  coil__switch_prepare
    .hidden coil__switch_prepare
    .type   coil__switch_prepare, %function
    .p2align 4
coil__switch_prepare:
    .cfi_startproc
    hint    #34                 /* bti c */
    and     x2, x2, #-16
    sub     x2, x2, #160
    adr     x5, begin
    stp     x3, x4, [x2, #0]    /* x19, x20 */
    stp     xzr, xzr, [x2, #16]
    stp     xzr, xzr, [x2, #32]
    stp     xzr, xzr, [x2, #48]
    stp     xzr, xzr, [x2, #64]
    stp     xzr, x5, [x2, #80]  /* x29 ends chains of frame pointers, x30 */
    stp     xzr, xzr, [x2, #96]
    stp     xzr, xzr, [x2, #112]
    stp     xzr, xzr, [x2, #128]
    stp     xzr, xzr, [x2, #144]
    str     x2, [x0]
    ret
    .cfi_endproc
    .size   coil__switch_prepare, . - coil__switch_prepare

/*
 * The bottom of every coroutine; an undefined x30 ends backtraces here.  0x1b: a
 * 32-bit distance from where it is written.
 */
    .type   begin, %function
    .p2align 4
begin:
    .cfi_startproc
    .cfi_personality 0x1b, coil__guard_of_coroutine
    .cfi_undefined x30
    .cfi_undefined x29
    hint    #36                 /* bti j */
    mov     x0, x20
    blr     x19
    /* Enter what it returned; nothing of this stack is needed any more. */
    ldr     x2, [x0]
    mov     sp, x2
    b       enter
    .cfi_endproc
    .size   begin, . - begin

/* coil__switch_call(fn: x0, arg: x1, sp: x2): switch.h. */
    .globl  coil__switch_call
    .hidden coil__switch_call
    .type   coil__switch_call, %function
    .p2align 4
coil__switch_call:
    .cfi_startproc
    begin_frame
    .cfi_def_cfa_register x29
    and     x2, x2, #-16
    mov     sp, x2
    mov     x2, x0
    mov     x0, x1
    blr     x2
    mov     sp, x29
    .cfi_def_cfa_register sp
    end_frame
    .cfi_endproc
    .size   coil__switch_call, . - coil__switch_call

/* coil__guard(fn: x0, arg: x1): switch.h. */
    .globl  coil__guard
    .globl  coil__guard_void
    .hidden coil__guard
    .hidden coil__guard_void
    .type   coil__guard, %function
    .type   coil__guard_void, %function
    .p2align 4
coil__guard:
coil__guard_void:
    .cfi_startproc
    .cfi_personality 0x1b, coil__guard_of_call
    begin_frame
    mov     x2, x0
    mov     x0, x1
    blr     x2
    end_frame
    .cfi_endproc
    .size   coil__guard, . - coil__guard
    .size   coil__guard_void, . - coil__guard_void

/* void coil__fp_save(uint32_t fp[2]: x0), coil__fp_load(…) */
    .globl  coil__fp_save
    .hidden coil__fp_save
    .type   coil__fp_save, %function
    .p2align 4
coil__fp_save:
    .cfi_startproc
    hint    #34
    mrs     x1, fpcr
    str     w1, [x0]
    ret
    .cfi_endproc
    .size   coil__fp_save, . - coil__fp_save

    .globl  coil__fp_load
    .hidden coil__fp_load
    .type   coil__fp_load, %function
    .p2align 4
coil__fp_load:
    .cfi_startproc
    hint    #34
    ldr     w1, [x0]
    msr     fpcr, x1
    ret
    .cfi_endproc
    .size   coil__fp_load, . - coil__fp_load

    .section .note.GNU-stack, "", %progbits
