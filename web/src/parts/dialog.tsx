// A modal question. The browser's own <dialog> keeps the focus inside, closes on Escape and gives the focus back.
import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Failure } from "./notice.tsx";

type DialogProps = { title: string; onClose: () => void; children: ReactNode };

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before it leaves the document, or the focus would not go back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // The first thing to fill in; else the question itself, so that Enter confirms nothing by accident.
    const first = element?.querySelector<HTMLElement>("input:not(.unseen)") ?? element?.querySelector("h2");
    first?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

type ConfirmProps = {
  title: string;
  children: ReactNode;
  yes: string;
  danger?: boolean;
  busy: boolean;
  failure: string | null;
  onYes: () => void;
  onClose: () => void;
};

export function Confirm({
  title,
  children,
  yes,
  danger = false,
  busy,
  failure,
  onYes,
  onClose,
}: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Failure text={failure} />
      <div className="actions">
        <Button kind={danger ? "danger" : "primary"} busy={busy} onClick={onYes}>
          {yes}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  );
}
