export {
  type FlagAttributes,
  type FlagClient,
  openFeatureAssignment,
  type OpenFeatureAssignmentOptions,
  type StringFlagDetails,
} from './openfeature/assignment.ts';
export {
  type AssignableModel,
  type FlagContext,
  type FlagResolution,
  type UnderstudyProvider,
  understudyProvider,
} from './openfeature/provider.ts';
