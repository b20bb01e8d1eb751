import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@understudy/core/testing';
import { canonicalJson, type Json } from '../../src/ledger/canonical-json.ts';
import { type LedgerKey, generateLedgerKey } from '../../src/ledger/ledger-key.ts';
import { leafHash } from '../../src/ledger/merkle.ts';
import type { LedgerRecord } from '../../src/ledger/record.ts';
import { type Ledger, ledger, type LedgerOptions } from '../../src/ledger/ledger.ts';
import { type LedgerVerification, verifyLedger, type VerifyLedgerOptions } from '../../src/ledger/verify-ledger.ts';

/** A ledger in a folder of its own, on a virtual clock, and its files by name. */
export class LedgerDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'understudy-ledger-'));
  readonly clock = new VirtualClock();
  readonly key: LedgerKey;

  constructor(key: LedgerKey = generateLedgerKey('example.com/claims')) {
    this.key = key;
  }

  open(options: Partial<LedgerOptions> = {}): Ledger {
    return ledger({ directory: this.path, key: this.key.privateKey, clock: this.clock, ...options });
  }

  verify(options: Partial<VerifyLedgerOptions> = {}): Promise<LedgerVerification> {
    return verifyLedger({ directory: this.path, keys: [this.key.verifierKey], now: this.clock.wall(), ...options });
  }

  /** Names of what is found: `kind` or `kind@seq`. */
  async findings(options: Partial<VerifyLedgerOptions> = {}): Promise<readonly string[]> {
    const { integrity, completeness, freshness } = await this.verify(options);
    const all = [integrity, completeness, freshness].flatMap(({ findings }) => findings);
    return all.map(({ kind, seq }) => (seq === undefined ? kind : `${kind}@${seq}`));
  }

  get names(): readonly string[] {
    return readdirSync(this.path).sort();
  }

  file(name: string): string {
    return join(this.path, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  write(name: string, bytes: string | Uint8Array): void {
    writeFileSync(this.file(name), bytes);
  }

  /** The lines of a segment. */
  lines(start = 0): string[] {
    return this.read(`${named(start)}.ndjson`)
      .toString('utf8')
      .split('\n')
      .slice(0, -1);
  }

  setLines(lines: readonly string[], start = 0): void {
    this.write(`${named(start)}.ndjson`, lines.map((line) => `${line}\n`).join(''));
  }

  /** Leaf hashes as somebody would write them who changes lines and knows the format. */
  setLeaves(lines: readonly string[], start = 0): void {
    this.write(`${named(start)}.leaves`, Buffer.concat(lines.map((line) => leafHash(Buffer.from(line)))));
  }

  /** All records whose bodies are there. */
  records(): LedgerRecord[] {
    return this.names
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => this.lines(Number(name.slice(0, -'.ndjson'.length))))
      .map((line) => JSON.parse(line) as LedgerRecord);
  }

  get notes(): string {
    return this.read('checkpoints').toString('utf8');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const named = (start: number): string => String(start).padStart(16, '0');

/** A line of a changed record, canonical again. */
export function changedLine(line: string | undefined, change: Readonly<Record<string, unknown>>): string {
  return canonicalJson({ ...(JSON.parse(line ?? '{}') as Record<string, Json>), ...(change as Record<string, Json>) });
}
