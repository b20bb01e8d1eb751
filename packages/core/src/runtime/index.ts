export { createUnderstudy } from './create-understudy.ts';
export { defineModel, type DefineModel } from './define-model.ts';
export { ManagedUnderstudy, type Understudy } from './understudy.ts';
export type { UnderstudyOptions } from './understudy-options.ts';
