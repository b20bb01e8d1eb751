/**
 * The one reader of options of the library, for factories of your own: a policy, an adapter, a sink with your house's defaults.
 *
 * @module
 */
export {
  anything,
  callback,
  checkOptions,
  count,
  countOr0,
  either,
  finite,
  flag,
  type Kind,
  kind,
  type Kinds,
  list,
  ms,
  msOr0,
  msOrNever,
  oneOf,
  options,
  type OptionsRead,
  over,
  probability,
  type Problem,
  record,
  readOptions,
  type Relation,
  required,
  type Settings,
  share,
  shareOr0,
  text,
  whole,
  within,
  withMethods,
} from './errors/index.ts';
export { retryAfterMs } from './time/index.ts';
