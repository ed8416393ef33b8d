// One way for every form: check, send, tie each error to its field, put the focus where it is needed.
import { useEffect, useRef, useState, type FormEvent, type RefObject } from "react";
import { ApiError } from "./api.ts";

export type Problems = Partial<Record<string, string>>;

type FormOptions = {
  check?: () => Problems;
  submit: () => Promise<void>;
  blame?: Record<string, string>; // word of an error -> the field it is about
};

export type FormState = {
  form: RefObject<HTMLFormElement | null>;
  busy: boolean;
  problems: Problems;
  failure: string | null; // of no one field
  onSubmit: (event?: FormEvent) => void;
  setFailure: (text: string | null) => void;
};

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return error instanceof Error && error.message ? error.message : "That did not work. Try again.";
}

export function useForm({ check, submit, blame = {} }: FormOptions): FormState {
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<Problems>({});
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [problems]);

  const onSubmit = (event?: FormEvent) => {
    event?.preventDefault();
    if (busy) return;
    const found = Object.fromEntries(Object.entries(check?.() ?? {}).filter(([, text]) => text));
    setFailure(null);
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    submit()
      .catch((error: unknown) => {
        const field = error instanceof ApiError ? blame[error.word] : undefined;
        if (error instanceof Cancelled) return;
        if (field) setProblems({ [field]: messageOf(error) });
        else setFailure(messageOf(error));
      })
      .finally(() => setBusy(false));
  };
  return { form, busy, problems, failure, onSubmit, setFailure };
}

// For `blame`, where a password is chosen in a field of that name.
export const blamePassword = {
  password_too_short: "password",
  password_too_common: "password",
  password_too_long: "password",
};

// The person closed a dialogue: nothing happened, nothing is said.
export class Cancelled extends Error {}

// A button that calls something: the same without fields.
export function useAction<A extends unknown[]>(act: (...args: A) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const run = (...args: A) => {
    if (busy) return;
    setBusy(true);
    setFailure(null);
    act(...args)
      .catch((error: unknown) => {
        if (!(error instanceof Cancelled)) setFailure(messageOf(error));
      })
      .finally(() => setBusy(false));
  };
  return { run, busy, failure };
}

export const filled = (value: string, sentence: string) => (value.trim() ? undefined : sentence);

export function emailProblem(value: string): string | undefined {
  if (!value.trim()) return "Enter your e-mail address.";
  return /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? undefined : "This is not a whole e-mail address.";
}
