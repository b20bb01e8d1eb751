import { describe, expect, it } from 'vitest';
import { EventBus } from './event-bus.ts';
import { sampleDecision, sampleOutcome } from '../../tests/support/sample-events.ts';

// A rejection that nobody handles fails the run: vitest sees to that.
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('EventBus', () => {
  it('calls the listeners of a type at once, in their order, with the event itself', () => {
    const bus = new EventBus();
    const seen: unknown[] = [];
    bus.on('decision', (event) => seen.push(['first', event]));
    bus.on('decision', (event) => seen.push(['second', event]));
    bus.on('outcome', (event) => seen.push(['other', event]));
    const event = sampleDecision();
    bus.emit(event);
    expect(seen).toEqual([
      ['first', event],
      ['second', event],
    ]);
    expect((seen[0] as unknown[])[1]).toBe(event);
  });

  it('knows whether anybody listens', () => {
    const bus = new EventBus();
    expect(bus.wants('decision')).toBe(false);
    const [one, two] = [bus.on('decision', () => undefined), bus.on('decision', () => undefined)];
    one();
    one();
    expect(bus.wants('decision')).toBe(true);
    expect(bus.wants('outcome')).toBe(false);
    two();
    expect(bus.wants('decision')).toBe(false);
  });

  it('stops calling after the subscription has ended, and only that one', () => {
    const bus = new EventBus();
    const seen: string[] = [];
    const listener = (): void => void seen.push('same');
    const end = bus.on('decision', listener);
    bus.on('decision', listener);
    bus.emit(sampleDecision());
    end();
    bus.emit(sampleDecision());
    expect(seen).toEqual(['same', 'same', 'same']);
  });

  it('isolates a listener that throws, whatever it throws', () => {
    const bus = new EventBus();
    const seen: string[] = [];
    for (const thrown of [new Error('mine'), 'a string', null, Object.freeze({})]) {
      bus.on('decision', () => {
        throw thrown as Error;
      });
    }
    bus.on('decision', () => seen.push('later'));
    bus.emit(sampleDecision());
    expect(seen).toEqual(['later']);
    expect(bus.listenerFailures).toBe(4);
    expect(bus.lastListenerFailure).toEqual({});
  });

  it('counts a promise that rejects, and any other thenable, and leaves no unhandled rejection', async () => {
    const bus = new EventBus();
    bus.on('decision', async () => {
      throw new Error('later');
    });
    bus.on('decision', () => ({ then: (_resolve: unknown, reject: (error: unknown) => void) => reject('a thenable') }));
    bus.on('decision', () => ({
      get then(): never {
        throw new Error('a trap');
      },
    }));
    bus.on('decision', async () => 'fine');
    bus.emit(sampleDecision());
    await turn();
    expect(bus.listenerFailures).toBe(3);
  });

  it('a listener that emits or unsubscribes while it is called breaks nothing', () => {
    const bus = new EventBus();
    const seen: string[] = [];
    const end = bus.on('decision', () => {
      seen.push('decision');
      end();
      bus.emit(sampleOutcome());
    });
    bus.on('outcome', () => seen.push('outcome'));
    bus.on('decision', () => seen.push('second'));
    bus.emit(sampleDecision());
    bus.emit(sampleDecision());
    expect(seen).toEqual(['decision', 'outcome', 'second', 'second']);
  });
});
