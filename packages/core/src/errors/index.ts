export { ERROR_CODES, type ErrorCode } from './error-code.ts';
export { asError, errorClass, errorText, readProperty } from './error-text.ts';
export { type ErrorDetails, type Problem, UnderstudyError } from './understudy-error.ts';
export { didYouMean } from './did-you-mean.ts';
export {
  anything,
  callback,
  count,
  countOr0,
  either,
  finite,
  flag,
  isRecord,
  joined,
  type Kind,
  kind,
  list,
  ms,
  msOr0,
  msOrNever,
  noteText,
  oneOf,
  over,
  probability,
  problemsAt,
  record,
  required,
  share,
  shareOr0,
  text,
  whole,
  within,
  withMethods,
  UNREADABLE,
} from './kinds.ts';
export { headerFields } from './header-fields.ts';
export { ownValue } from './own-value.ts';
export { Problems, problemsError, SHOWN_PROBLEMS } from './problems.ts';
export { checkOptions, type Kinds, options, problemsUnder, readOptions, type Relation, type Settings } from './read-options.ts';
export { redactUrl, safeErrorText } from './redact-url.ts';
export { rejection } from './rejection.ts';
export { safeCause } from './safe-cause.ts';
export { sentence } from './sentence.ts';
export { bounded, told } from './told.ts';
