// "Confirm that it is you": some changes need a sign-in of the last ten minutes. `confirmed(call)` makes the
// call; when the server asks for it, the person confirms in a dialogue and the call is made once more.
import { createContext, use, useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { ApiError, api } from "./api.ts";
import type { AccountAnswer } from "./api_types.ts";
import { Cancelled, filled, useAction, useForm } from "./form.ts";
import { Button } from "./parts/button.tsx";
import { Dialog } from "./parts/dialog.tsx";
import { Field, PasswordField } from "./parts/field.tsx";
import { Form } from "./parts/form.tsx";
import { askPasskey, passkeysWork, type PasskeyOptions } from "./passkeys.ts";
import { useSession } from "./session.tsx";

type StepUp = {
  confirmed: <T>(call: () => Promise<T>) => Promise<T>;
  ask: (why?: string) => Promise<void>; // throws Cancelled
};

const Context = createContext<StepUp | null>(null);

export function useStepUp(): StepUp {
  const stepUp = use(Context);
  if (!stepUp) throw new Error("outside of StepUpProvider");
  return stepUp;
}

// The refusals that a confirmation overcomes.
const reasons: Record<string, string> = {
  recent_sign_in_required: "This change needs a recent sign-in.",
  vault_locked: "Your AIs are locked in this browser. Your password opens them.",
};

type Waiting = { why: string; done: () => void; cancel: () => void };

export function StepUpProvider({ children }: { children: ReactNode }) {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const ask = useCallback((why = "This change needs a recent sign-in.") => {
    return new Promise<void>((resolve, reject) => {
      setWaiting({
        why,
        done: () => (setWaiting(null), resolve()),
        cancel: () => (setWaiting(null), reject(new Cancelled())),
      });
    });
  }, []);
  const confirmed = useCallback(
    async <T,>(call: () => Promise<T>): Promise<T> => {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof ApiError) || !(error.word in reasons)) throw error;
        await ask(reasons[error.word]);
        return await call();
      }
    },
    [ask],
  );
  const value = useRef<StepUp>({ confirmed, ask });
  value.current.confirmed = confirmed;
  value.current.ask = ask;
  return (
    <Context value={value.current}>
      {children}
      {waiting && <StepUpDialog {...waiting} />}
    </Context>
  );
}

function StepUpDialog({ why, done, cancel }: Waiting) {
  const { person, reload } = useSession();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  useEffect(() => {
    api.get<AccountAnswer>("account").then(
      (account) => setNeedsCode(account.totp),
      () => undefined, // then the server asks for the code
    );
  }, []);

  const form = useForm({
    check: () => ({
      password: password ? undefined : "Enter your password.",
      code: needsCode ? filled(code, "Enter the code.") : undefined,
    }),
    blame: { wrong_credentials: "password", wrong_code: "code" },
    submit: async () => {
      try {
        await api.post("step-up", { password, ...(code ? { code: code.trim() } : {}) });
      } catch (error) {
        // The password is right, or may be: the account wants its code too.
        if (error instanceof ApiError && error.word === "wrong_code" && !needsCode) {
          setNeedsCode(true);
          return;
        }
        throw error;
      }
      await reload();
      done();
    },
  });
  const passkey = useAction(async () => {
    const credential = await askPasskey(await api.post<PasskeyOptions>("sign-in/passkey/begin"));
    await api.post("sign-in/passkey", credential);
    await reload();
    done();
  });

  return (
    <Dialog title="Confirm that it is you" onClose={cancel}>
      <p>{why}</p>
      <Form of={form} failure={passkey.failure}>
        <input
          className="unseen"
          type="text"
          autoComplete="username"
          value={person?.email ?? ""}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          autoFocus
          value={password}
          onChange={setPassword}
          error={form.problems["password"]}
        />
        {needsCode && (
          <Field
            label="Code from your authenticator app"
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={setCode}
            error={form.problems["code"]}
          />
        )}
        <div className="actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            Confirm
          </Button>
          {passkeysWork() && (
            <Button busy={passkey.busy} onClick={() => passkey.run()}>
              Use a passkey
            </Button>
          )}
          <Button kind="quiet" onClick={cancel}>
            Cancel
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
