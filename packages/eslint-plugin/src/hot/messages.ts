/** What the rule says: the construct, why it is not free, and what to write instead. */
export const messages = {
  // Allocation: allowed in a branch guarded by `.active`.
  objectLiteral:
    'An object literal allocates on each call. Keep the object in a field made by the constructor, or return numbers.',
  arrayLiteral: 'An array literal allocates on each call. Keep the array, or a typed array, in a field.',
  regexLiteral: 'A regular expression literal allocates on each call. Compare character codes, or hoist it to a constant.',
  templateLiteral: 'A template with expressions allocates a string. Build text in a function without @hot and call it.',
  stringConcat: 'Concatenating strings allocates. Build text in a function without @hot and call it.',
  newExpression: '`new` allocates on each call. Construct it once, in the constructor, and reuse it.',
  spread: 'Spread copies through an iterator and allocates. Name the elements, or copy with TypedArray.set.',
  rest: 'A rest element allocates an array or an object on each call. Name each parameter or property.',
  arrayDestructuring: 'Array destructuring runs an iterator, which allocates. Read the elements by index.',
  classDefinition: 'A class made inside a function is new on each call. Move it to module level.',
  closure: 'A nested function allocates a closure on each call. Move it to module level or make it a method.',
  arguments: '`arguments` allocates an object. Name the parameters.',
  forIn: '`for…in` allocates the list of keys. Loop by index over an array.',
  forOf: '`for…of` allocates an iterator and its results. Loop by index.',
  allocatingCall: '`{{name}}` allocates its result. Loop by index into storage that already exists.',

  // The contract of a hot function: in force everywhere in it.
  throw: '`throw` unwinds by allocation. Return a status for what a guest does; for a bug of ours call a function without @hot that throws.',
  await: '`await` suspends and allocates. Hot code is synchronous: post the work and return.',
  async: 'An async function returns a promise. Hot code is synchronous: post the work and return.',
  yield: '`yield` suspends and allocates. Keep the position in a field and return.',
  generator: 'Calling a generator allocates an iterator. Keep the position in a field and loop by index.',
  promise: '`{{name}}` makes a promise. Hot code is synchronous: set a flag that a function without @hot looks at.',
  dynamicImport: '`import()` makes a promise. Import the module at the top of the file.',
  bigintLiteral: 'A bigint lives on the heap and is an order of magnitude slower. Use two i32 halves or go through memory.',
  bigintApi: '`{{name}}` makes bigints. Use two i32 halves: Int32Array, getInt32, setInt32.',
  bigintType: 'A bigint may not cross a hot boundary. Pass two i32 halves or an address in memory.',
  observable: '`{{name}}` runs RxJS. Call the function directly, or emit an event point: if (point.active) point.emit(…).',

  // The tag itself.
  strayTag:
    '@hot marks no function here, so nothing is checked. Put it in the /** JSDoc */ right before the function itself; in prose write `@hot`.',
  hotAndCold: 'A function is @hot or @cold, not both. Move the cold part into a function of its own.',
} as const;

export type HotMessage = keyof typeof messages;
