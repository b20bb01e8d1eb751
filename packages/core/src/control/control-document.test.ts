import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ControlDocument, emptyDocument } from './control-document.ts';
import { parseDocument } from './read-document.ts';

const FULL: ControlDocument = {
  ...emptyDocument('v1'),
  pinned: 'v2',
  isolated: ['v3'],
  paused: true,
  pausedBy: ['ana', 'monitor:drift'],
  breaches: { drift: { open: true, told: true, since: 1, toldAt: 1, reminders: 0, parts: ['a'], overruledAt: 0 } },
  allocated: { at: 5, shares: { v2: 0.25, v3: 0 } },
  superseded: [{ name: 'champion v0', until: 9 }],
  changed: { command: 'pause', by: 'ana', reason: 'wrong prices', at: 3 },
};

it('reads what was written', () => {
  for (const document of [emptyDocument('v1'), FULL])
    expect(parseDocument(JSON.parse(JSON.stringify(document)))).toEqual(document);
});

it('reads the format before, which knew less', () => {
  expect(parseDocument({ v: 1, champion: 'v1', pinned: null, isolated: ['v2'], paused: true })).toEqual({
    ...emptyDocument('v1'),
    isolated: ['v2'],
    paused: true,
  });
});

it.each([undefined, null, 7, 'x', [], {}, { v: 3, champion: 'v1' }, { v: '2', champion: 'v1' }, { v: 2 }, { v: 2, champion: 7 }])(
  '%j is none, or of a newer format',
  (value) => {
    expect(parseDocument(value)).toBeUndefined();
  },
);

it.each([
  [{ pinned: 7 }, { pinned: null }],
  [{ isolated: 'v3' }, { isolated: ['v3'] }],
  [{ isolated: ['v3', 7, null] }, { isolated: ['v3'] }],
  [{ paused: 'yes' }, { paused: true }],
  [{ rollout: { id: 'r1' } }, { rollout: null }],
  [{ allocated: { at: 5, shares: { v2: 1.5 } } }, { allocated: null }],
  [{ allocated: { at: 5, shares: { v2: '0.5' } } }, { allocated: null }],
  [{ allocated: { at: '5', shares: {} } }, { allocated: null }],
  [{ allocated: { at: 5 } }, { allocated: null }],
  [{ superseded: [{ name: 'v0' }, null, { name: 'v0', until: 9 }] }, { superseded: [{ name: 'v0', until: 9 }] }],
  [{ superseded: {} }, { superseded: [] }],
  [{ changed: undefined }, { changed: null }],
])('%j is read as %j', (stored, read) => {
  expect(parseDocument({ ...FULL, ...stored })).toEqual({ ...FULL, ...read });
});

it('reads whatever else is in it without a throw, as a document that can be read again (property)', () => {
  const names = Object.keys(FULL).filter((name) => name !== 'v' && name !== 'champion' && name !== 'changed');
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything()), (fields) => {
      const read = parseDocument({ ...fields, v: 2, champion: 'v1' });
      expect(read).toBeDefined();
      expect(parseDocument(read)).toEqual(read);
    }),
  );
});
