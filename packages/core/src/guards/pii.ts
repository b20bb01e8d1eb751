import { kind, type Kinds, list } from '../errors/index.ts';
import { card } from './card.ts';
import { email } from './email.ts';
import type { GuardAction, GuardOptions, ModelGuard } from './guard.ts';
import { ACTIONS, guardOf } from './guard-base.ts';
import { iban } from './iban.ts';
import { ip } from './ip.ts';
import { phone } from './phone.ts';
import { Scanner } from './recogniser.ts';

/** Kinds of personal data, those with the strictest check first. */
const RECOGNISERS = { iban, card, ip, email, phone } as const;
export type PiiKind = keyof typeof RECOGNISERS;
const KINDS_OF_PII = Object.keys(RECOGNISERS) as readonly PiiKind[];

export interface PiiOptions extends GuardOptions {
  /** What is looked for: 'email', 'phone', 'card', 'iban', 'ip'. @defaultValue all of them */
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
 * countries), IP addresses (octets, IPv6), e-mail addresses, telephone numbers. It takes linear time. Names and addresses of streets it does not
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
