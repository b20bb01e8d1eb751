import type { DecisionEvent } from '@understudy/core';
import { count, usd } from './numbers.ts';

/** Where lines go: a terminal shows one that changes, everything else a new one each time. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Tokens and money, once a second while the desk works. */
export class LiveView implements Disposable {
  readonly #screen: Screen;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  #title = '';
  #tickets = 0;
  #degraded = 0;
  #tokens = 0;
  #cached = 0;
  #microUsd = 0;

  constructor(screen: Screen, everyMs = 1000) {
    this.#screen = screen;
    this.#timer = setInterval(() => this.#show(), everyMs);
  }

  begin(title: string): void {
    this.#title = title;
    [this.#tickets, this.#degraded, this.#tokens, this.#cached, this.#microUsd] = [0, 0, 0, 0, 0];
  }

  add({ usage, degraded }: DecisionEvent): void {
    this.#tickets++;
    if (degraded) this.#degraded++;
    this.#tokens += (usage?.inputTokens.total ?? 0) + (usage?.outputTokens.total ?? 0);
    this.#cached += usage?.inputTokens.cacheRead ?? 0;
    this.#microUsd += usage?.costMicroUsd ?? 0;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#screen.isTTY === true) this.#screen.write('\r\u001B[K');
  }

  #show(): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(0).padStart(3);
    const share = this.#tokens === 0 ? 0 : Math.round((100 * this.#cached) / this.#tokens);
    const line = `${seconds} s  ${this.#title}: ${this.#tickets} tickets (${this.#degraded} rescued), ${count(this.#tokens)} tokens (${share} % from a cache), ${usd(this.#microUsd)}`;
    this.#screen.write(this.#screen.isTTY === true ? `\r\u001B[K${line}` : `${line}\n`);
  }
}
