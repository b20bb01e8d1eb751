/**
 * What a record has under a name that a user chose; `undefined` where it has none. A plain lookup of `constructor` or `__proto__`
 * finds what every object inherits.
 */
export function ownValue<V>(record: Readonly<Record<string, V>> | undefined, name: string): V | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
