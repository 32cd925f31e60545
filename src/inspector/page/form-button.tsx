// A button that opens a dialog with a form, and sends it after confirmation. What is wrong stays in the dialog, in words.
import { type ReactNode, type SyntheticEvent, useRef, useState } from 'react';

/** Sends the form. Resolves with what is wrong, or undefined; rejects if no answer came. */
export type Send = (form: FormData) => Promise<string | undefined>;

interface FormDialog {
  /** On the button, and on the one that confirms. */
  readonly label: string;
  /** What it will do. */
  readonly consequence: string;
  readonly isDangerous?: boolean;
  /** Called when the dialog opens: what it sends is about what was read then. */
  open(): Send;
  onDone?(): void;
  readonly children?: ReactNode;
}

/** What is in the dialog while it is open. */
const Confirmation = ({
  dialog: { label, consequence, isDangerous = false, open, onDone, children },
  onClose,
}: {
  dialog: FormDialog;
  onClose(): void;
}) => {
  const [problem, setProblem] = useState<string>();
  const [send] = useState(open);
  const submit = async (event: SyntheticEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    try {
      const wrong = await send(new FormData(event.currentTarget));
      setProblem(wrong);
      if (wrong !== undefined) return;
      onDone?.();
      onClose();
    } catch {
      setProblem('No response from the server. Try again: a repeated request takes effect only once.');
    }
  };
  return (
    <form onSubmit={submit}>
      <h2>{label}?</h2>
      {consequence !== '' && <p>{consequence}</p>}
      {children}
      {problem !== undefined && <p role="alert">{problem}</p>}
      <div className="row end">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <button type="submit" className={isDangerous ? 'danger primary' : 'primary'}>
          {label}
        </button>
      </div>
    </form>
  );
};

export const FormButton = (dialog: FormDialog) => {
  const element = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const { label, isDangerous = false } = dialog;
  const show = (): void => {
    setOpen(true);
    element.current?.showModal();
  };
  return (
    <>
      <button type="button" className={isDangerous ? 'danger' : ''} onClick={show}>
        {label}
      </button>
      <dialog ref={element} aria-label={`Confirm: ${label}`} onClose={() => setOpen(false)}>
        {isOpen && <Confirmation dialog={dialog} onClose={() => element.current?.close()} />}
      </dialog>
    </>
  );
};
