import { always, circuitBreaker, createUnderstudy, type Understudy } from '@understudy/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { devtools, inspect } from './devtools.ts';
import { showToAll, type UnderstudyDevtools } from './element.ts';
import { register } from './register.ts';

const any = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const PAYLOAD = `"><img src=x onerror=alert(1)><script>alert(2)</script>'\u202E{{1}}`;

function runtime(name = 'claims'): Understudy {
  const understudy = createUnderstudy({ application: 'shop' });
  understudy.defineModel(
    { name, input: any, output: any },
    {
      variants: {
        v1: { version: '1', policies: [circuitBreaker()], predictor: (input: unknown) => input },
        v2: { version: '2', predictor: () => 2 },
      },
      champion: 'v1',
      fallback: [always('fixed')],
    },
  );
  return understudy;
}
const predict = (understudy: Understudy, input: unknown, name = 'claims') =>
  (understudy.models.get(name) as never as { predict(input: unknown): Promise<Parameters<typeof inspect>[0]> }).predict(input);

/** A limit for what hangs: a slow machine must not fail a test. */
vi.setConfig({ testTimeout: 120_000 });
const LONG = { timeout: 30_000 };

let errors: unknown[] = [];
const failed = (event: ErrorEvent | PromiseRejectionEvent): void => void errors.push(event);
beforeEach(() => {
  sessionStorage.clear();
  errors = [];
  addEventListener('error', failed);
  addEventListener('unhandledrejection', failed);
});
afterEach(() => {
  document.querySelectorAll('understudy-devtools').forEach((panel) => panel.remove());
  removeEventListener('error', failed);
  removeEventListener('unhandledrejection', failed);
  if (errors.length > 0) throw new Error('Something of the panel reached the page.', { cause: errors });
});

const panel = (): UnderstudyDevtools => {
  const found = document.querySelector('understudy-devtools');
  if (found === null) throw new Error('no panel');
  return found;
};
const all = (selector: string): HTMLElement[] => [...(panel().shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
const text = (): string => panel().shadowRoot?.textContent ?? '';
const button = (label: string): HTMLElement => {
  const found = all('button').find((one) => (one.getAttribute('aria-label') ?? one.textContent ?? '').startsWith(label));
  if (found === undefined) throw new Error(`no button ${label} in ${text()}`);
  return found;
};
const shows = (expected: string) => vi.waitFor(() => expect(text()).toContain(expected), LONG);
const tab = async (id: string, expected: string): Promise<void> => {
  await vi.waitFor(() => expect(all(`#tab-${id}`)).toHaveLength(1), LONG);
  all(`#tab-${id}`)[0]?.click();
  await shows(expected);
};
const press = (target: EventTarget, key: string, more: KeyboardEventInit = {}): boolean =>
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key, code: `Key${key}`, bubbles: true, composed: true, cancelable: true, ...more }),
  );

it('is a button at first, shows the models when it is open, and goes away as a whole', async () => {
  const end = devtools(runtime());
  await shows('Understudy');
  expect(all('button')).toHaveLength(1);
  button('Understudy devtools').click();
  await shows('claims');
  expect(panel().open).toBe(true);
  expect(text()).toContain('v1');
  end();
  expect(document.querySelector('understudy-devtools')).toBeNull();
});

it('lists decisions; the one that is opened says why, and the page can show more of it', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  await predict(understudy, { hello: 'world' });
  await tab('decisions', 'is the champion');
  all('.list tbody tr')[0]?.click();
  await shows('What the event says');
  expect(text()).not.toContain('hello');
  button('Close, this decision').click();
  const decision = await predict(understudy, { hello: 'again' });
  expect(inspect(decision)).toBe(decision);
  await vi.waitFor(() => expect(all('.list tbody tr')).toHaveLength(2), LONG);
  all('.list tbody tr')[0]?.click();
  await shows('What explain() says');
  expect(text()).toContain('hello: "again"');
});

it('a list that is stopped stays as it is, and goes on', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  await predict(understudy, 1);
  await tab('decisions', 'served');
  button('Pause').click();
  for (let n = 0; n < 5; n++) await predict(understudy, n);
  await shows('Stopped here: 5 newer');
  expect(all('.list tbody tr')).toHaveLength(1);
  button('Continue').click();
  await vi.waitFor(() => expect(all('.list tbody tr')).toHaveLength(6), LONG);
  button('Clear').click();
  await shows('No decision to show');
});

