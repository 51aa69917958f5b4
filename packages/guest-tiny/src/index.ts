export { TINY_PROMPT, tinyGuest } from './guest/tiny-guest.ts';
