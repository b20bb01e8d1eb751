/**
 * What a model was worth: KPIs in money against a holdback, with what it cost.
 *
 * @module
 */
export {
  type Amount,
  valueBuilder,
  type ValueBuilder,
  type ValueOptions,
  type ValuePeriod,
  type ValueReport,
  type VariantValue,
} from './value/value.ts';
