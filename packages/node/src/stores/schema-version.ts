import { UnderstudyError } from '@understudy/core';

/** Refuses tables that a newer release has changed so that this one cannot use them. @throws UnderstudyError `CONFIGURATION_INVALID` */
export function checkSchemaVersion(
  store: string,
  supported: number,
  found: { readonly version: number; readonly oldest: number },
): void {
  if (found.oldest <= supported) return;
  throw new UnderstudyError(
    'CONFIGURATION_INVALID',
    `The tables of ${store} are of version ${found.version}; this release knows ${supported} and can no longer use them. Update @understudy/node here.`,
    { details: { version: found.version, oldest: found.oldest, supported } },
  );
}
