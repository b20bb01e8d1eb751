export { serveExplainer, workerExplainer } from './explanations/worker-explainer.ts';