it('shows hostile names and values as texts, cut', async () => {
  const name = `${PAYLOAD}${'x'.repeat(100_000)}`;
  const understudy = runtime(name);
  devtools(understudy, { open: true });
  const hostile = {
    [PAYLOAD]: PAYLOAD,
    get boom(): never {
      throw new Error('a getter');
    },
    huge: 'y'.repeat(1_000_000),
  };
  inspect(await predict(understudy, hostile, name));
  for (const id of ['models', 'circuits', 'rollouts', 'faults']) await tab(id, '<img src=x');
  await tab('decisions', 'is the champion');
  all('.list tbody tr')[0]?.click();
  await shows('boom: (getter)');
  expect(all('img, script')).toEqual([]);
  expect(text()).not.toContain('\u202E');
  expect(text().length).toBeLessThan(60_000);
});

it('10,000 decisions between two frames are drawn once, and few of them', async () => {
  const listeners = new Map<string, (event: never) => unknown>();
  const end = vi.fn<() => void>();
  devtools(
    {
      models: new Map(),
      on: (type: string, listener: (event: never) => unknown) => {
        listeners.set(type, listener);
        return end;
      },
    },
    { open: true },
  );
  await tab('decisions', 'No decision');
  let changes = 0;
  const observer = new MutationObserver((records) => (changes += records.length));
  if (panel().shadowRoot !== null) observer.observe(panel().shadowRoot as Node, { childList: true, subtree: true });
  for (let n = 0; n < 10_000; n++)
    listeners.get('decision')?.({
      type: 'decision',
      id: `n${n}`,
      at: n,
      model: 'm',
      outcome: 'served',
      attempts: [],
      servedBy: `v${n}`,
      tier: 'model',
      version: '',
      reason: '',
      durationMs: 1,
    } as never);
  await shows('v9999');
  observer.disconnect();
  expect(all('.list tbody tr').length).toBeLessThan(60);
  expect(changes).toBeLessThan(1000);
  panel().remove();
  await Promise.resolve();
  expect(end).toHaveBeenCalledTimes(listeners.size);
});

it('gives commands, says what came of them, and puts them back when it is removed', async () => {
  const understudy = runtime();
  const end = devtools(understudy, { open: true });
  await shows('claims');
  button('Force fallback').click();
  await shows('claims is paused.');
  expect(understudy.status().models[0]?.control.paused).toBe(true);
  expect(understudy.status().models[0]?.control.pausedBy).toEqual(['devtools']);
  await tab('circuits', 'Force open');
  button('Force open').click();
  await shows('forced-open');
  end();
  await vi.waitFor(() => expect(understudy.status().models[0]?.control.paused).toBe(false));
  expect(understudy.models.get('claims')?.control.circuit('v1')?.state).toBe('closed');
});

it('tells a command that was refused', async () => {
  const understudy = createUnderstudy({ authorize: () => false });
  understudy.defineModel(
    { name: 'claims', input: any, output: any },
    { variants: { v1: { version: '1', predictor: () => 1 } }, champion: 'v1' },
  );
  devtools(understudy, { open: true });
  await shows('claims');
  button('Force fallback').click();
  await vi.waitFor(() => expect(all('.said .breach')).toHaveLength(1), LONG);
});

it('an element that is moved goes on; one that is removed listens no more, and can come back', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  await shows('claims');
  button('Force fallback').click();
  await shows('claims is paused.');
  const moved = panel();
  const home = document.createElement('div');
  document.body.append(home);
  home.append(moved);
  await Promise.resolve();
  expect(understudy.status().models[0]?.control.paused).toBe(true);
  home.remove();
  await vi.waitFor(() => expect(understudy.status().models[0]?.control.paused).toBe(false));
  document.body.append(moved);
  await predict(understudy, 1);
  await tab('decisions', 'served');
});

