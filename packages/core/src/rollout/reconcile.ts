import type { ControlDocument } from '../control/control-document.ts';
import type { RolloutState } from '../control/rollout-state.ts';
import { draft } from './lifecycle.ts';
import type { RolloutPlan } from './rollout-options.ts';

/** Processes of the release before may run this long beside the new one: what was replaced does not come back by itself. */
const RELEASE_MS = 3_600_000;
const REMEMBERED = 50;

/**
 * The document for what this release declares, or `undefined` where it is right already: another challenger, another version of
 * one of the two, or another champion begins a new attempt. Pure. A process of an older release leaves the document alone, and
 * so does one whose challenger was rolled back and still waits, against this champion or another.
 *
 * @param now milliseconds since the Unix epoch
 */
export function reconcile(
  plan: RolloutPlan,
  champion: string,
  document: ControlDocument,
  now: number,
): (ControlDocument & { readonly rollout: RolloutState }) | undefined {
  const { rollout } = document;
  const sameChampion = document.champion === champion;
  if (sameChampion && rollout?.pair === plan.pair) return undefined;
  const cooling = rollout?.phase === 'rolled-back' ? [{ name: challengerName(rollout.pair), until: rollout.cooldownUntil }] : [];
  const waiting = [...document.superseded, ...cooling].filter(({ until }) => until > now);
  const isOutdated = (name: string): boolean => waiting.some((one) => one.name === name);
  if (isOutdated(plan.pair) || isOutdated(challengerName(plan.pair))) return undefined;
  if (!sameChampion && isOutdated(championName(champion))) return undefined;
  const replaced = [
    ...(sameChampion ? [] : [{ name: championName(document.champion), until: now + RELEASE_MS }]),
    ...(rollout === null ? [] : [{ name: rollout.pair, until: now + RELEASE_MS }]),
  ];
  const reason = sameChampion
    ? `This release tries ${plan.pair}.`
    : `This release declares the champion ${champion} in place of ${document.champion}, and tries ${plan.pair}.`;
  const begun = draft(plan.pair, (rollout?.attempt ?? 0) + 1, now, 'release', reason);
  return {
    ...document,
    champion,
    rollout: { ...begun, history: [...(rollout?.history ?? []), ...begun.history].slice(-50) },
    superseded: [...waiting, ...replaced].sort((a, b) => a.until - b.until).slice(-REMEMBERED),
    changed: { command: 'release', by: 'release', reason, at: now },
  };
}

const championName = (champion: string): string => `champion ${champion}`;
/** A cooldown belongs to the version that was rolled back, whatever champion it is tried against next. */
const challengerName = (pair: string): string => `challenger ${pair.slice(0, pair.lastIndexOf(' over '))}`;
