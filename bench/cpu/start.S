/*
 * Where the bench's guest begins: by the PVH entry in 32-bit protected mode without paging. It maps the first GiB one to
 * one with 2 MiB pages, goes to 64-bit mode and calls `guest`.
 */
        .section .note.pvh, "a"
        .long 4, 4, 18          /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz "Xen"
        .long start32

        .text
        .code32
        .globl start32
start32:
        cld
        movl $tables, %edi
        leal 0x1003(%edi), %eax
        movl %eax, (%edi)
        leal 0x2003(%edi), %eax
        movl %eax, 0x1000(%edi)
        xorl %ecx, %ecx
1:      movl %ecx, %eax
        shll $21, %eax
        orl $0x83, %eax
        movl %eax, 0x2000(%edi,%ecx,8)
        movl $0, 0x2004(%edi,%ecx,8)
        incl %ecx
        cmpl $512, %ecx
        jne 1b
        movl %edi, %cr3
        movl $0x620, %eax       /* PAE, OSFXSR, OSXMMEXCPT */
        movl %eax, %cr4
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x100, %eax
        wrmsr
        movl $0x80000033, %eax
        movl %eax, %cr0
        lgdt descriptor
        ljmp $8, $start64

        .code64
start64:
        movl $16, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        movq $stack_top, %rsp
        call guest
1:      hlt
        jmp 1b

        .data
        .align 8
gdt:    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
descriptor:
        .word 23
        .long gdt
        .bss
        .align 4096
tables: .skip 3 * 4096
        .skip 65536
stack_top:
        .section .note.GNU-stack, "", @progbits
