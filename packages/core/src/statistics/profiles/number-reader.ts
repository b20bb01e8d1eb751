/** Reads the numbers of an input into `values`; what is no number is NaN. */
export type NumberReader = (input: Readonly<Record<string, unknown>>, keys: readonly string[], values: Float64Array) => void;

/** Fields that one reader reads at most. */
export const READER_WIDTH = 32;
/** It reads whole blocks. */
export const READER_BLOCK = 8;

/*
 * Each place below reads one key for as long as one list of keys takes its reader: the engine then loads the number from where it
 * is in the object, in 3 ns. In a loop over keys it looks the key up and puts the number in a box of its own: 18–25 ns. A function made
 * from text would do the same, and is forbidden where a content security policy is: hence the copies, one for each of the first
 * lists of keys in a process.
 */

const number = (value: unknown): number => (typeof value === 'number' ? value : NaN);
const key = (keys: readonly string[], at: number): string => keys[at] as string;

const first: NumberReader = (input, keys, values) => {
  values[0] = number(input[key(keys, 0)]);
  values[1] = number(input[key(keys, 1)]);
  values[2] = number(input[key(keys, 2)]);
  values[3] = number(input[key(keys, 3)]);
  values[4] = number(input[key(keys, 4)]);
  values[5] = number(input[key(keys, 5)]);
  values[6] = number(input[key(keys, 6)]);
  values[7] = number(input[key(keys, 7)]);
  if (keys.length === 8) return;
  values[8] = number(input[key(keys, 8)]);
  values[9] = number(input[key(keys, 9)]);
  values[10] = number(input[key(keys, 10)]);
  values[11] = number(input[key(keys, 11)]);
  values[12] = number(input[key(keys, 12)]);
  values[13] = number(input[key(keys, 13)]);
  values[14] = number(input[key(keys, 14)]);
  values[15] = number(input[key(keys, 15)]);
  if (keys.length === 16) return;
  values[16] = number(input[key(keys, 16)]);
  values[17] = number(input[key(keys, 17)]);
  values[18] = number(input[key(keys, 18)]);
  values[19] = number(input[key(keys, 19)]);
  values[20] = number(input[key(keys, 20)]);
  values[21] = number(input[key(keys, 21)]);
  values[22] = number(input[key(keys, 22)]);
  values[23] = number(input[key(keys, 23)]);
  if (keys.length === 24) return;
  values[24] = number(input[key(keys, 24)]);
  values[25] = number(input[key(keys, 25)]);
  values[26] = number(input[key(keys, 26)]);
  values[27] = number(input[key(keys, 27)]);
  values[28] = number(input[key(keys, 28)]);
  values[29] = number(input[key(keys, 29)]);
  values[30] = number(input[key(keys, 30)]);
  values[31] = number(input[key(keys, 31)]);
};

const second: NumberReader = (input, keys, values) => {
  values[0] = number(input[key(keys, 0)]);
  values[1] = number(input[key(keys, 1)]);
  values[2] = number(input[key(keys, 2)]);
  values[3] = number(input[key(keys, 3)]);
  values[4] = number(input[key(keys, 4)]);
  values[5] = number(input[key(keys, 5)]);
  values[6] = number(input[key(keys, 6)]);
  values[7] = number(input[key(keys, 7)]);
  if (keys.length === 8) return;
  values[8] = number(input[key(keys, 8)]);
  values[9] = number(input[key(keys, 9)]);
  values[10] = number(input[key(keys, 10)]);
  values[11] = number(input[key(keys, 11)]);
  values[12] = number(input[key(keys, 12)]);
  values[13] = number(input[key(keys, 13)]);
  values[14] = number(input[key(keys, 14)]);
  values[15] = number(input[key(keys, 15)]);
  if (keys.length === 16) return;
  values[16] = number(input[key(keys, 16)]);
  values[17] = number(input[key(keys, 17)]);
  values[18] = number(input[key(keys, 18)]);
  values[19] = number(input[key(keys, 19)]);
  values[20] = number(input[key(keys, 20)]);
  values[21] = number(input[key(keys, 21)]);
  values[22] = number(input[key(keys, 22)]);
  values[23] = number(input[key(keys, 23)]);
  if (keys.length === 24) return;
  values[24] = number(input[key(keys, 24)]);
  values[25] = number(input[key(keys, 25)]);
  values[26] = number(input[key(keys, 26)]);
  values[27] = number(input[key(keys, 27)]);
  values[28] = number(input[key(keys, 28)]);
  values[29] = number(input[key(keys, 29)]);
  values[30] = number(input[key(keys, 30)]);
  values[31] = number(input[key(keys, 31)]);
};

