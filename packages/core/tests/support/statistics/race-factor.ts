/**
 * ln of the factor by which one bad event multiplies the e-value that bets on `ratio` against `nullRatio`: the event race, event by
 * event.
 */
export function logRaceFactor(onChallenger: boolean, probability: number, ratio: number, nullRatio: number): number {
  const share = (r: number): number => probability * r + 1 - probability;
  return (onChallenger ? Math.log(ratio / nullRatio) : 0) + Math.log(share(nullRatio) / share(ratio));
}
