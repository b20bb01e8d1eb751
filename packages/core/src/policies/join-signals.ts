import { linkToCaller, unlink } from './caller-link.ts';

/**
 * A signal that aborts with the first of two, and what lets go of both: `AbortSignal.any` has no end, and hangs on its sources for
 * as long as they live.
 */
export function joinSignals(
  first: AbortSignal,
  second: AbortSignal,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const sources = [first, second];
  const links = sources.map((source) => {
    const callerAborted = (): void => controller.abort(source.reason);
    if (source.aborted) callerAborted();
    return { source, link: linkToCaller({ callerAborted }, source) };
  });
  return {
    signal: controller.signal,
    release: () => {
      for (const { source, link } of links) unlink(link, source);
    },
  };
}