it('opens and closes by keys, which can be others or none, and gives the focus back', async () => {
  const understudy = runtime();
  devtools(understudy);
  const field = document.createElement('input');
  document.body.append(field);
  field.focus();
  const keys = { altKey: true, shiftKey: true };
  expect(press(field, 'U', keys)).toBe(false);
  await vi.waitFor(() => expect(panel().shadowRoot?.activeElement?.id).toBe('tab-models'), LONG);
  press(panel(), 'U', keys);
  expect([panel().open, document.activeElement]).toEqual([false, field]);
  panel().shortcut = 'Ctrl+Alt+D';
  expect(press(field, 'U', keys)).toBe(true);
  expect(press(field, 'D', { ctrlKey: true, altKey: true })).toBe(false);
  expect(panel().open).toBe(true);
  panel().shortcut = false;
  expect(press(field, 'D', { ctrlKey: true, altKey: true })).toBe(true);
  field.remove();
});

it('keeps what happens in it from the page', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  await shows('claims');
  const heard: string[] = [];
  const hear = ({ type }: Event): void => void heard.push(type);
  for (const type of ['click', 'keydown', 'pointerdown']) document.addEventListener(type, hear);
  button('claims').click();
  press(button('claims'), 'j');
  for (const type of ['click', 'keydown', 'pointerdown']) document.removeEventListener(type, hear);
  expect(heard).toEqual([]);
});

it('remembers open, height and tab, and lives without storage', async () => {
  const understudy = runtime();
  const end = devtools(understudy);
  await shows('Understudy');
  panel().open = true;
  await tab('events', 'Nothing has happened');
  const handle = all('.handle')[0];
  press(handle ?? panel(), 'ArrowUp');
  end();
  devtools(understudy);
  await shows('Nothing has happened');
  expect(all('.handle')[0]?.getAttribute('aria-valuenow')).toBe('364');
  panel().remove();
  const denied = vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('denied', 'SecurityError');
  });
  const full = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  devtools(understudy);
  await shows('Understudy');
  button('Understudy devtools').click();
  await shows('claims');
  denied.mockRestore();
  full.mockRestore();
  for (const odd of ['{', '7', '{"open":"yes","height":-1,"tab":"__proto__"}']) {
    panel().remove();
    sessionStorage.setItem('understudy-devtools', odd);
    devtools(understudy);
    await shows('Understudy');
    expect(panel().open).toBe(false);
  }
});

it('takes properties that were set before it was defined, and says where there is no runtime', async () => {
  const early = document.createElement('div');
  early.innerHTML = '<understudy-devtools></understudy-devtools>';
  const element = early.querySelector('understudy-devtools');
  if (element === null) throw new Error('no element');
  element.open = true;
  document.body.append(early);
  await shows('The property understudy of this element is not set');
  element.understudy = { on: 1 } as never;
  await shows('The property understudy of this element is not set');
  element.understudy = runtime('other');
  await shows('other');
  element.understudy = runtime('another');
  await shows('another');
  element.understudy = null;
  await shows('The property understudy of this element is not set');
  expect(register).not.toThrow();
  early.remove();
});

it('refuses options that make no sense', () => {
  const understudy = runtime();
  expect(() => devtools(understudy, { shortcut: 'U' })).toThrow(/shortcut.*Alt, Ctrl or Meta/s);
  expect(() => devtools(understudy, { corner: 'top' } as never)).toThrow('corner');
  expect(() => devtools(understudy, { opened: true } as never)).toThrow('open');
  expect(() => devtools({} as never)).toThrow('understudy');
  expect(document.querySelector('understudy-devtools')).toBeNull();
});

it('called again for its runtime, as by a module that is loaded again, it is the same panel with other options', async () => {
  const understudy = runtime();
  devtools(understudy);
  const first = panel();
  const end = devtools(understudy, { corner: 'left' });
  expect([document.querySelectorAll('understudy-devtools').length, first.corner]).toEqual([1, 'left']);
  end();
  // Once more in the same task, as a framework does that tries its effects twice.
  devtools(understudy);
  expect([document.querySelectorAll('understudy-devtools').length, panel() === first]).toEqual([1, false]);
  devtools(runtime('other'));
  expect(document.querySelectorAll('understudy-devtools')).toHaveLength(2);
});

it('a second copy of the module shows its decisions to the same panel', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  const copy = (await import(/* @vite-ignore */ `${new URL('element.ts', import.meta.url).href}?copy`)) as {
    showToAll: typeof showToAll;
  };
  expect(copy.showToAll).not.toBe(showToAll);
  copy.showToAll(await predict(understudy, { by: 'the copy' }));
  await tab('decisions', 'is the champion');
  all('.list tbody tr')[0]?.click();
  await shows('by: "the copy"');
});

