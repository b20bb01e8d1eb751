import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleAlert,
  sampleCircuit,
  sampleControl,
  sampleDecision,
  sampleDropped,
  sampleMonitor,
  sampleOutcome,
  sampleRetrain,
  sampleRollout,
} from '../../tests/support/sample-events.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import { seededRandom } from '../statistics/seeded-random.ts';
import { reportBuilder } from './report-builder.ts';
import type { MonitorStatus } from '../types/index.ts';
import { renderReport, renderReportData, reportData } from './render-report.ts';
import type { ReportData } from './report-data.ts';

const AT = Date.UTC(2026, 0, 1);
const bytes = (page: string): number => new TextEncoder().encode(page).length;

/** Every place of an event that a text from outside comes from. */
function historyOf(text: string): UnderstudyEvent[] {
  const reading = {
    measure: text,
    field: text,
    segment: text,
    n: 10,
    value: 0.5,
    interval: [0.4, 0.6] as const,
    limit: 0.7,
    status: 'breach' as const,
    reason: text,
  };
  const model = { model: text, at: AT };
  return [
    sampleDecision({ ...model, servedBy: text, version: text, assigned: text }),
    sampleOutcome(model),
    sampleMonitor({ ...model, monitor: text, kind: text, reading }),
    sampleMonitor({ ...model, at: AT + 1000, monitor: text, kind: text, from: 'breach', to: 'warn', reading }),
    sampleAlert({
      ...model,
      monitor: text,
      reason: text,
      actions: [text],
      readings: [reading, { ...reading, segment: `${text}2` }],
    }),
    sampleRetrain({ ...model, monitor: text, reason: text, champion: text, version: text }),
    sampleControl({ ...model, command: text, variant: text, by: text, reason: text }),
    sampleRollout({ ...model, rollout: text, challenger: text, from: text, to: text, by: text, reason: text, share: 0.1 }),
    sampleRollout({ ...model, at: AT + 1000, rollout: text, challenger: text, from: text, to: text, by: text, reason: text }),
    sampleCircuit({ ...model, variant: text, from: text, to: text, reason: text }),
    sampleDropped({ at: AT, sink: text }),
  ];
}

const tableOf = (page: string, caption: string): string => {
  const from = page.indexOf(`<caption>\n${caption}\n</caption>`);
  return from < 0 ? '' : page.slice(from, page.indexOf('</table>', from));
};

const tagsOf = (page: string): string[] => page.match(/<[!/a-z][a-z0-9]*/gi) ?? [];

