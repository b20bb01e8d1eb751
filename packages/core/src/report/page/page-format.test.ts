import { describe, expect, it } from 'vitest';
import { PageFormat } from './page-format.ts';

const AT = Date.UTC(2026, 2, 14, 23, 12, 5);
const [DAY, MINUTE] = [86_400_000, 60_000];

describe('times', () => {
  it('are told in the zone of the page', () => {
    const [utc, berlin] = [new PageFormat('UTC', 1), new PageFormat('Europe/Berlin', 1)];
    expect([utc.time(AT), utc.time(AT, true), berlin.time(AT)]).toEqual([
      '2026-03-14 23:12',
      '2026-03-14 23:12:05',
      '2026-03-15 00:12',
    ]);
  });

  it('midnight is the hour 00', () => {
    expect(new PageFormat('UTC', 1).time(Date.UTC(2026, 0, 1))).toBe('2026-01-01 00:00');
  });

  it.each([
    [9 * MINUTE, '23:12:05'],
    [10 * MINUTE, '03-14 23:12'],
    [5 * DAY, '2026-03-14'],
    [1000 * DAY, '2026-03'],
  ])('an axis of %d ms has %s', (span, label) => {
    expect(new PageFormat('UTC', 1).tick(AT, span)).toBe(label);
  });

  it('as an element carry the exact moment', () => {
    const page = new PageFormat('UTC', 1);
    expect(page.timeElement(AT).markup).toBe('<time datetime="2026-03-14T23:12:05.000Z">2026-03-14 23:12</time>');
    expect(page.timeElement(null).markup).toBe('–');
  });

  it.each(['Europe/Atlantis', '', 'not a zone'])('"%s" is no zone', (zone) => {
    expect(() => new PageFormat(zone, 1)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: `The report's timeZone: expected an IANA name such as Europe/Berlin, got "${zone}".`,
        details: { timeZone: zone },
      }),
    );
  });
});

describe('detail', () => {
  it('leaves at least one row', () => {
    expect([1, 0.5, 0.25, 0].map((detail) => new PageFormat('UTC', detail).rows(10))).toEqual([10, 5, 2, 1]);
  });

  it('cuts texts to the room that there is, never through a character', () => {
    const [whole, half] = [new PageFormat('UTC', 1), new PageFormat('UTC', 0.5)];
    expect([whole.clip('x'.repeat(40), 40), half.clip('x'.repeat(40), 40)]).toEqual(['x'.repeat(40), `${'x'.repeat(19)}…`]);
    expect(half.clip('x'.repeat(16), 0)).toHaveLength(16);
    expect(half.clip('😀'.repeat(20), 38)).toBe(`${'😀'.repeat(9)}…`);
    expect(half.clip('😀'.repeat(20), 40)).toBe(`${'😀'.repeat(9)}\uFFFD…`);
  });
});

it('ids are unique', () => {
  const page = new PageFormat('UTC', 1);
  expect([page.id(), page.id(), page.id()]).toEqual(['c1', 'c2', 'c3']);
});
