import type { ReactNode } from "react";
import type { FormState } from "../form.ts";
import { Button } from "./button.tsx";
import { Failure } from "./notice.tsx";

type FormProps = {
  of: FormState;
  send: string; // what the button says
  failure?: string | null; // of something else on the page that is told in the same place
  after?: ReactNode; // more buttons
  children: ReactNode; // the fields
};

// A page's one form: what went wrong, the fields, and the button that sends them.
export function Form({ of, send, failure = null, after, children }: FormProps) {
  return (
    <>
      <Failure text={of.failure ?? failure} />
      <form ref={of.form} onSubmit={of.onSubmit} noValidate className="stack">
        {children}
        <Button kind="primary" type="submit" wide busy={of.busy}>
          {send}
        </Button>
        {after}
      </form>
    </>
  );
}
