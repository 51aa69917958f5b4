/*
 * Enters a world of page tables and comes back, for tcg-walk.c. Everything that runs with paging on lies in four pages that
 * every world maps at their physical addresses, from 0x80000000 on: code, descriptors and results, stack, user code.
 */
        .section .note.pvh, "a"
        .long 4, 4, 18          /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .long start

        .section .mapped, "awx"
        .code32
        .globl start
start:
        cld
        lgdt gdt_pointer
        ljmp $8, $1f
1:      movl $16, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movl $plain_stack_top, %esp
        lidt idt_pointer
        movl $40, %eax
        ltr %ax
        call run
2:      hlt
        jmp 2b

/* void enter(const struct state *): the fields' order is that of struct state. */
        .globl enter
enter:
        pushal
        movl %esp, plain_stack
        movl 36(%esp), %esi
        movl 12(%esi), %eax     /* EFER */
        xorl %edx, %edx
        movl $0xc0000080, %ecx
        wrmsr
        movl 8(%esi), %eax
        movl %eax, %cr4
        movl 4(%esi), %eax
        movl %eax, %cr3
        movl 20(%esi), %ebx     /* linear address */
        movl 16(%esi), %ecx     /* flags */
        movl 28(%esi), %edx     /* 1 read, 2 write, 4 fetch */
        movl 32(%esi), %edi     /* the byte */
        movl 24(%esi), %ebp     /* CPL */
        movl 0(%esi), %eax
        movl $mapped_stack_top, %esp
        movl %eax, %cr0         /* paging is on */
        movl $supervisor, %esi
        cmpl $3, %ebp
        jne 1f
        movl $user, %esi
1:      cmpl $1, %edx
        je 3f
        addl $8, %esi
        cmpl $2, %edx
        je 3f
        addl $8, %esi
3:      movl %edi, %eax
        cmpl $3, %ebp
        je 4f
        pushl %ecx
        popfl
        jmp *%esi
4:      pushl $35
        pushl $mapped_stack_top
        pushl %ecx
        pushl $27
        pushl %esi
        iretl

        .macro accesses
        .balign 8
        movb (%ebx), %al
        int3
        .balign 8
        movb %al, (%ebx)
        int3
        .balign 8
        jmp *%ebx
        .endm
        accesses
        .set supervisor, . - 18

/* One for each vector, eight bytes apart. */
        .balign 8
        .globl handlers
handlers:
        .set vector, 0
        .rept 32
        .balign 8
        pushl $vector
        jmp common
        .set vector, vector + 1
        .endr
common:
        movl $16, %eax
        movl %eax, %ds
        movl %eax, %es
        popl %ecx
        movl %ecx, result
        movl (%esp), %eax       /* the error code, where there is one */
        movl %eax, result + 4
        movl %cr2, %eax
        movl %eax, result + 8
        movl %cr0, %eax
        andl $0x7fffffff, %eax
        movl %eax, %cr0
        xorl %eax, %eax
        movl %eax, %cr4
        movl %eax, %cr3
        xorl %edx, %edx
        movl $0xc0000080, %ecx
        wrmsr
        movl plain_stack, %esp
        popal
        ret

        .balign 4096
gdt:    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
tss_descriptor:
        .word 0x67
        .word tss_low
        .byte 0, 0x89, 0, 0x80
gdt_pointer:
        .word 47
        .long gdt
idt_pointer:
        .word 255
        .long idt
        .balign 8
        .globl idt
idt:    .skip 256
        .balign 256
tss:    .long 0, mapped_stack_top, 16
        .skip 92
        .set tss_low, 0x1000 + (tss - gdt)
plain_stack:
        .long 0
        .globl result
result: .long 0, 0, 0
        .balign 4096
        .skip 4096
mapped_stack_top:
        accesses
        .set user, . - 18
        .balign 4096

        .section .tables, "aw"
        .globl narrow, directory, wide
narrow: .skip 4096
directory:
        .skip 4096
wide:   .skip 4096

        .section .input, "a"
        .globl input
input:  .incbin INPUT

        .bss
        .balign 16
        .skip 65536
plain_stack_top:
        .section .note.GNU-stack, "", @progbits
