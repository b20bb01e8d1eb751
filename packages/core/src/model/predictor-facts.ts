import { bounded } from '../errors/index.ts';
import type { AdapterPredictor } from '../types/index.ts';
import { atOnce } from '../time/index.ts';

const MOST = 20;
const LONGEST = 200;

/**
 * What a predictor says of itself, best effort: the texts among it, a few and short. One that fails says nothing, and that is told
 * to `fault`.
 */
export function factsOf(
  predictor: AdapterPredictor,
  fault: (error: unknown) => void,
): Readonly<Record<string, string>> | undefined {
  try {
    const told = atOnce(predictor.describe?.());
    if (typeof told !== 'object' || told === null) return undefined;
    const texts = Object.entries(told).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return Object.fromEntries(texts.slice(0, MOST).map(([name, text]) => [bounded(name, LONGEST), bounded(text, LONGEST)]));
  } catch (error) {
    fault(error);
    return undefined;
  }
}