describe('texts from outside', () => {
  test('no text adds, closes or changes an element', () => {
    const page = tagsOf(renderReport([], historyOf('plain'), { title: 'plain' }));
    const piece = fc.constantFrom(
      '<script>',
      '</title>',
      '</style>',
      '-->',
      '<!--',
      '"',
      "'",
      '&',
      '<',
      '>',
      '`',
      '=',
      ' onload=',
      '\u202E',
      '\uD800',
      '\u0000',
      '${',
      ']]>',
      '<svg/onload=alert(1)>',
      '&#60;',
    );
    const hostile = fc
      .array(fc.oneof(piece, fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 12 })
      .map((pieces) => `x${pieces.join('')}`);
    fc.assert(
      fc.property(hostile, (text) => {
        const found = renderReport([], historyOf(text), { title: text });
        expect(tagsOf(found)).toEqual(page);
        // oxlint-disable-next-line no-control-regex
        expect(found).not.toMatch(/[\u0000-\u0008\u202A-\u202E\u2066-\u2069]/);
        expect(found.isWellFormed()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('they are shown as they are', () => {
    expect(renderReport([], historyOf('a<b & "c"'))).toContain('<h2>a&lt;b &amp; &quot;c&quot;</h2>');
  });
});

describe('size', () => {
  test('the file is smaller than 150 kB, whatever the events', () => {
    const worst = '<'.repeat(5000);
    const events: UnderstudyEvent[] = [];
    for (let model = 0; model < 25; model++) {
      for (let index = 0; index < 300; index++) {
        const at = AT + index * 3_600_000;
        const name = `${String(model)}-${String(index % 70)}${worst}`;
        const one = { at, model: `${String(model)}${worst}` };
        const reading = {
          measure: name,
          field: name,
          n: 1e9,
          value: index / 7,
          interval: [0, 1 / 3] as const,
          limit: 1 / 3,
          status: 'breach' as const,
          reason: worst,
        };
        events.push(
          sampleDecision({ ...one, servedBy: name, version: worst }),
          sampleMonitor({ ...one, monitor: name, kind: worst, to: index % 2 === 0 ? 'warn' : 'breach', reading }),
          sampleControl({ ...one, by: worst, reason: worst }),
          sampleRollout({ ...one, rollout: worst, to: worst, reason: worst }),
        );
      }
    }
    const page = renderReport([], events, { title: worst });
    expect(bytes(page)).toBeLessThan(150_000);
    expect(page).toMatch(/Not shown: \d+ more models\./);
    expect(page).toContain('Lists and texts are cut');
  });

  test('a hundred thousand events are a page whose charts over time are whole', { timeout: 300_000 }, () => {
    const random = seededRandom(5);
    const builder = reportBuilder();
    for (let index = 0; index < 50_000; index++) {
      const at = AT + index * 17_000;
      const decision = sampleDecision({ at, durationMs: 5 / (0.01 + random()), tier: random() < 0.1 ? 'rules' : 'model' });
      builder.add(decision);
      const seen = { at: at + 60_000, decisionId: decision.id, tier: 'model' } as const;
      if (index % 100 === 0)
        builder.add(sampleMonitor({ at, to: index % 200 === 0 ? 'breach' : 'ok', monitor: `m${index % 7}` }));
      else builder.add(sampleOutcome({ ...seen, kind: 'feedback', agree: random() < 0.9, kpi: { saved: random() } }));
    }
    const page = renderReportData(builder.data());
    expect(bytes(page)).toBeLessThan(150_000);
    // 50,000 × 17 s are 9.8 days: 79 bins of 3 hours.
    for (const caption of ['Calls in 3\u00A0h', 'Latency of served calls over time, in 3\u00A0h'])
      expect(tableOf(page, caption).match(/<tr>/g)).toHaveLength(1 + 79);
    expect(tableOf(page, 'Answers of the model that people let stand, over time, in 3\u00A0h').match(/<tr>/g)).toHaveLength(
      1 + 79,
    );
  });

  test('an ordinary one is not cut', () => {
    const page = renderReport([], historyOf('claims'));
    expect(page).not.toContain('Lists and texts are cut');
    expect(page).not.toContain('Not shown');
  });
});

describe('the page', () => {
  test('forbids every load, and has no script, link to elsewhere or style of another file', () => {
    const page = renderReport([], historyOf('claims'));
    expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src`);
    expect(page).not.toMatch(/<script|<img|<iframe|@import|url\(|https?:/);
  });

  test('each chart has a name, a description and a table', () => {
    const page = renderReport([], historyOf('claims'));
    const charts = page.split('<svg role="img"').slice(1);
    expect(charts.length).toBeGreaterThanOrEqual(4);
    for (const chart of charts)
      expect(chart).toMatch(
        /<title id="c\d+t">[^<]+<\/title>[^]*?<desc id="c\d+d"\s*>[^<]+[^]*?<details>[^]*?<table[^>]*>[^]*?<\/figure>/,
      );
  });

  test('charts over time: calls, parts of tiers and quantiles by bin, in the table as drawn', () => {
    const hour = 3_600_000;
    const calls = Array.from({ length: 96 }, (_, index) => [
      ...Array.from({ length: 9 }, (_other, call) => sampleDecision({ at: AT + index * hour, durationMs: call + 1 })),
      sampleDecision({ at: AT + index * hour, durationMs: 40, tier: index === 3 ? 'rules' : 'model', servedBy: 'x' }),
    ]).flat();
    const page = renderReport([], calls).replaceAll('\u00A0', ' ');
    expect(tableOf(page, 'Calls in 1 h')).toMatch(/2026-01-01 03:00<\/time><\/th>\s*<td>10<\/td>\s*<td>9<\/td>\s*<td>1<\/td>/);
    expect(page).toContain('Served by rules: 0.1 % of calls, up to 10 %.');
    // Ten calls a bin: of the 99th percentile nothing is known.
    const latency = tableOf(page, 'Latency of served calls over time, in 1 h');
    expect(latency).toContain(
      '<th scope="col">from</th><th scope="col">median</th><th scope="col">90 %</th><th scope="col">cases</th>',
    );
    const [, median, ninety, n] =
      /03:00<\/time><\/th>\s*<td>([\d.]+) ms<\/td>\s*<td>([\d.]+) ms<\/td>\s*<td>(\d+)</.exec(latency) ?? [];
    expect([Math.abs(Number(median) / 5 - 1) < 0.1, Math.abs(Number(ninety) / 9 - 1) < 0.1, n]).toEqual([true, true, '10']);
  });

  test('calls that took no time have no chart of it, and are told to be fast, not to have taken 0.009 ms', () => {
    const page = renderReport(
      [],
      [0, 1, 2].map((at) => sampleDecision({ at: AT + at, durationMs: 0, assigned: 'champion', servedBy: 'champion' })),
    ).replaceAll('\u00A0', ' ');
    expect(page).toContain('The champion serves.');
    expect(page).toContain('Half were answered within 0.01 ms, 99 % within 0.01 ms.');
    expect(page).toContain('&lt; 0.01 ms');
    expect(page).not.toContain('Latency of served calls over time');
  });

  test('each monitor has its lane: what it was before, each change, and what it is now', () => {
    const change = (at: number, from: MonitorStatus, to: MonitorStatus) => sampleMonitor({ at: AT + at, from, to });
    const page = renderReport(
      [],
      [sampleDecision({ at: AT }), change(250, 'ok', 'breach'), change(500, 'breach', 'warn'), sampleDecision({ at: AT + 999 })],
    );
    const lanes = page.slice(page.indexOf('All monitors over time'));
    const drawn = ['ok', 'warn', 'breach'].map((status) => new RegExp(`class="bar ${status}" d="([^"]+)"`).exec(lanes)?.[1]);
    expect(drawn).toEqual(['M90 3H312.5V5H90z', 'M535 1H980V7H535z', 'M312.5 0H535V8H312.5z']);
    expect(tableOf(page, 'Changes of status')).toContain('2026-01-01 00:00 ■ breach; 2026-01-01 00:00 ▲ warning');
  });

  test('times are told in the zone that is asked for', () => {
    const page = renderReport([], [sampleDecision({ at: Date.UTC(2026, 6, 1, 23, 30) })], { timeZone: 'Asia/Tokyo' });
    expect(page).toContain('<time datetime="2026-07-01T23:30:00.000Z">2026-07-02 08:30</time>');
    expect(() => renderReport([], [], { timeZone: 'Mars/Base' })).toThrow(/timeZone: expected an IANA name .* got "Mars\/Base"/);
  });

  test('without a model it says that there is nothing, and without some part that it is missing', () => {
    expect(renderReport([], [])).toContain('There is nothing to report: no status and no event was given.');
    const page = renderReport([], [sampleControl()]);
    for (const sentence of ['No decision events were given.', 'No monitor has reported.', 'No outcome has been reported.'])
      expect(page).toContain(sentence);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('numbers that are none leave no trace in a drawing', () => {
    const reading = {
      measure: 'auc',
      n: NaN,
      value: NaN,
      interval: [NaN, Infinity] as const,
      limit: Infinity,
      status: 'warn' as const,
      reason: '',
    };
    const events = [0, 1, 2].map((index) =>
      sampleMonitor({ at: AT + index, reading: { ...reading, value: index === 1 ? 0.5 : NaN } }),
    );
    const drops = [sampleDecision({ at: AT, durationMs: NaN }), sampleDecision({ at: AT, weight: Infinity })];
    expect(renderReport([], [...events, ...drops])).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('data can be kept as JSON and drawn later; another version is refused', () => {
    const data = reportData([], historyOf('claims'));
    expect(renderReportData(JSON.parse(JSON.stringify(data)) as ReportData)).toBe(renderReport([], historyOf('claims')));
    expect(() => renderReportData({ ...data, v: 2 } as unknown as ReportData)).toThrow('expected 1, got 2');
  });
});

describe('F13 a malformed history', () => {
  const events = historyOf('x');
  const ODD: readonly unknown[] = [
    null,
    undefined,
    Number.NaN,
    -1,
    1e308,
    '',
    'x',
    [],
    [null],
    {},
    true,
    10n,
    Symbol('s'),
    () => 1,
  ];

  test('F13 of anything in place of events is a report that counts them', () => {
    const odd = [...ODD, { type: 'decision' }, { type: 'constructor', id: 'a', at: AT, model: 'x' }] as UnderstudyEvent[];
    const data = reportData([], [...odd, ...events], {});
    expect(data.events).toMatchObject({ total: 11, unreadable: odd.length });
    expect(renderReport([], odd)).toContain('</html>');
  });

  test('F13 with anything in place of any field, at any depth, throws nothing and stays finite (property)', () => {
    /** A copy with one place replaced. */
    const replaced = (value: unknown, path: readonly number[], by: unknown): unknown => {
      if (typeof value !== 'object' || value === null || path.length === 0) return by;
      const keys = Object.keys(value);
      const [first = 0, ...rest] = path;
      const key = keys[first % Math.max(1, keys.length)];
      if (key === undefined) return by;
      const copy: object = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
      Reflect.set(copy, key, replaced(Reflect.get(value, key), rest, by));
      return copy;
    };
    const change = fc.tuple(fc.nat(10), fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }), fc.constantFrom(...ODD));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const history = changes.map(
          ([at, path, by], index) => replaced({ ...(events[at] as object), id: `odd${index}` }, path, by) as UnderstudyEvent,
        );
        const page = renderReport([], [...history, ...events]);
        expect(page).toContain('</html>');
        expect(page).not.toMatch(/NaN|\bundefined\b|\[object /u);
      }),
      { seed: 13, numRuns: 400 },
    );
  });
});

describe('B5 a report', () => {
  const HOUR = 3_600_000;
  const points = (hours: readonly number[]): UnderstudyEvent[] =>
    hours.map((hour, index) =>
      sampleMonitor({
        id: `m${index}`,
        at: AT + hour * HOUR,
        from: index % 2 === 0 ? 'ok' : 'warn',
        to: index % 2 === 0 ? 'warn' : 'ok',
        reading: { measure: 'accuracy', n: 9, value: 0.8 + index / 100, interval: null, limit: null, status: 'ok', reason: 'r' },
      }),
    );
  const pathsIn = (page: string): number => (/<path class="line " d="([^"]*)"/u.exec(page)?.[1] ?? '').split('M').length - 1;

  test('B5 joins no points across an outage', () => {
    expect(pathsIn(renderReport([], points([0, 1, 2, 3, 4, 5])))).toBe(1);
    expect(pathsIn(renderReport([], points([0, 1, 2, 40, 41, 42])))).toBe(2);
  });

  test('B5 breaks no word that fits a line', () => {
    const page = renderReport([], points([0, 1]));
    expect(page).toContain('sans-serif;overflow-wrap:break-word}');
  });
});
