import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricFamily } from './exposition.ts';
import type { Instrument } from './telemetry-names.ts';

const COUNTER: Instrument = { kind: 'counter', name: 'inference.calls', unit: '{event}', description: 'Calls' };
const HISTOGRAM: Instrument = { kind: 'histogram', name: 'inference.duration', unit: 's', description: 'How long' };
const counter = (limit = 10): MetricFamily => new MetricFamily('my_', COUNTER, [], limit);
const linesOf = (family: MetricFamily): string[] => family.render().split('\n').slice(2, -1);

it('names follow the conventions of Prometheus', () => {
  expect([counter().name, new MetricFamily('', HISTOGRAM, [1], 10).name]).toEqual([
    'my_inference_calls_total',
    'inference_duration_seconds',
  ]);
  expect(counter().render()).toBe('# HELP my_inference_calls_total Calls\n# TYPE my_inference_calls_total counter\n');
});

describe('a counter', () => {
  it('adds up by labels', () => {
    const family = counter();
    family.record(1, { 'a.b': 'x' });
    family.record(2.5, { 'a.b': 'x' });
    family.record(1, {});
    expect(linesOf(family)).toEqual(['my_inference_calls_total{a_b="x"} 3.5', 'my_inference_calls_total 1']);
  });

  it('puts what is beyond the limit into one series, and counts it', () => {
    const family = counter(2);
    for (const a of ['x', 'y', 'z', 'x', 'z', 'w']) family.record(1, { a });
    expect([linesOf(family).map((line) => line.replace(/^.*\{/, '{')), family.overflows]).toEqual([
      ['{a="x"} 2', '{a="y"} 1', '{a="other"} 3'],
      3,
    ]);
  });
});

it('a label comes back as it was, whatever it holds (property)', () => {
  const text = fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', 'a', '{', '}', ',', 'é') });
  fc.assert(
    fc.property(text, (value) => {
      const family = counter();
      family.record(1, { a: value });
      const [, written = ''] = /^my_inference_calls_total\{a="((?:[^"\\\n]|\\.)*)"\} 1$/.exec(linesOf(family).join('\n')) ?? [];
      expect(written.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))).toBe(value);
    }),
  );
});

it('buckets are cumulative, their bounds belong to them, and the last has all (property)', () => {
  const bounds = [0.1, 1, 10];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...bounds), fc.double({ min: 0, max: 20, noNaN: true }))), (values) => {
      const family = new MetricFamily('', HISTOGRAM, bounds, 10);
      for (const value of values) family.record(value, { a: 'x' });
      const counts = [...bounds, Infinity].map((bound) => values.filter((value) => value <= bound).length);
      const lines = linesOf(family);
      expect(lines.slice(0, 4)).toEqual(
        values.length === 0
          ? []
          : ['0.1', '1', '10', '+Inf'].map((le, index) => `inference_duration_seconds_bucket{a="x",le="${le}"} ${counts[index]}`),
      );
      if (values.length > 0) {
        expect(Number(lines[4]?.split(' ')[1])).toBeCloseTo(
          values.reduce((sum, value) => sum + value, 0),
          9,
        );
        expect(lines[5]).toBe(`inference_duration_seconds_count{a="x"} ${values.length}`);
      }
    }),
  );
});
