export type { AlertEvent, AlertType } from './sinks/alert-event.ts';
export { pagerDuty, type PagerDutyOptions } from './sinks/pager-duty.ts';
export { slack, type SlackOptions } from './sinks/slack.ts';
export { webhook, type WebhookOptions } from './sinks/webhook.ts';
