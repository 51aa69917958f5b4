/** What a person asked a generator for and cannot have. The message names the thing and the remedy. */
export class GeneratorError extends Error {
  /** `tools/what-went-wrong`. */
  readonly code: string;

  constructor(code: string, message: string, remedy: string) {
    super(`${code}: ${message}. ${remedy}`);
    this.name = 'GeneratorError';
    this.code = code;
  }
}
