import { type AlertEvent, headline, linkOf, originOf, shortened } from './alert-event.ts';
import { isoTime } from './iso-time.ts';

/** A text of Slack's, as a block holds it. */
interface SlackText {
  readonly type: 'mrkdwn' | 'plain_text';
  readonly text: string;
}
interface SlackBlock {
  readonly type: 'header' | 'section' | 'context';
  readonly text?: SlackText;
  readonly elements?: readonly SlackText[];
}

/** The body of an incoming webhook (docs.slack.dev, "Sending messages using incoming webhooks"). */
export interface SlackMessage {
  /** What notifications and screen readers say. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

/** Slack takes 50 blocks, 150 characters of a header and 3,000 of a section. */
const MOST_SECTIONS = 45;
const LONGEST_HEADER = 150;
const LONGEST_HEADLINE = 300;
const LONGEST_REASON = 1000;
const LONGEST_LINK = 1000;

/** One message about alerts of one model: at least one. */
export function slackMessage(
  events: readonly AlertEvent[],
  link: ((event: AlertEvent) => string | undefined) | undefined,
): SlackMessage {
  const [first] = events;
  const model = first?.model ?? '';
  const origin = first === undefined ? '' : originOf(first);
  const summary = first !== undefined && events.length === 1 ? headline(first) : `${events.length} alerts`;
  const shown = events.slice(0, MOST_SECTIONS);
  const more = events.length - shown.length;
  return {
    text: escaped(`${model}: ${summary}`, LONGEST_HEADLINE),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: shortened(model, LONGEST_HEADER) } },
      ...shown.map((event) => section(event, linkOf(link, event))),
      ...(more > 0 ? [note(`and ${more} more`)] : []),
      ...(origin === '' ? [] : [note(origin)]),
    ],
  };
}

function section(event: AlertEvent, link: string | undefined): SlackBlock {
  const url = link === undefined ? undefined : escaped(link, Infinity);
  const lines = [
    `${iconOf(event)} *${escaped(headline(event), LONGEST_HEADLINE)}*`,
    ...(event.reason === '' ? [] : [escaped(event.reason, LONGEST_REASON)]),
    ...factsOf(event),
    ...(url === undefined || url.length > LONGEST_LINK ? [] : [`<${url}|Details>`]),
  ];
  return { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n') } };
}

function factsOf(event: AlertEvent): readonly string[] {
  if (event.type !== 'alert-raised') return [];
  const actions = event.phase === 'resolved' || event.actions.length === 0 ? '' : ` · ${event.actions.join(', ')}`;
  return [escaped(`since ${isoTime(event.since) ?? 'an unknown time'}${actions}`, LONGEST_HEADLINE)];
}

function iconOf(event: AlertEvent): string {
  switch (event.type) {
    case 'alert-raised':
      return { raised: ':red_circle:', reminder: ':large_orange_circle:', resolved: ':large_green_circle:' }[event.phase];
    case 'rollout-changed':
      return ':rewind:';
    case 'retrain-requested':
    case 'control-changed':
      return ':information_source:';
  }
}

const note = (text: string): SlackBlock => ({
  type: 'context',
  elements: [{ type: 'plain_text', text: shortened(text, LONGEST_HEADLINE) }],
});

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** At most `longest` characters, in which nothing is a mention or a link. */
function escaped(text: string, longest: number): string {
  let safe = '';
  for (const sign of text) {
    const next = ENTITIES[sign] ?? sign;
    if (safe.length + next.length >= longest) return `${safe}…`;
    safe += next;
  }
  return safe;
}
