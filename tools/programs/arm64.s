// Linux on AArch64: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
 mov x0,2; mov x1,1; mov x2,0; mov x8,198; svc 0
 mov x19,x0
 adr x1,data; mov x2,16; mov x8,203; svc 0
 cbnz x0,fail
 mov x0,x19; adr x1,data+24; ldr x2,data+16; mov x8,64; svc 0
 sub sp,sp,4096
loop: mov x0,x19; mov x1,sp; mov x2,4096; mov x8,63; svc 0
 cmp x0,0; b.le done
 mov x2,x0; mov x0,1; mov x1,sp; mov x8,64; svc 0
 b loop
fail: mov x0,7; b exit
done: mov x0,0
exit: mov x8,93; svc 0
.balign 8, 0
data:
