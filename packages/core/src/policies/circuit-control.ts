import { noteText, oneOf, problemsAt, problemsError } from '../errors/index.ts';
import type { CircuitControl, CircuitMachine } from '../types/index.ts';
import type { Clock } from '../time/index.ts';

/** The operator's side of a circuit: the machine with its clock. @param lift ends a wait that the endpoint asked for */
export function circuitControl(machine: CircuitMachine, clock: Clock, lift: () => void): CircuitControl {
  return {
    get state() {
      return machine.state;
    },
    force: (state, reason) => {
      checked('force', state, reason);
      machine.force(state, reason);
    },
    release: (reason) => {
      checked('release', undefined, reason);
      lift();
      machine.release(reason);
    },
    trip: (reason) => {
      checked('trip', undefined, reason);
      machine.trip(reason, clock.now());
    },
    reset: (reason) => {
      checked('reset', undefined, reason);
      lift();
      machine.reset(reason);
    },
    export: () => machine.export(clock.now()),
    hydrate: (document) => machine.hydrate(document, clock.now()),
  };
}

const forcedState = oneOf('forced-open', 'forced-closed', 'observe-only');

/** Each command says why: it goes into the event. @throws UnderstudyError `INPUT_INVALID` */
function checked(command: string, state: unknown, reason: unknown): void {
  const problems = [
    ...(command === 'force' ? problemsAt('state', forcedState, state) : []),
    ...problemsAt('reason', noteText, reason),
  ];
  if (problems.length > 0) throw problemsError('INPUT_INVALID', `circuit.${command}()`, problems);
}
