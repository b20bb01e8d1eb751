import type { Watchers } from './watchers.ts';

const EVERY_MS = 1000;

/** Tells watchers what has changed, by asking for versions once a second; answers what ends it. A look that fails is made up for by the next. */
export function pollVersions(
  versions: (keys: readonly string[]) => Promise<ReadonlyMap<string, string>>,
  watchers: Pick<Watchers, 'keys' | 'tell'>,
): () => void {
  const told = new Map<string, string | undefined>();
  let isLooking = false;
  const look = async (): Promise<void> => {
    const { keys } = watchers;
    const now = await versions(keys);
    for (const key of keys) {
      const isNew = !told.has(key) || told.get(key) !== now.get(key);
      told.set(key, now.get(key));
      if (isNew) watchers.tell(key);
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch(() => undefined)
      .finally(() => {
        isLooking = false;
      });
  }, EVERY_MS).unref();
  return () => clearInterval(timer);
}
