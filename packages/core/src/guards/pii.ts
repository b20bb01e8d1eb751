import { kind, type Kinds, list, readOptions } from '../errors/index.ts';
import { card } from './card.ts';
import { email } from './email.ts';
import type { GuardAction, GuardOptions, ModelGuard } from './guard.ts';
import { ACTIONS, guardOf } from './guard-base.ts';
import { iban } from './iban.ts';
import { ip } from './ip.ts';
import { nationalId } from './national-id.ts';
import { phone } from './phone.ts';
import { redacted, Scanner } from './recogniser.ts';

/** Kinds of personal data, those with the strictest check first. */
const RECOGNISERS = { iban, card, 'national-id': nationalId, ip, email, phone } as const;
export type PiiKind = keyof typeof RECOGNISERS;
const KINDS_OF_PII = Object.keys(RECOGNISERS) as readonly PiiKind[];

export interface PiiOptions extends GuardOptions {
  /** What is looked for: 'email', 'phone', 'card', 'iban', 'national-id', 'ip'. @defaultValue all of them */
  readonly kinds?: readonly PiiKind[];
  /** `redact` puts the kind in brackets in place of what was found: `[email]`. @defaultValue 'redact' */
  readonly action?: GuardAction;
}

const PII: Kinds<Omit<PiiOptions, keyof GuardOptions>> = {
  kinds: list(
    kind((value) => KINDS_OF_PII.some((known) => known === value), `one of ${KINDS_OF_PII.join(', ')}`),
    1,
  ),
  action: ACTIONS,
};

/**
 * Finds personal data by its shape, and by its check digits where it has some: cards (Luhn, and lengths of issuers), IBANs (mod 97, and lengths of
 * countries), numbers that states give to people, IP addresses (octets, IPv6), e-mail addresses, telephone numbers. It takes linear time. Names and addresses of streets it does not
 * find.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function pii(options: PiiOptions = {}): ModelGuard {
  return guardOf<PiiOptions>('pii', options, PII, 'redact', ({ kinds = KINDS_OF_PII }) => {
    const recognisers = KINDS_OF_PII.filter((one) => kinds.includes(one)).map((one) => RECOGNISERS[one]);
    const scanner = new Scanner(recognisers);
    return { of: 'parts', recognisers, check: (text) => scanner.find(text) };
  });
}

export interface MaskPiiOptions {
  /** What is looked for, as in `pii()`. @defaultValue all of them */
  readonly kinds?: readonly PiiKind[];
}

/**
 * Puts the kind in brackets in place of personal data that `pii()` would find: `write to [email]`. For `allowFields(paths, { mask: maskPii() })`,
 * so that texts leave the process without it.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function maskPii(options: MaskPiiOptions = {}): (text: string) => string {
  const { kinds } = readOptions('maskPii', options, { kinds: PII.kinds }, { kinds: KINDS_OF_PII });
  const scanner = new Scanner(KINDS_OF_PII.filter((one) => kinds.includes(one)).map((one) => RECOGNISERS[one]));
  return (text) => redacted(text, scanner.find(text));
}
