/** What a computation in steps comes to, without a pause. */
export function resultOf<R>(steps: Generator<undefined, R>): R {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
