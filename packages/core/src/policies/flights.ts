import type { PolicySnapshot } from '../types/index.ts';
import type { Flight } from './flight.ts';

/** The flights of one variant that are in the air, by what they ask. */
export class Flights {
  readonly inFlight = new Map<string, Flight>();
  joined = 0;
  made = 0;

  snapshot(): PolicySnapshot {
    return { made: this.made, joined: this.joined, inFlight: this.inFlight.size };
  }
}
