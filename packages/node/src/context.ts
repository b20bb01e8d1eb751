export { callContext, type CallContext, contextOptions, withCallContext } from './context/call-context.ts';
export { DECISION_CHANNEL, publishDecisions } from './context/publish-decisions.ts';
