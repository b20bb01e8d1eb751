import { describe, expect, it } from 'vitest';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { bodyWithin } from './event-body.ts';

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

describe('bodyWithin', () => {
  const events = [
    sampleDecision(),
    sampleDecision({ reason: 'é'.repeat(500) }),
    sampleDecision({ reason: '😀'.repeat(500) }),
    sampleDecision(),
  ];
  const whole = JSON.stringify({ events });

  it('counts bytes, not characters, and fills the limit exactly', () => {
    expect(bodyWithin(events, bytesOf(whole), Infinity)).toEqual({ events, text: whole, bytes: bytesOf(whole) });
    expect(bodyWithin(events, bytesOf(whole) - 1, Infinity).events).toEqual(events.slice(0, 3));
  });

  it('is never larger than the limit, at any limit, and is what it says', () => {
    for (let limit = 0; limit < bytesOf(whole) + 100; limit += 7) {
      const body = bodyWithin(events, limit, Infinity);
      expect(JSON.parse(body.text)).toEqual({ events: body.events });
      expect(body.bytes).toBe(bytesOf(body.text));
      expect(body.events.length === 0 || body.bytes <= limit).toBe(true);
      expect(body.events).toEqual(events.slice(0, body.events.length));
    }
  });

  it('stops at one that does not fit now, and passes over one that never will', () => {
    const large = sampleDecision({ reason: 'x'.repeat(5000) });
    const small = [sampleDecision(), sampleDecision()];
    const mixed = [small[0], large, small[1]] as typeof events;
    expect(bodyWithin(mixed, 4000, 10_000).events).toEqual([small[0]]);
    expect(bodyWithin(mixed, 4000, 4000).events).toEqual(small);
    expect(bodyWithin([large], 4000, 4000).events).toEqual([]);
  });
});
