export { createUnderstudy, defineModel, type DefineModel, type Understudy, type UnderstudyOptions } from './runtime/index.ts';
