/* Where the interpreter starts: RDI says which program, HLT ends it with the result in RAX. */
unsigned long run_program(unsigned long which);
void entry(unsigned long which) {
  unsigned long result = run_program(which);
  __asm__ volatile("hlt" : : "a"(result));
}
