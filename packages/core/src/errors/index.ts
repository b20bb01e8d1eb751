export { ERROR_CODES, type ErrorCode } from './error-code.ts';
export { type ErrorDetails, type Problem, UnderstudyError } from './understudy-error.ts';
export { optionProblems } from './option-problems.ts';
export { ownValue } from './own-value.ts';
export { Problems, problemsError } from './problems.ts';
export { rejection } from './rejection.ts';
