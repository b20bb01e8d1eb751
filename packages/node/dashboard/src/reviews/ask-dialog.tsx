import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Notice } from '../parts/small.tsx';
import type { ServerError } from '../server.ts';

/** Asks why, and does it. A refusal is shown where it was asked for. */
export function AskDialog({
  title,
  says,
  verb,
  children,
  act,
  close,
}: {
  readonly title: string;
  readonly says: string;
  readonly verb: string;
  /** Fields before the reason. */
  readonly children?: ComponentChildren;
  /** @throws ServerError */
  readonly act: (reason: string) => Promise<void>;
  readonly close: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ServerError>();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    try {
      await act(reason);
      dialog.current?.close();
    } catch (thrown) {
      setError(thrown as ServerError);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="ask-title" onClose={close}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="ask-title">{title}</h2>
        <p>{says}</p>
        {children}
        <label>
          Why
          <textarea
            name="why"
            required
            maxLength={1000}
            rows={3}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <div role="alert">{error === undefined ? null : <Notice level="breach">{error.message}</Notice>}</div>
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="primary" aria-disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
