import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Keys that work where no field has the focus. */
export const KEYS = {
  n: 'Take the next case',
  a: 'Agree with the model’s answer, and go to the button that submits',
  c: 'Correct it: go to the first field',
  f: 'Go to the first field of your answer',
  w: 'Go to the reason',
  s: 'Submit, and take the next case',
  r: 'Give the case back',
  e: 'Pass the case on',
  g: 'Assign the case',
  l: 'Go to the list of cases',
} as const;
export type Key = keyof typeof KEYS;
export type KeyMap = Partial<Readonly<Record<Key, () => void>>>;

const STORED = 'understudy.review-keys';

/** Whether single keys work: people who speak to their computer turn them off. A browser that keeps nothing has them on. */
function areOn(): boolean {
  try {
    return localStorage.getItem(STORED) !== 'off';
  } catch {
    return true;
  }
}

/** @returns whether it outlives the page */
function turn(on: boolean): boolean {
  try {
    localStorage.setItem(STORED, on ? 'on' : 'off');
    return true;
  } catch {
    return false;
  }
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Radio buttons take no letters: single keys work there too. */
const takesLetters = (target: EventTarget | null): boolean =>
  isField(target) && !(target instanceof HTMLInputElement && (target.type === 'radio' || target.type === 'checkbox'));

/** Lets single keys do something while this is on the page; `?` lists them. */
export function Keys({ keys }: { readonly keys: KeyMap }) {
  const [isOpen, setOpen] = useState(false);
  const [isOn, setOn] = useState(areOn);
  const current = useRef({ keys, isOn });
  current.current = { keys, isOn };
  // As soon as the page is there: a key that is pressed at once counts.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
      if (takesLetters(event.target) || document.querySelector('dialog[open]') !== null) return;
      const { keys: now, isOn: on } = current.current;
      if (!on) return;
      if (event.key === '?') setOpen(true);
      else {
        const act = Object.hasOwn(now, event.key) ? now[event.key as Key] : undefined;
        if (act === undefined) return;
        act();
      }
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Keys <kbd>?</kbd>
      </button>
      {isOpen ? (
        <Help
          isOn={isOn}
          turn={(on) => {
            turn(on);
            setOn(on);
          }}
          close={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}

function Help({
  isOn,
  turn: turned,
  close,
}: {
  readonly isOn: boolean;
  readonly turn: (on: boolean) => void;
  readonly close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  // At once: the next key is for the dialog.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">Keys of this page</h2>
      <label class="tick">
        <input type="checkbox" checked={isOn} onChange={(event) => turned(event.currentTarget.checked)} />
        Single keys are on
      </label>
      <p class="soft">They work while no field has the focus.</p>
      <dl class="keys">
        {Object.entries(KEYS).map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>Show this</dd>
        </div>
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Leave a field: single keys work again</dd>
        </div>
        <div>
          <dt>
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </dt>
          <dd>In a field: submit, and take the next case</dd>
        </div>
      </dl>
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
