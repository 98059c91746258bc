/* SPDX-License-Identifier: MIT */
/*
 * context/switch_x86_64.h - the switch for the System V ABI, inlined
 *
 * It saves the stack pointer, the frame pointer, and where to continue.  Every
 * other register is declared lost, so the compiler keeps what it needs in the
 * frame it has anyway.  Nothing is pushed: the red zone stays intact, and the
 * unwinder's description of the frame is right at the label.
 *
 * Registers beyond the base ISA (zmm16 and up, mask registers) cannot be named
 * here; the functions that switch use no vectors.
 */
#ifndef COIL_CONTEXT_X86_64_H
#define COIL_CONTEXT_X86_64_H

static inline __attribute__((always_inline)) void
coil__switch(struct coil_switch *from, struct coil_switch *to)
{
    __asm__ volatile("leaq   1f(%%rip), %%rax\n\t"
                     "movq   %%rsp, 0(%[from])\n\t"
                     "movq   %%rbp, 8(%[from])\n\t"
                     "movq   %%rax, 16(%[from])\n\t"
                     "movq   0(%[to]), %%rsp\n\t"
                     "movq   8(%[to]), %%rbp\n\t"
                     "jmpq   *16(%[to])\n"
                     "1:\n\t"
                     "endbr64"
                     : [from] "+D"(from), [to] "+S"(to)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11",
                       "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2",
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                       "cc", "memory");
}

#endif
