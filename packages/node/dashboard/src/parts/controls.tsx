import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { CommandName, ModelView } from '../../../src/dashboard/wire.ts';
import { proposalOf } from '../commands.ts';
import { give, type ServerError } from '../server.ts';
import { Notice } from './small.tsx';

export interface Controls {
  readonly mayControl: boolean;
  /** Puts a command before the person. */
  readonly propose: (command: CommandName, view: ModelView, variant?: string) => void;
}

export const ControlsContext = createContext<Controls>({ mayControl: false, propose: () => undefined });

/** A button that is there for who may command alone. */
export function Command({
  name,
  view,
  variant,
  children,
  isGrave,
}: {
  readonly name: CommandName;
  readonly view: ModelView;
  readonly variant?: string;
  readonly children: string;
  readonly isGrave?: boolean;
}) {
  const { mayControl, propose } = useContext(ControlsContext);
  if (!mayControl) return null;
  return (
    <button
      type="button"
      class={isGrave === true ? 'grave' : ''}
      aria-label={variant === undefined ? undefined : `${children} ${variant}`}
      onClick={() => propose(name, view, variant)}
    >
      {children}
    </button>
  );
}

export interface Pending {
  readonly command: CommandName;
  readonly variant: string | undefined;
  /** As it was when the person asked: the proposal and the version that is sent belong together. */
  readonly view: ModelView;
}

/** Says what will change, asks why, and gives the command. */
export function ConfirmDialog({
  pending,
  close,
  done,
  failed,
}: {
  readonly pending: Pending;
  readonly close: () => void;
  readonly done: (what: string) => void;
  /** Told where the dialog was closed before the answer came. */
  readonly failed: (what: string) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ServerError>();
  const { status } = pending.view;
  const proposal = proposalOf(pending.command, status, pending.variant);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      const { command, variant } = pending;
      await give({
        model: status.model,
        command,
        ...(variant === undefined ? {} : { variant }),
        reason,
        version: status.control.version,
      });
      done(`${proposal.title}: done.`);
    } catch (thrown) {
      const refused = thrown as ServerError;
      if (dialog.current?.open !== true) return failed(`${proposal.title}: ${refused.message}`);
      setError(refused);
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={close}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="confirm-title">{proposal.title}</h2>
        <p class="soft">What will change:</p>
        <ul class="changes">
          {proposal.changes.map((change) => (
            <li key={change}>{change}</li>
          ))}
        </ul>
        <label>
          Why
          <textarea
            name="reason"
            required
            maxLength={1000}
            rows={3}
            value={reason}
            aria-describedby="reason-note"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <p id="reason-note" class="soft">
          It goes into the audit trail, with your name.
        </p>
        <div role="alert">{error === undefined ? null : <Notice level="breach">{error.message}</Notice>}</div>
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={proposal.isGrave ? 'primary grave' : 'primary'} disabled={isBusy}>
            {isBusy ? 'Waiting…' : proposal.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
