/**
 * Write a policy, an adapter, a sink or a store of your own, with the defaults of your house: the one reader of options, errors
 * that say no more than they may, and the clock.
 *
 * @module
 */
export { untilAborted } from './adapters/until-aborted.ts';
export { sharedIds, sharedKey } from './control/shared-keys.ts';
export { didYouMean } from './errors/did-you-mean.ts';
export { headerFields } from './errors/header-fields.ts';
export {
  anything,
  callback,
  count,
  countOr0,
  either,
  finite,
  flag,
  kind,
  type Kind,
  list,
  ms,
  msOr0,
  msOrNever,
  oneOf,
  over,
  probability,
  record,
  required,
  share,
  shareOr0,
  text,
  whole,
  within,
  withMethods,
} from './errors/kinds.ts';
export { Problems } from './errors/problems.ts';
export {
  checkOptions,
  type Kinds,
  options,
  type OptionsRead,
  readOptions,
  type Relation,
  type Settings,
} from './errors/read-options.ts';
export { redactUrl, redactUrls, safeErrorText, type UrlView } from './errors/redact-url.ts';
export { causeCode, safeCause } from './errors/safe-cause.ts';
export { type Problem, UnderstudyError } from './errors/understudy-error.ts';
export { EVENT_TYPES } from './events/event-types.ts';
export { type Lane, laneOf } from './events/lane.ts';
export type { Clock, TimerHandle } from './time/clock.ts';
export { systemClock } from './time/system-clock.ts';
export { retryAfterMs } from './time/retry-after.ts';
export { atOnce } from './time/settle-later.ts';
