export { type Attribution, type Contribution, type Explainer, explainer, type ExplainerOptions } from './explainer.ts';
