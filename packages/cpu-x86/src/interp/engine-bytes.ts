import { engineModule } from './engine.generated.ts';

/** The generated interpreter as bytes; the same in Node and in a browser. */
export function engineBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(engineModule);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
