import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { LedgerDirectory } from '../../tests/support/ledger-directory.ts';
import { fileSubjectKeys } from './file-subject-keys.ts';
import { generateLedgerKey, type LedgerKey } from './ledger-key.ts';
import type { Ledger } from './ledger.ts';
import { proveRecord, verifyProof } from './prove.ts';

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('reopen' as const, 'rotate' as const, 'checkpoint' as const, 'refuse' as const) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), subject: fc.integer({ min: 0, max: 3 }) }) },
  // As a crash leaves them: the last bytes of a file that no reader has been told of.
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('tear' as const),
      file: fc.constantFrom('ndjson', 'leaves', 'checkpoints'),
      bytes: fc.integer({ min: 1, max: 40 }),
    }),
  },
);

it('any interleaving of appends, reopenings, rotations, erasures, crashes and retention verifies, and every record can be proven', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 1, max: 4000 }),
      async (steps, segmentBytes) => {
        const place = new LedgerDirectory();
        const keys = fileSubjectKeys({ path: `${place.path}.keys/subjects` });
        const trusted: LedgerKey[] = [place.key];
        const appended = new Set<string>();
        let key = place.key;
        const open = (): Ledger =>
          place.open({
            key: key.privateKey,
            segmentBytes,
            segmentMs: 12 * 3_600_000,
            retainMs: 48 * 3_600_000,
            checkpointMs: 6 * 3_600_000,
            checkpointRecords: 7,
            personal: { fields: ['tenant'], subject: (event) => (event.type === 'decision' ? event.tenant : undefined), keys },
          });
        let sink = open();
        try {
          for (const one of steps) {
            if (one.do === 'append') {
              const batches = one.sizes.map((size) =>
                Array.from({ length: size }, () => sampleDecision({ tenant: `subject ${appended.size % 4}` })),
              );
              await Promise.all(batches.map((batch) => sink.append(batch)));
              for (const { id } of batches.flat()) appended.add(id);
            } else if (one.do === 'refuse') await sink.append([sampleDecision({ durationMs: NaN })]);
            else if (one.do === 'checkpoint') await sink.checkpoint();
            else if (one.do === 'erase') await sink.erase(`subject ${one.subject}`, { by: 'x', reason: 'y' });
            else if (one.do === 'rotate') {
              key = generateLedgerKey(place.key.verifierKey.split('+')[0] ?? '');
              trusted.push(key);
              await sink.rotate(key.privateKey);
            } else if (one.do === 'wait') {
              for (let hour = 0; hour < one.hours; hour += 6) {
                await place.clock.advance(6 * 3_600_000);
                await sink.flush?.();
              }
            } else {
              await sink.close?.();
              if (one.do === 'tear') tear(place, one.file, one.bytes);
              sink = open();
            }
          }
          await sink.append([sampleDecision()]);
          await sink.close?.();
          const found = await place.verify({ keys: [place.key.verifierKey], subjectKeys: keys });
          expect({
            ...found,
            faults: [found.integrity, found.completeness, found.freshness].flatMap(({ findings }) =>
              findings.filter(({ isFault }) => isFault),
            ),
          }).toMatchObject({
            ok: true,
            faults: [],
            signedSize: found.size,
            size: sink.status().size,
          });
          const records = place.records();
          // What is there is there once; what is not was pruned.
          const first = records[0]?.seq ?? 0;
          expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => first + index));
          const ids = records.flatMap((record) => (record.kind === 'event' ? [record.event['id'] as string] : []));
          expect(ids).toEqual([...new Set(ids)]);
          if (first === 0) expect(ids.length).toBe(appended.size + 1);
          const any = records[Math.floor(records.length / 2)];
          const proof = await proveRecord({ directory: place.path, seq: any?.seq ?? 0 });
          expect(verifyProof(proof, { keys: trusted.map(({ verifierKey }) => verifierKey) })).toMatchObject({
            ok: true,
            record: any,
          });
        } finally {
          await sink.close?.();
          place.remove();
        }
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

/** Adds the beginning of something to a file, as a write that was cut short. */
function tear(place: LedgerDirectory, ending: string, bytes: number): void {
  const name = place.names.findLast((file) => file.endsWith(ending));
  if (name === undefined) return;
  const whole = place.read(name);
  place.write(
    name,
    ending === 'leaves' ? whole.subarray(0, Math.max(0, whole.length - bytes)) : Buffer.concat([whole, Buffer.alloc(bytes, 'x')]),
  );
}
