import type { DecisionEvent, ModelStatus } from '@understudy/core';
import { pii, redactor } from '@understudy/core/guards';
import type { Ticket } from './tickets.ts';

/** What a customer saw. */
export interface Reply {
  readonly text: string;
  /** `whole`, `began anew` before his eyes, or `broken` off in the middle. */
  readonly saw: 'whole' | 'began anew' | 'broken';
  /** The variant or tier that served; empty where none did. */
  readonly servedBy: string;
  /** The decision, where there is one. */
  readonly decisionId?: string;
}

/** The app, made in one of three ways. */
export interface Desk {
  readonly title: string;
  readonly answer: (ticket: Ticket) => Promise<Reply>;
  readonly on: (type: 'decision', listener: (event: DecisionEvent) => void) => () => void;
  readonly status: () => ModelStatus;
}

/** What a customer reads: addresses and numbers of people are taken out as it comes, wherever a chunk ends. */
export class Reader {
  #text = '';
  #safe = redactor([pii()]);
  #hasBegunAnew = false;

  read(chunk: string): void {
    this.#text += this.#safe.push(chunk);
  }

  /** What was read is void. */
  reset(): void {
    this.#text = '';
    this.#safe = redactor([pii()]);
    this.#hasBegunAnew = true;
  }

  end(served: Pick<Reply, 'servedBy' | 'decisionId'>): Reply {
    return { text: this.#text + this.#safe.end(), saw: this.#hasBegunAnew ? 'began anew' : 'whole', ...served };
  }

  broken(): Reply {
    return { text: this.#text, saw: 'broken', servedBy: '' };
  }
}
