import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleDecision } from '../../../core/tests/support/sample-events.ts';
import { LedgerDirectory } from '../../tests/support/ledger-directory.ts';
import { exportLedger } from './export-ledger.ts';
import { generateLedgerKey } from './ledger-key.ts';
import type { LedgerRecord } from './record.ts';
import { type LedgerProof, proveRecord, verifyProof } from './prove.ts';

let place: LedgerDirectory;
const events = Array.from({ length: 20 }, (_, index) =>
  sampleDecision({ model: index % 2 === 0 ? 'claims' : 'fraud', ...(index === 7 ? { reason: 'é' } : {}) }),
);
beforeEach(async () => {
  place = new LedgerDirectory();
  const sink = place.open({ segmentBytes: 1500, checkpointRecords: 6 });
  for (const event of events) {
    await sink.append([event]);
    await place.clock.advance(1000);
  }
  await sink.close?.();
});
afterEach(() => place.remove());

describe('proofs', () => {
  const keys = (): { keys: readonly string[] } => ({ keys: [place.key.verifierKey] });
  const proofOf = (index: number): Promise<LedgerProof> => proveRecord({ directory: place.path, id: events[index]?.id ?? '' });

  it('every event can be proven to who has the verifier key alone', async () => {
    for (const [index, event] of events.entries()) {
      const proof = JSON.parse(JSON.stringify(await proofOf(index))) as unknown;
      expect(verifyProof(proof, keys())).toEqual({
        ok: true,
        problem: '',
        origin: 'example.com/claims',
        checkpointAt: expect.any(Number),
        record: expect.objectContaining({ kind: 'event', seq: index + 1, event }),
      });
    }
    expect(await proveRecord({ directory: place.path, seq: 0 })).toMatchObject({
      index: 0,
      format: 'understudy-ledger-proof',
      v: 1,
    });
  });

  it.each<[string, (proof: LedgerProof) => unknown, RegExp]>([
    ['its record is changed', (proof) => ({ ...proof, record: proof.record.replace('fraud', 'fraut') }), /path does not lead/],
    ['its place is changed', (proof) => ({ ...proof, index: proof.index + 1 }), /path does not lead/],
    [
      'its path is changed',
      (proof) => ({ ...proof, path: proof.path.with(0, Buffer.alloc(32).toString('base64')) }),
      /path does not lead/,
    ],
    ['its path is shorter', (proof) => ({ ...proof, path: proof.path.slice(1) }), /path does not lead/],
    [
      'its checkpoint is changed',
      (proof) => ({ ...proof, checkpoint: proof.checkpoint.replace('time 2026', 'time 2025') }),
      /not signed.*bad/,
    ],
    ['its checkpoint is none', (proof) => ({ ...proof, checkpoint: 'x' }), /cannot be read/],
    ['its path is none', (proof) => ({ ...proof, path: [1] }), /no proof/],
    ['it is of another format', (proof) => ({ ...proof, v: 2 }), /no proof/],
    ['it is nothing', () => null, /no proof/],
    ['it is a text', () => 'proof', /no proof/],
  ])('is none where %s', async (_, change, problem) => {
    expect(verifyProof(change(await proofOf(3)), keys())).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('is none for another key; keys that are none are refused', async () => {
    const other = generateLedgerKey('example.com/claims');
    expect(verifyProof(await proofOf(3), { keys: [other.verifierKey] })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/unknown/),
    });
    expect(() => verifyProof({}, { keys: ['x'] })).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  it('there is none for what is not there, or not signed yet', async () => {
    const code = 'CONFIGURATION_INVALID';
    await expect(proveRecord({ directory: place.path, id: 'nobody' })).rejects.toMatchObject({
      code,
      message: expect.stringContaining('nobody'),
    });
    await expect(proveRecord({ directory: place.path, seq: 99 })).rejects.toMatchObject({ code });
    await expect(proveRecord({ directory: place.path })).rejects.toMatchObject({ code });
    await expect(proveRecord({ directory: `${place.path}/none`, seq: 1 })).rejects.toMatchObject({ code });
    const sink = place.open();
    const last = sampleDecision();
    await sink.append([last]);
    await expect(proveRecord({ directory: place.path, id: last.id })).rejects.toMatchObject({
      code,
      message: expect.stringContaining('no checkpoint'),
    });
    await sink.close?.();
    expect(verifyProof(await proveRecord({ directory: place.path, id: last.id }), keys())).toMatchObject({ ok: true });
  });
});

describe('export', () => {
  const all = async (options: Partial<Parameters<typeof exportLedger>[0]> = {}): Promise<LedgerRecord[]> => {
    const records: LedgerRecord[] = [];
    for await (const record of exportLedger({ directory: place.path, ...options })) records.push(record);
    return records;
  };

  it('gives records in their order, by time, model and type', async () => {
    const records = await all();
    expect(records).toEqual(place.records());
    const [from = 0, to = 0] = [records[5]?.at, records[9]?.at];
    expect(await all({ from, to })).toEqual(records.filter(({ at }) => at >= from && at < to));
    expect(await all({ model: 'fraud' })).toHaveLength(10);
    expect(await all({ model: 'fraud', type: 'outcome' })).toEqual([]);
    expect(await all({ type: 'decision' })).toHaveLength(20);
  });

  it('a directory without a ledger is refused', async () => {
    await expect(all({ directory: `${place.path}/none` })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});
