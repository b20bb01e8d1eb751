import type { CircuitControl, CircuitMachine } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';

/** The operator's side of a circuit: the machine with its clock. @param lift ends a wait that the endpoint asked for */
export function circuitControl(machine: CircuitMachine, clock: Clock, lift: () => void): CircuitControl {
  return {
    get state() {
      return machine.state;
    },
    force: (state, reason) => machine.force(state, reason),
    release: (reason) => {
      lift();
      machine.release(reason);
    },
    trip: (reason) => machine.trip(reason, clock.now()),
    reset: (reason) => {
      lift();
      machine.reset(reason);
    },
    export: () => machine.export(clock.now()),
    hydrate: (document) => machine.hydrate(document, clock.now()),
  };
}
