export const RUN_HELP = `Usage: polyvisor run [OPTIONS]

Runs an operating system on a PC. Options are spelt as in QEMU.
  -kernel FILE       bzImage or ELF kernel      -initrd FILE  initial RAM disk
  -append TEXT       the kernel's command line  -bios FILE    BIOS or UEFI
  -m SIZE            memory, in MiB or such as 512M or 2G (256M)
  -smp N             processors (1)     -cpu MODEL  max, x86-64-v3, -v2, qemu64
  -machine pc|q35    the board (pc)     -vga std    a video card
  -hda FILE, -cdrom FILE, -boot LETTERS, -snapshot
  -drive file=FILE[,format=raw|qcow2][,if=virtio|ide|none][,snapshot=on]
  -netdev user,id=N  a network          -device DRIVER[,SETTING=VALUE]
  -serial CHANNEL    stdio, file:PATH or none; up to four times (stdio)
  -debugcon CHANNEL  what the guest writes to port 0xe9
  -no-reboot         end where the guest would reset
  -name TEXT         -nographic, -display none: there is no display anyway
  --mmu STRATEGY     ept (the default), npt, shadow
  --entry PROTOCOL   auto, pvh, linux64, bzimage64, bzimage32, multiboot
  --machine-file F   devices of your own, and changes to the machine (JSON)
  --restore FILE     go on from what the monitor's "savevm FILE" wrote
  --trace FILE       every instruction  --stats     what the run cost
Keys: Ctrl-A x ends the run, Ctrl-A c is the monitor, Ctrl-A Ctrl-A is Ctrl-A.
`;
