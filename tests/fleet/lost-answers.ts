import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import type { StateStore } from '@understudy/core';
import { seededRandom } from '@understudy/core/testing';
import { expect, onTestFinished } from 'vitest';
import type { CommanderOptions, Told } from './commander.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { until } from './fleet.ts';

const PROCESSES = 8;
const COMMANDS = 40;
/** One answer of the server is cut after so many others, at most. */
const CUT_AFTER = 20;

/** A process that commands, as the test sees it. */
function commander(options: CommanderOptions, hears: (told: Told) => void) {
  const child = fork(resolve('tests/fleet/commander.ts'), [JSON.stringify(options)], {
    execPath: resolve('node_modules/.bin/node'),
    execArgv: ['--conditions=@understudy/source'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [ready, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  child.once('exit', (code, signal) => {
    const gone = new Error(`The process ended with ${code ?? signal}.`);
    ready.reject(gone);
    done.reject(gone);
  });
  // Whoever waits hears of it; where nobody does any more, it is no matter.
  done.promise.catch(() => undefined);
  child.on('message', (told: Told) => {
    if (told.kind === 'ready') ready.resolve();
    else if (told.kind === 'done') done.resolve();
    else hears(told);
  });
  return { ready: ready.promise, done: done.promise, begin: () => child.send('begin') };
}

/**
 * Eight processes give commands for one model, and answers of the store are lost. Each change that was made raised the version of
 * the document by one: so each version must have been told once, by who made it, and no answer may contradict that.
 *
 * @param port of the server, where there is one: connections to it are cut
 */
export async function loseAnswers(
  kind: CommanderOptions['kind'],
  store: StateStore,
  urlOf: (port: number) => string,
  port?: number,
): Promise<void> {
  const random = seededRandom(4);
  let left = 0;
  const isCut = (): boolean => {
    if (left-- > 0) return false;
    left = Math.floor(CUT_AFTER * random());
    return true;
  };
  const proxy = port === undefined ? undefined : await cuttingProxy(port, isCut);
  onTestFinished(() => proxy?.close());
  const answers = new Map<string, string>();
  const told: (readonly [version: number, reason: string])[] = [];
  const hears = (message: Told): void => {
    if (message.kind === 'answer') answers.set(message.reason, message.answer);
    if (message.kind === 'event') told.push([message.version, message.reason]);
  };
  const url = urlOf(proxy?.port ?? 0);
  const commanders = Array.from({ length: PROCESSES }, (_, index) =>
    commander({ name: `p${index}`, kind, url, commands: COMMANDS }, hears),
  );
  await Promise.all(commanders.map(({ ready }) => ready));
  for (const { begin } of commanders) begin();
  await Promise.all(commanders.map(({ done }) => done));
  proxy?.heal();

  const version = async (): Promise<number> => (await store.read('model/commanded')).version;
  const isTold = async (): Promise<boolean> => new Set(told.map(([each]) => each)).size >= (await version());
  await until(isTold, 'Some changes are told by nobody');
  const versions = told.map(([each]) => each).toSorted((a, b) => a - b);
  expect(versions).toEqual(Array.from({ length: await version() }, (_, index) => index + 1));
  const made = told.map(([, reason]) => reason);
  expect(new Set(made).size).toBe(made.length);
  const given = (answer: string): string[] => [...answers].flatMap(([reason, each]) => (each === answer ? [reason] : []));
  expect(answers.size).toBe(PROCESSES * COMMANDS);
  expect(given('obeyed').filter((reason) => !made.includes(reason))).toEqual([]);
  expect(given('unchanged').filter((reason) => made.includes(reason))).toEqual([]);
  expect(given('race').filter((reason) => made.includes(reason))).toEqual([]);
  expect(made.filter((reason) => !['obeyed', 'unknown'].includes(answers.get(reason) ?? ''))).toEqual([]);
  if (proxy !== undefined) expect(proxy.cuts()).toBeGreaterThan(20);
}
