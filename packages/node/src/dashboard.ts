/**
 * A page that shows what the models of a runtime do and why, and lets authorised people command them: a web-standard handler.
 *
 * @module
 */
export { dashboard, type Dashboard } from './dashboard/dashboard.ts';
export type { DashboardOptions, Viewer } from './dashboard/dashboard-options.ts';
export { type NodeHandler, toNodeHandler } from './dashboard/node-handler.ts';
