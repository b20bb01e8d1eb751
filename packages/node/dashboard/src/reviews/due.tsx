import { duration } from '../format.ts';
import { Mark } from '../parts/small.tsx';

/** When something must be done, from now. */
export function Due({ at, now }: { readonly at: number; readonly now: number }) {
  return at < now ? <Mark level="breach">{duration(now - at)} ago</Mark> : <span>in {duration(at - now)}</span>;
}