const third: NumberReader = (input, keys, values) => {
  values[0] = number(input[key(keys, 0)]);
  values[1] = number(input[key(keys, 1)]);
  values[2] = number(input[key(keys, 2)]);
  values[3] = number(input[key(keys, 3)]);
  values[4] = number(input[key(keys, 4)]);
  values[5] = number(input[key(keys, 5)]);
  values[6] = number(input[key(keys, 6)]);
  values[7] = number(input[key(keys, 7)]);
  if (keys.length === 8) return;
  values[8] = number(input[key(keys, 8)]);
  values[9] = number(input[key(keys, 9)]);
  values[10] = number(input[key(keys, 10)]);
  values[11] = number(input[key(keys, 11)]);
  values[12] = number(input[key(keys, 12)]);
  values[13] = number(input[key(keys, 13)]);
  values[14] = number(input[key(keys, 14)]);
  values[15] = number(input[key(keys, 15)]);
  if (keys.length === 16) return;
  values[16] = number(input[key(keys, 16)]);
  values[17] = number(input[key(keys, 17)]);
  values[18] = number(input[key(keys, 18)]);
  values[19] = number(input[key(keys, 19)]);
  values[20] = number(input[key(keys, 20)]);
  values[21] = number(input[key(keys, 21)]);
  values[22] = number(input[key(keys, 22)]);
  values[23] = number(input[key(keys, 23)]);
  if (keys.length === 24) return;
  values[24] = number(input[key(keys, 24)]);
  values[25] = number(input[key(keys, 25)]);
  values[26] = number(input[key(keys, 26)]);
  values[27] = number(input[key(keys, 27)]);
  values[28] = number(input[key(keys, 28)]);
  values[29] = number(input[key(keys, 29)]);
  values[30] = number(input[key(keys, 30)]);
  values[31] = number(input[key(keys, 31)]);
};

const fourth: NumberReader = (input, keys, values) => {
  values[0] = number(input[key(keys, 0)]);
  values[1] = number(input[key(keys, 1)]);
  values[2] = number(input[key(keys, 2)]);
  values[3] = number(input[key(keys, 3)]);
  values[4] = number(input[key(keys, 4)]);
  values[5] = number(input[key(keys, 5)]);
  values[6] = number(input[key(keys, 6)]);
  values[7] = number(input[key(keys, 7)]);
  if (keys.length === 8) return;
  values[8] = number(input[key(keys, 8)]);
  values[9] = number(input[key(keys, 9)]);
  values[10] = number(input[key(keys, 10)]);
  values[11] = number(input[key(keys, 11)]);
  values[12] = number(input[key(keys, 12)]);
  values[13] = number(input[key(keys, 13)]);
  values[14] = number(input[key(keys, 14)]);
  values[15] = number(input[key(keys, 15)]);
  if (keys.length === 16) return;
  values[16] = number(input[key(keys, 16)]);
  values[17] = number(input[key(keys, 17)]);
  values[18] = number(input[key(keys, 18)]);
  values[19] = number(input[key(keys, 19)]);
  values[20] = number(input[key(keys, 20)]);
  values[21] = number(input[key(keys, 21)]);
  values[22] = number(input[key(keys, 22)]);
  values[23] = number(input[key(keys, 23)]);
  if (keys.length === 24) return;
  values[24] = number(input[key(keys, 24)]);
  values[25] = number(input[key(keys, 25)]);
  values[26] = number(input[key(keys, 26)]);
  values[27] = number(input[key(keys, 27)]);
  values[28] = number(input[key(keys, 28)]);
  values[29] = number(input[key(keys, 29)]);
  values[30] = number(input[key(keys, 30)]);
  values[31] = number(input[key(keys, 31)]);
};

/** For all further lists of keys. */
const general: NumberReader = (input, keys, values) => {
  for (let at = 0; at < keys.length; at++) values[at] = number(input[key(keys, at)]);
};

/** Whose reader is whose: a cache of what only speed depends on. */
const TAKEN = new Map<string, NumberReader>();
const FREE = [fourth, third, second, first];

/** The reader of keys. @param keys 8, 16, 24 or 32 */
export function numberReader(keys: readonly string[]): NumberReader {
  const name = JSON.stringify(keys);
  const reader = TAKEN.get(name) ?? FREE.pop() ?? general;
  if (reader !== general) TAKEN.set(name, reader);
  return reader;
}
