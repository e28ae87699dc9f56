# Linux on x86-64: connect to the address at data, send the text at data + 24 of the length at data + 16, print the answer.
.intel_syntax noprefix
 push 41; pop rax; push 2; pop rdi; push 1; pop rsi; xor edx,edx; syscall
 mov ebx,eax
 mov edi,eax; lea rsi,[rip+data]; push 16; pop rdx; push 42; pop rax; syscall
 test eax,eax; jnz fail
 mov edi,ebx; lea rsi,[rip+data+24]; mov rdx,[rip+data+16]; push 1; pop rax; syscall
 sub rsp,4096
loop:
 mov edi,ebx; mov rsi,rsp; mov edx,4096; xor eax,eax; syscall
 test eax,eax; jle done
 mov edx,eax; mov edi,1; mov eax,edi; syscall
 jmp loop
fail: push 7; pop rdi; jmp exit
done: xor edi,edi
exit: push 60; pop rax; syscall
.balign 8, 0
data:
