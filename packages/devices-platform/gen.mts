import { registerTable } from './src/register-map.ts';
import { REGISTERS as uart } from './src/uart16550/registers.ts';
import { REGISTERS as demo } from './src/demo-dma/registers.ts';
import { writeFileSync } from 'node:fs';
writeFileSync('src/uart16550/README.md', `# platform/uart16550

A serial port: the National Semiconductor PC16550D (data sheet TL/C/8652, June 1995), a 16450 with FIFOs of 16
characters. It takes eight I/O ports and drives one level line, \`intr\`.

${registerTable(uart)}

## Files

| file | what is in it |
|---|---|
| \`registers.ts\` | the register map and every bit, as data |
| \`chip.ts\` | the chip: registers, interrupts, timing; knows no machine |
| \`receiver.ts\`, \`transmitter.ts\`, \`fifo.ts\` | the two sides of the chip |
| \`character-time.ts\` | how long a character takes |
| \`config.ts\`, \`state.ts\` | schemas |
| \`uart16550.ts\` | the plugin: what the chip asks of a machine |

\`Uart16550Chip\` is exported for other boards. Its \`receive\` takes characters with parity, framing and break errors, and
its \`setModemInputs\` the modem's lines; the plugin itself has a peer that is always there.

## Configuration

| key | default | meaning |
|---|---|---|
| \`port\` | 0x3f8 | first I/O port |
| \`irq\` | 4 | interrupt input |
| \`timing\` | \`none\` | \`none\`: characters leave and arrive at once. \`baud\`: they take the time that the divisor latch and LCR say, from a 1.8432 MHz crystal |
| \`out2GatesInterrupt\` | true | the line is driven only while MCR.OUT2 is set, as on a PC's card |

## Where the data sheet leaves a choice

| question | answer | why |
|---|---|---|
| bytes that come faster than the guest reads | they stay in the source until there is room | a console should lose no input; an overrun happens in loopback, or through \`receive\` |
| OUT2 in loopback | the gate follows the MCR bit, not the pin, which loopback holds inactive | the chips that PCs have had since do it so, and a self-test gets its interrupts |
| QEMU does not model the gate | we do | Linux raises OUT2 for every port with an interrupt, so does everything written for real cards |
| setting IER.ETBEI while THR is empty | the interrupt comes again, on the rising edge of the bit | Linux tests for it at start-up and falls back to a timer without it |
| writing THR while the FIFO is full | the character is dropped; the 16450 mode overwrites | there is no place for it |
| reading RBR while it is empty | the last character again, 0 after a FIFO reset | that is what a register does |
| the timeout interrupt | four character times after the last character came or was read, whatever the trigger | §8.11 names no trigger |
| THRE after a single character | as soon as the FIFO is empty | the data sheet's extra delay of a character saves interrupts on a slow bus, which this is not |
| divisor 0 | counts as 1 | a guest that forgets the divisor is fast rather than stuck |
| divisor latch and SCR at reset | 12 (9600 baud) and 0 | runs are repeatable |
`);
writeFileSync('src/demo-dma/README.md', `# platform/demo-dma

A device for learning, for driver tutorials and for tests of a machine's DMA and interrupts. It has the spirit of QEMU's
\`edu\` device and a register map of its own. One region of 4096 bytes holds the registers; inside is a buffer of 4096 bytes
that only DMA reaches. It drives a level line, \`line\`, or sends messages.

${registerTable(demo)}

- All registers have 32 bits. Another width, or an offset that is not a multiple of 4, reads as 0 and writes nothing.
  Offsets that the table does not name are reserved and do the same.
- For command 1 the source is a bus address and the destination an offset in the buffer; for command 2 it is the other
  way round. The transfer happens \`latency\` nanoseconds of guest time after the command, whole, with the memory as it is
  then. While BUSY is set, the DMA registers keep their values, and no other command than abort is taken.
- A transfer ends with DONE, or with ERROR and a fault. A fault that the bus reports may have moved the bytes before the
  faulting page.
- With MSI_CONTROL bit 0 the line stays down. A message goes out when an enabled bit of IRQ_STATUS comes up, also when it
  was waiting while messages were switched on or the bit was enabled.

## Configuration

| key | default | meaning |
|---|---|---|
| \`address\` | 0xfe000000 | base of the registers |
| \`irq\` | 10 | interrupt input |
| \`latency\` | 0 | guest time in nanoseconds from command to transfer; with 0 it is over when the write returns |

## A driver in four lines

\`\`\`ts
write(Offset.DMA_SRC_LO, 0x1000);             // guest memory
write(Offset.DMA_DST_LO, 0);                  // buffer
write(Offset.DMA_LENGTH, 64);
write(Offset.DMA_COMMAND, Command.LOAD);      // then IRQ_STATUS bit 0, or DMA_STATUS bit 1
\`\`\`
`);
