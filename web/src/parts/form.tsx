import type { ReactNode } from "react";
import type { FormState } from "../form.ts";
import { Button } from "./button.tsx";
import { Failure } from "./notice.tsx";

type FormProps = {
  of: FormState;
  send?: string; // what the button over the whole width says; without it the page's own is among the children
  failure?: string | null; // of something else on the page that is told in the same place
  after?: ReactNode; // more buttons
  className?: string;
  children: ReactNode; // the fields
};

// What went wrong, the fields, and the button that sends them.
export function Form({ of, send, failure = null, after, className = "stack", children }: FormProps) {
  return (
    <>
      <Failure text={of.failure ?? failure} />
      <form ref={of.form} onSubmit={of.onSubmit} noValidate className={className}>
        {children}
        {send && (
          <Button kind="primary" type="submit" wide busy={of.busy}>
            {send}
          </Button>
        )}
        {after}
      </form>
    </>
  );
}
