# Linux on z/Architecture: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
 lghi %r2,2; lghi %r3,1; lghi %r4,0; lghi %r1,359; svc 0
 lgr %r6,%r2
 larl %r7,data
 lgr %r3,%r7; lghi %r4,16; lghi %r1,362; svc 0
 cghi %r2,0; jne fail
 lgr %r2,%r6; la %r3,24(%r7); lg %r4,16(%r7); svc 4
 aghi %r15,-4096
loop: lgr %r2,%r6; lgr %r3,%r15; lghi %r4,4096; svc 3
 cghi %r2,0; jle done
 lgr %r4,%r2; lghi %r2,1; lgr %r3,%r15; svc 4
 j loop
fail: lghi %r2,7; j exit
done: lghi %r2,0
exit: svc 1
.balign 8, 0
data:
