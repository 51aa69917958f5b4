/** What the rule says: which import, which law, and where the code belongs instead. */
export const messages = {
  upward:
    "'{{from}}' may not import '{{to}}', which lies above it. State what you need as a contract in the layer below and let '{{to}}' inject it.",
  sideways:
    "'{{from}}' may not import '{{to}}', which lies beside it. Talk through a contract in the layer below; the composition connects the two.",
  notAllowed: "'{{from}}' may import {{allowed}}, not '{{to}}'. Take it through a contract that the composition injects.",
  testOnly:
    "'{{to}}' is for tests: '{{from}}' may import it in *.spec.ts files only. Move the shared part into a package that ships.",
  unknownPackage: "'{{to}}' is in no layer. Give it a row in the `layers` option.",
  selfImport: "'{{from}}' imports itself by name. Use a relative import of the file that declares it.",
  deepImport: "'{{source}}' reaches inside another package. Import what '{{package}}' exports, or have it export more.",
  leavesPackage: "'{{source}}' leaves the folder of '{{from}}'. Import the other package by its name.",
} as const;

export type LayerMessage = keyof typeof messages;
