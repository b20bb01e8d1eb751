/** How the model server can fail. */
export type Fault = 'none' | 'slow' | 'unavailable' | 'broken';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const FASTEST_MS = 600;
const SLOWEST_MS = 1600;

/** Spreads a count evenly over 0–1 without randomness: multiples of the golden ratio, modulo 1. */
const spread = (count: number): number => (count * 0.618_033_988_75) % 1;

/** How long a fault holds an answer back, in milliseconds. */
export function delayMs(fault: Fault, count: number): number {
  return fault === 'slow' ? FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * spread(count) : 0;
}

/** What a fault makes of a right answer: `probabilities` of malignant and benign. */
export function answerOf(fault: Fault, count: number, probabilities: readonly number[]): Answer {
  if (fault === 'unavailable') {
    return { status: 503, headers: { 'retry-after': '2' }, body: '{"error":"no capacity"}' };
  }
  // One answer in four is right: a broken deployment behind a load balancer.
  const kind = fault === 'broken' ? count % 4 : 0;
  if (kind === 1) return { status: 200, body: response(JSON.stringify([7.3, -6.3])) };
  if (kind === 2) return { status: 200, body: response('[NaN,NaN]') };
  if (kind === 3) return { status: 200, body: '{"model_name":"biopsy-triage","outputs":[]}' };
  return { status: 200, body: response(JSON.stringify(probabilities)) };
}

/** An inference response of the Open Inference Protocol; `data` is JSON, or what a careless server takes for it. */
function response(data: string): string {
  const tensor = `{"name":"probabilities","datatype":"FP32","shape":[1,2],"data":${data}}`;
  return `{"model_name":"biopsy-triage","model_version":"1","outputs":[${tensor}]}`;
}
