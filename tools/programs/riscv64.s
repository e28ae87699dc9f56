# Linux on RISC-V, 64 bits: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
.option norvc
.option norelax
 j where
main:
 li a0,2; li a1,1; li a2,0; li a7,198; ecall
 mv s0,a0
 mv a1,s1; li a2,16; li a7,203; ecall
 bnez a0,fail
 mv a0,s0; addi a1,s1,24; ld a2,16(s1); li a7,64; ecall
 li t0,4096; sub sp,sp,t0
loop: mv a0,s0; mv a1,sp; li a2,4096; li a7,63; ecall
 blez a0,done
 mv a2,a0; li a0,1; mv a1,sp; li a7,64; ecall
 j loop
fail: li a0,7; j exit
done: li a0,0
exit: li a7,93; ecall
.balign 8, 0
where: nop; jal s1,main
data:
