type Urls = Readonly<Record<string, readonly RegExp[]>>;
/** As models of the AI SDK tell them; those of version 2 may leave them out. */
type GivenUrls = PromiseLike<Record<string, RegExp[]>> | Record<string, RegExp[]> | undefined;

/**
 * The addresses that every model fetches by itself, by media type: any of them may serve. A pattern counts where all have the same one for the
 * same media type; everything else the AI SDK downloads.
 */
export function sharedUrls(given: readonly GivenUrls[]): PromiseLike<Record<string, RegExp[]>> | Record<string, RegExp[]> {
  const isLater = given.some((urls) => typeof (urls as PromiseLike<unknown> | undefined)?.then === 'function');
  // A model that cannot tell is asked for nothing.
  if (isLater) return Promise.all(given.map((urls) => Promise.resolve(urls).catch(() => ({})))).then(shared);
  return shared(given as readonly (Urls | undefined)[]);
}

function shared([first = {}, ...others]: readonly (Urls | undefined)[]): Record<string, RegExp[]> {
  const kept = Object.entries(first).map(([type, patterns]): [string, RegExp[]] => [
    type,
    patterns.filter((pattern) =>
      others.every((urls) => urls?.[type]?.some((other) => String(other) === String(pattern)) === true),
    ),
  ]);
  return Object.fromEntries(kept.filter(([, patterns]) => patterns.length > 0));
}
