import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventTraceOf, traceContextOf, traceKind } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${SPAN}-01`;

const parentOf = (traceparent: string): string | undefined => traceContextOf({ traceparent })?.traceparent;
const stateOf = (tracestate: string | readonly string[]): string | undefined =>
  traceContextOf({ traceparent: PARENT, tracestate })?.tracestate;

describe('traceparent', () => {
  it('is read from headers of fetch, of Node, and of other objects in any case', () => {
    const trace = { traceparent: PARENT, tracestate: 'a=1' };
    expect(traceContextOf(new Headers(trace))).toEqual(trace);
    expect(traceContextOf(trace)).toEqual(trace);
    expect(traceContextOf({ TraceParent: PARENT, TRACESTATE: ['a=1'] })).toEqual(trace);
    expect(traceContextOf({ traceparent: PARENT })).toEqual({ traceparent: PARENT });
  });

  it.each([
    ['none', ''],
    ['no text', 'nonsense'],
    ['the version ff', `ff-${TRACE}-${SPAN}-01`],
    ['a version that is no hex', `0x-${TRACE}-${SPAN}-01`],
    ['upper-case ids', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['an upper-case version', `0A-${TRACE}-${SPAN}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a long parent id', `00-${TRACE}-${SPAN}0-01`],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['more after the flags of version 00', `${PARENT}-what-comes`],
    ['more without a dash in a later version', `01-${TRACE}-${SPAN}-01what`],
    ['a line feed after it', `${PARENT}\n`],
    ['two of them', `${PARENT},${PARENT}`],
  ])('with %s is none', (_, traceparent) => {
    expect(traceContextOf({ traceparent })).toBeUndefined();
  });

  it('of a later version is read as far as this one goes, and passed on in this one', () => {
    expect(parentOf(`cc-${TRACE}-${SPAN}-01`)).toBe(PARENT);
    expect(parentOf(`01-${TRACE}-${SPAN}-01-what-comes.next`)).toBe(PARENT);
  });

  it('keeps the flags that are known, and no others', () => {
    expect(parentOf(`00-${TRACE}-${SPAN}-00`)).toBe(`00-${TRACE}-${SPAN}-00`);
    expect(parentOf(`00-${TRACE}-${SPAN}-ff`)).toBe(`00-${TRACE}-${SPAN}-03`);
  });

  it('may have white space around it, as HTTP allows', () => {
    expect(parentOf(` \t${PARENT} `)).toBe(PARENT);
  });

  it('twice in an object of Node is none', () => {
    expect(traceContextOf({ traceparent: [PARENT, PARENT] })).toBeUndefined();
  });

  it('is none where headers are missing, hostile or of another kind', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    for (const headers of [undefined, null, hostile, { traceparent: 7 }, { get: () => 7 }, 'text'])
      expect(traceContextOf(headers as never)).toBeUndefined();
  });
});

describe('tracestate', () => {
  it('is passed on in its order, without empty members, several headers as one list', () => {
    expect(stateOf('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE')).toBe('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE');
    expect(stateOf(' a=1 ,, b=2\t')).toBe('a=1,b=2');
    expect(stateOf(['a=1', 'b=2'])).toBe('a=1,b=2');
    expect(stateOf('1t@sys=v w,0=x/y;z')).toBe('1t@sys=v w,0=x/y;z');
  });

  it.each(['a', 'A=1', 'a=', 'a=1,a=2', 'a b=1', 'a=1=2', '@b=1', 'a@=1', 'a@toolongsystem15=1', `${'k'.repeat(257)}=1`, 'a=ü'])(
    'that is malformed (%s) is left out, and the parent stays',
    (tracestate) => {
      expect(traceContextOf({ traceparent: PARENT, tracestate })).toEqual({ traceparent: PARENT });
    },
  );

  it('of more than 32 members is left out; one over 512 characters loses long members first, then the last ones', () => {
    const members = (count: number, width: number): string =>
      Array.from({ length: count }, (_, index) => `k${index}=${'v'.repeat(width)}`).join(',');
    expect(stateOf(members(32, 1))).toBe(members(32, 1));
    expect(stateOf(members(33, 1))).toBeUndefined();
    expect(stateOf(`long=${'v'.repeat(200)},${members(20, 14)},last=1`)).toBe(`${members(20, 14)},last=1`);
    const cut = stateOf(members(30, 20)) ?? '';
    expect(members(30, 20).startsWith(`${cut},`)).toBe(true);
    expect(cut.length).toBeLessThanOrEqual(512);
    expect(cut.length).toBeGreaterThan(480);
  });
});

it('whatever comes in: no error, and what comes out is well formed', () => {
  const header = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,5})?$/),
  );
  const state = fc.oneof(fc.string(), fc.stringMatching(/^([a-z]{1,3}=[ -~]{0,4},){0,5}$/));
  fc.assert(
    fc.property(header, state, (traceparent, tracestate) => {
      const trace = traceContextOf({ traceparent, tracestate });
      if (trace === undefined) return;
      expect(traceKind(trace)).toBeUndefined();
      expect(traceContextOf({ ...trace })).toEqual(trace);
    }),
    { numRuns: 500 },
  );
});

it('the ids of a trace, as events have them', () => {
  expect(eventTraceOf({ traceparent: PARENT })).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true });
  expect(eventTraceOf({ traceparent: `00-${TRACE}-${SPAN}-02` }).sampled).toBe(false);
});
