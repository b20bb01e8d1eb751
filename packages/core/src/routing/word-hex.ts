import { murmur3 } from '../statistics/sketches/murmur3.ts';

/** A 32-bit word as eight hexadecimal digits. */
export const wordHex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** A 64-bit hash of a text, as 16 hexadecimal digits. */
export const textHash = (text: string): string => wordHex(murmur3(text)) + wordHex(murmur3(`second:${text}`));
