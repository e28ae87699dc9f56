# Linux on i386: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
.intel_syntax noprefix
 call here
here: pop ebp; add ebp, offset data - here
 mov eax,359; mov ebx,2; mov ecx,1; xor edx,edx; int 0x80
 mov esi,eax
 mov ebx,eax; mov ecx,ebp; mov edx,16; mov eax,362; int 0x80
 test eax,eax; jnz fail
 mov ebx,esi; lea ecx,[ebp+24]; mov edx,[ebp+16]; mov eax,4; int 0x80
 sub esp,4096
loop:
 mov ebx,esi; mov ecx,esp; mov edx,4096; mov eax,3; int 0x80
 test eax,eax; jle done
 mov edx,eax; mov ebx,1; mov ecx,esp; mov eax,4; int 0x80
 jmp loop
fail: mov ebx,7; jmp exit
done: xor ebx,ebx
exit: mov eax,1; int 0x80
.balign 8, 0
data:
