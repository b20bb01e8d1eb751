// One policy: nothing else may come along.
export { timeout } from '@understudy/core/policies';