it('what only looks like a decision spoils no more than its own part', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  const decision = await predict(understudy, 1);
  inspect({ ...decision, id: decision.id, explain: () => ({ ...decision.explain(), attempts: [null] }) as never });
  await tab('decisions', 'is the champion');
  all('.list tbody tr')[0]?.click();
  await shows('This cannot be shown');
  await tab('models', 'normal');
  expect(text()).not.toContain('This cannot be shown');
});

it('has no box that a page could style, and its own direction and language', async () => {
  const style = document.createElement('style');
  style.textContent =
    'body * { opacity: 0.1; transform: translateX(-9000px); filter: blur(9px); position: relative; z-index: 1 }';
  document.head.append(style);
  document.documentElement.dir = 'rtl';
  devtools(runtime(), { open: true });
  await shows('claims');
  const place = (): DOMRect | undefined => all('.panel')[0]?.getBoundingClientRect();
  expect([getComputedStyle(panel()).display, place()?.left, place()?.right]).toEqual(['contents', 0, innerWidth]);
  expect(all('.content').map((one) => getComputedStyle(one).direction)).toEqual(['ltr']);
  expect(all('.root')[0]?.lang).toBe('en');
  style.remove();
  document.documentElement.removeAttribute('dir');
  panel().hidden = true;
  expect(getComputedStyle(panel()).display).toBe('none');
});

it('gives the focus back into a component of the page, and not to where it was once before', async () => {
  const host = document.createElement('div');
  document.body.append(host);
  const field = document.createElement('input');
  host.attachShadow({ mode: 'open' }).append(field);
  field.focus();
  devtools(runtime());
  const keys = { altKey: true, shiftKey: true };
  press(field, 'U', keys);
  await vi.waitFor(() => expect(panel().shadowRoot?.activeElement?.id).toBe('tab-models'), LONG);
  press(panel(), 'U', keys);
  expect(host.shadowRoot?.activeElement).toBe(field);
  await vi.waitFor(() => expect(all('.toggle')).toHaveLength(1), LONG);
  button('Understudy devtools').focus();
  press(panel(), 'U', keys);
  await vi.waitFor(() => expect(panel().shadowRoot?.activeElement?.id).toBe('tab-models'), LONG);
  press(panel(), 'U', keys);
  await vi.waitFor(() => expect(panel().shadowRoot?.activeElement?.id).toBe('toggle'), LONG);
  host.remove();
});

it('a list that was pointed at moves on when the page has closed and opened the panel', async () => {
  const understudy = runtime();
  devtools(understudy, { open: true });
  await tab('decisions', 'No decision');
  all('.list')[0]?.dispatchEvent(new PointerEvent('pointerenter'));
  await shows('Stopped here');
  panel().open = false;
  await vi.waitFor(() => expect(all('.toggle')).toHaveLength(1), LONG);
  panel().open = true;
  await predict(understudy, 1);
  await shows('is the champion');
});

it('works where sheets cannot be adopted, as in what imitates a page', async () => {
  const sheets = Object.getOwnPropertyDescriptor(ShadowRoot.prototype, 'adoptedStyleSheets') ?? {};
  Reflect.deleteProperty(ShadowRoot.prototype, 'adoptedStyleSheets');
  vi.stubGlobal('CSSStyleSheet', undefined);
  devtools(runtime(), { open: true });
  await shows('claims');
  expect(all('.panel')).toHaveLength(1);
  vi.unstubAllGlobals();
  Object.defineProperty(ShadowRoot.prototype, 'adoptedStyleSheets', sheets);
});

it('draws the first of 1,000 models, and more when it is asked to', async () => {
  const understudy = createUnderstudy();
  for (let n = 0; n < 1000; n++)
    understudy.defineModel(
      { name: `model-${n}`, input: any, output: any },
      { variants: { v1: { version: '1', policies: [circuitBreaker()], predictor: () => 1 } }, champion: 'v1' },
    );
  devtools(understudy, { open: true });
  await shows('950 more');
  expect(all('tbody tr')).toHaveLength(50);
  button('950 more').click();
  await shows('900 more');
  expect(all('tbody tr')).toHaveLength(100);
  for (const id of ['circuits', 'rollouts']) {
    await tab(id, '900 more');
    expect(all('tbody tr')).toHaveLength(100);
  }
});
