@ Linux on ARM, EABI: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
.arch armv5t
.arm
 mov r0,#2; mov r1,#1; mov r2,#0; mov r7,#280; add r7,r7,#1; svc 0
 mov r4,r0
 adr r1,data; mov r2,#16; add r7,r7,#2; svc 0
 cmp r0,#0; bne fail
 mov r0,r4; adr r1,data; ldr r2,[r1,#16]; add r1,r1,#24; mov r7,#4; svc 0
 sub sp,sp,#4096
loop: mov r0,r4; mov r1,sp; mov r2,#4096; mov r7,#3; svc 0
 cmp r0,#0; ble done
 mov r2,r0; mov r0,#1; mov r1,sp; mov r7,#4; svc 0
 b loop
fail: mov r0,#7; b exit
done: mov r0,#0
exit: mov r7,#1; svc 0
.balign 8, 0
data:
