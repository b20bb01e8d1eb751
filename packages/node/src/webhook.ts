export { webhook, type WebhookOptions } from './sinks/webhook.ts';
