# Linux on POWER, little-endian: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
 li 0,326; li 3,2; li 4,1; li 5,0; sc
 mr 30,3
 bl here
here: mflr 31; addi 31,31,data-here
 mr 3,30; mr 4,31; li 5,16; li 0,328; sc
 cmpdi 3,0; bne fail
 mr 3,30; addi 4,31,24; ld 5,16(31); li 0,4; sc
 addi 1,1,-4096
loop: mr 3,30; mr 4,1; li 5,4096; li 0,3; sc
 bso done
 cmpdi 3,0; ble done
 mr 5,3; li 3,1; mr 4,1; li 0,4; sc
 b loop
fail: li 3,7; b exit
done: li 3,0
exit: li 0,1; sc
.balign 8, 0
data:
