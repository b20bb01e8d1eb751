import { expect, it } from 'vitest';
import type { ModelStatus } from '../model/status.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { cardMarkdown, fingerprintIn, googleCard, modelCard, type ModelCardAbout } from './model-card.ts';
import { createRegistry } from './registry.ts';

const by = (id: string, reason = 'a test') => ({ by: { id, roles: ['owner'] }, reason });
const ABOUT: ModelCardAbout = {
  overview: 'Says which claims people look at.',
  task: 'tabular-classification',
  dataset: 'claims-2026-10',
  license: 'apache-2.0',
  limitations: ['Claims over 1 million were not in the data.'],
  contact: 'claims-ml@example.com',
};
const STATUS = {
  model: 'triage',
  availability: 0.9995,
  calls: { total: 2000 },
  monitors: {
    reports: [
      {
        monitor: 'accuracy',
        readings: [
          { measure: 'accuracy', n: 500, value: 0.91, interval: [0.88, 0.93], limit: 0.8, status: 'ok', reason: '' },
          {
            measure: 'accuracy',
            segment: 'north',
            n: 9,
            value: null,
            interval: null,
            limit: 0.8,
            status: 'insufficient',
            reason: '',
          },
        ],
      },
    ],
  },
} as unknown as ModelStatus;

async function setUp() {
  const registry = createRegistry(createUnderstudy({ clock: new VirtualClock() }));
  const model = registry.model('triage');
  await model.register(
    { version: '1.0.0', metrics: { auc: 0.9123456 }, lineage: { data: 's3://claims', code: '9f1c', parameters: { depth: 6 } } },
    by('ana'),
  );
  await model.approve('1.0.0', by('bob', 'looked at | the data\nand the code'));
  await model.moveAlias('champion', '1.0.0', by('ana'));
  return {
    model,
    card: () => modelCard({ model, of: { alias: 'champion' }, about: ABOUT, live: { status: STATUS, at: Date.UTC(2026, 5, 1) } }),
  };
}

it('a card in Markdown has what the registry, people and live traffic say', async () => {
  const { card } = await setUp();
  const text = cardMarkdown(await card());
  expect(text.split('---\n')[1]).toBe(
    [
      'license: "apache-2.0"',
      'tags:',
      '- "tabular-classification"',
      'model-index:',
      '- name: "triage 1.0.0"',
      '  results:',
      '  - task:',
      '      type: "tabular-classification"',
      '    dataset:',
      '      type: "claims-2026-10"',
      '      name: "claims-2026-10"',
      '    metrics:',
      '    - type: "auc"',
      '      value: 0.9123456',
      `understudy_fingerprint: "${fingerprintIn(text)}"`,
      '',
    ].join('\n'),
  );
  for (const line of [
    '| status | serving, as champion |',
    '| approved by | bob (2026-01-01) |',
    '- data: s3://claims',
    '- depth: 6',
    '| auc | 0.9123 |',
    'On 2026-06-01, of 2000 calls of one process; it served 99.95 % of them.',
    '| accuracy | accuracy | all | 0.91 | 0.88 – 0.93 | 500 | ok |',
    '- Claims over 1 million were not in the data.',
    String.raw`| 2026-01-01 | approved | bob | looked at \| the data and the code |`,
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).not.toContain('north');
});

it('the same in Google’s schema', async () => {
  const { card } = await setUp();
  expect(googleCard(await card())).toMatchObject({
    model_details: {
      name: 'triage',
      version: { name: '1.0.0', date: '2026-01-01' },
      owners: [{ name: 'ana', contact: 'claims-ml@example.com' }],
    },
    quantitative_analysis: {
      performance_metrics: [
        { type: 'auc', value: '0.9123456', slice: 'claims-2026-10' },
        {
          type: 'accuracy: accuracy',
          value: '0.91',
          slice: 'live traffic',
          confidence_interval: { lower_bound: '0.88', upper_bound: '0.93' },
        },
      ],
    },
    considerations: { limitations: [{ description: 'Claims over 1 million were not in the data.' }] },
  });
});

it('its fingerprint changes with the registry and with what people say, and not with live figures', async () => {
  const { model, card } = await setUp();
  const { fingerprint } = await card();
  const of = { alias: 'champion' } as const;
  expect((await modelCard({ model, of, about: ABOUT })).fingerprint).toBe(fingerprint);
  expect((await modelCard({ model, of, about: { ...ABOUT, limitations: [] } })).fingerprint).not.toBe(fingerprint);
  await model.record('1.0.0', { auc: 0.88 }, by('ana'));
  expect((await card()).fingerprint).not.toBe(fingerprint);
});

it('what is missing is told', async () => {
  const { model } = await setUp();
  await expect(modelCard({ model, of: { alias: 'champion' }, about: { overview: '' } as never })).rejects.toThrow(
    /about\.overview[^]*about\.task[^]*about\.dataset/,
  );
  await expect(modelCard({ model, of: { alias: 'next' }, about: ABOUT })).rejects.toThrow('the alias next names no version');
  await expect(modelCard({ model, of: { version: '2' }, about: ABOUT })).rejects.toThrow('there is no version 2');
});

it.each(['---', '"; x: y', '<script>', 'a\nb: c', '| |'])('a text such as %j breaks no card', async (odd) => {
  const { model } = await setUp();
  const text = cardMarkdown(
    await modelCard({ model, of: { alias: 'champion' }, about: { ...ABOUT, overview: odd, dataset: odd, license: odd } }),
  );
  expect(text.split('\n').filter((line) => line === '---')).toHaveLength(2);
  expect(fingerprintIn(text)).toHaveLength(64);
  expect(text).not.toContain('\n<script>');
});
