import { expect, describe, it } from 'vitest';
import { UnderstudyError } from '@understudy/core';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import { generateLedgerKey, parseSigner, parseVerifier } from './ledger-key.ts';
import { parseNote, signNote, splitNotes, verdictOf } from './signed-note.ts';

/** The example of c2sp.org/signed-note. */
const PUBLISHED = {
  key: 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  note: 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
};
/** The example of c2sp.org/tlog-checkpoint. */
const CHECKPOINT = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';

const signer = parseSigner('key', generateLedgerKey('example.com/claims').privateKey);
const other = parseSigner('key', generateLedgerKey('example.com/claims').privateKey);
const note = (text: string): NonNullable<ReturnType<typeof parseNote>> => parseNote(text) ?? { text: '', signatures: [] };

describe('the published note of C2SP', () => {
  const key = parseVerifier('key', PUBLISHED.key);

  it('verifies', () => {
    expect(key).toMatchObject({ name: 'example.com/foo', id: '530d903a', verifierKey: PUBLISHED.key });
    expect(verdictOf(note(PUBLISHED.note), [key])).toEqual({ verdict: 'good', key });
  });

  it('does not verify when a letter is changed', () => {
    expect(verdictOf(note(PUBLISHED.note.replace('This', 'Thus')), [key])).toEqual({ verdict: 'bad' });
  });

  it('is unknown to other keys', () => {
    expect(verdictOf(note(PUBLISHED.note), [signer])).toEqual({ verdict: 'unknown' });
  });
});

describe('notes', () => {
  it('what is signed verifies with the verifier key', () => {
    const signed = signNote('a\nb\n', signer);
    const key = parseVerifier('key', signer.verifierKey);
    expect(verdictOf(note(signed), [key])).toEqual({ verdict: 'good', key });
  });

  it('unknown signatures are passed over; a bad one of a known key is not', () => {
    const signed = signNote('a\n', signer);
    const both = `${signed}${signNote('a\n', other).slice('a\n\n'.length)}`;
    expect(verdictOf(note(both), [signer])).toMatchObject({ verdict: 'good' });
    const wrong = `${signed}${signNote('b\n', other).slice('b\n\n'.length)}`;
    expect(verdictOf(note(wrong), [signer])).toMatchObject({ verdict: 'good' });
    expect(verdictOf(note(wrong), [signer, other])).toEqual({ verdict: 'bad' });
  });

  it.each([
    ['no signature', 'a\n'],
    ['no empty line', 'a\n— n AAAAAAAA\n'],
    ['no last line feed', signNote('a\n', signer).slice(0, -1)],
    ['a control character', signNote('a\tb\n', signer)],
    ['a hyphen for the dash', signNote('a\n', signer).replace('—', '-')],
    ['base64 that is none', 'a\n\n— name A=A=\n'],
    ['too short a signature', 'a\n\n— name AAAA\n'],
    ['too many signatures', `a\n\n${'— name AAAAAAAAAAAA\n'.repeat(17)}`],
  ])('%s is no note', (_, text) => {
    expect(parseNote(text)).toBeUndefined();
  });

  it('splits a file of notes, a torn last one apart', () => {
    const notes = [signNote('a\n', signer), `${signNote('b\n', signer)}${signNote('b\n', other).slice(3)}`, 'c\n\n— na'];
    expect(splitNotes(notes.join(''))).toEqual(notes);
    expect(splitNotes('')).toEqual([]);
  });
});

describe('checkpoints', () => {
  const root = Buffer.alloc(32, 7);

  it('is the text of tlog-checkpoint with extension lines', () => {
    const at = Date.UTC(2026, 0, 1, 12);
    const text = checkpointText({ origin: 'example.com/claims', size: 12, root, at, nextKey: other.verifierKey });
    expect(text).toBe(
      `example.com/claims\n12\n${root.toString('base64')}\ntime 2026-01-01T12:00:00.000Z\nkey-rotated ${other.verifierKey}\n`,
    );
    expect(parseCheckpoint(text)).toEqual({ origin: 'example.com/claims', size: 12, root, at, nextKey: other.verifierKey });
  });

  it('reads the published one, with a time', () => {
    const text = `${CHECKPOINT}something else\ntime 2026-01-01T00:00:00Z\n`;
    expect(parseCheckpoint(text)).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      at: Date.UTC(2026, 0, 1),
    });
  });

  it.each([
    ['no time', CHECKPOINT],
    ['a leading zero', CHECKPOINT.replace('20852163', '020852163')],
    ['a size that is none', CHECKPOINT.replace('20852163', '1e3')],
    ['a root that is too short', CHECKPOINT.replace('CsUY', '')],
    ['an empty line', `${CHECKPOINT}\ntime 2026-01-01T00:00:00Z\n`],
    ['an origin that is empty', `\n1\n${root.toString('base64')}\ntime 2026-01-01T00:00:00Z\n`],
  ])('%s is none', (_, text) => {
    expect(parseCheckpoint(text)).toBeUndefined();
  });
});

describe('keys', () => {
  it('names, ids and keys are what they say', () => {
    const { privateKey, verifierKey } = generateLedgerKey('example.com/a');
    expect(parseSigner('key', privateKey).verifierKey).toBe(verifierKey);
    expect(verifierKey).toMatch(/^example\.com\/a\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}$/);
  });

  it.each(['', 'a b', 'a+b', 'a\n', '\uD800', 7, undefined])('%j is no name', (name) => {
    expect(() => generateLedgerKey(name as string)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  it.each([undefined, 7, '', 'x', PUBLISHED.key, signer.verifierKey, 'PRIVATE+KEY+a+00000000+AAAA'])(
    '%j is no private key',
    (key) => {
      expect(() => parseSigner('ledger.key', key)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
    },
  );

  it('an id that does not fit, and a key of another type, are refused; the key is not repeated', () => {
    const { privateKey, verifierKey } = generateLedgerKey('example.com/a');
    const [, name = '', id = '', key = ''] = /^([^+]+)\+([^+]+)\+(.*)$/.exec(verifierKey) ?? [];
    const swapped = `${name}+${id === '00000000' ? '11111111' : '00000000'}+${key}`;
    expect(() => parseVerifier('keys[0]', swapped)).toThrow('keys[0]: expected a verifier key whose id fits its key.');
    expect(() => parseVerifier('keys[0]', `${name}+${id}+B${key.slice(1)}`)).toThrow('expected a verifier key for Ed25519');
    const broken = `${privateKey.slice(0, -6)}AAAAA=`;
    try {
      parseSigner('ledger.key', broken);
      expect.unreachable();
    } catch (error) {
      expect(UnderstudyError.is(error, 'CONFIGURATION_INVALID')).toBe(true);
      expect(JSON.stringify([String(error), error])).not.toContain(broken.slice(-30));
    }
  });
});
