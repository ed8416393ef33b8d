// Sign-in wherever it is needed: its own page, and in the middle of consent. `done` runs when somebody is in.
import { useState } from "react";
import { ApiError, api } from "../api.ts";
import type { SignInAnswer } from "../api_types.ts";
import { emailProblem, filled, useAction, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { EmailField, Field, PasswordField } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { askPasskey, passkeysWork, type PasskeyOptions } from "../passkeys.ts";
import { Link } from "../router.tsx";
import { useSession } from "../session.tsx";

type Done = () => void | Promise<void>;

// `next`: the address to come back to, for the links to registration and reset.
export function SignInForm({ email, next, done }: { email?: string; next: string; done: Done }) {
  const session = useSession();
  const [needsCode, setNeedsCode] = useState(session.second_factor === "totp");
  const finish = async () => {
    await session.reload();
    await done();
  };
  if (needsCode) return <CodeForm done={finish} over={() => setNeedsCode(false)} />;
  return <PasswordForm email={email ?? ""} next={next} done={finish} needCode={() => setNeedsCode(true)} />;
}

type PasswordFormProps = { email: string; next: string; done: Done; needCode: () => void };

function PasswordForm({ email: hint, next, done, needCode }: PasswordFormProps) {
  const [email, setEmail] = useState(hint);
  const [password, setPassword] = useState("");
  const onward = `?continue=${encodeURIComponent(next)}`;

  const form = useForm({
    check: () => ({ email: emailProblem(email), password: password ? undefined : "Enter your password." }),
    submit: async () => {
      const answer = await api.post<SignInAnswer>("sign-in", { email: email.trim(), password });
      if (answer.second_factor) needCode();
      else await done();
    },
  });
  const passkey = useAction(async () => {
    const credential = await askPasskey(await api.post<PasskeyOptions>("sign-in/passkey/begin"));
    await api.post("sign-in/passkey", credential);
    await done();
  });

  return (
    <>
      <Form of={form} send="Sign in" failure={passkey.failure}>
        <EmailField value={email} onChange={setEmail} error={form.problems["email"]} />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={form.problems["password"]}
        />
      </Form>
      {passkeysWork() && (
        <>
          <p className="or">or</p>
          <Button wide busy={passkey.busy} onClick={() => passkey.run()}>
            Sign in with a passkey
          </Button>
        </>
      )}
      <p className="small">
        <Link to={`/forgot-password${onward}`}>Forgot your password?</Link>
      </p>
      <p className="small">
        New here? <Link to={`/register${onward}`}>Create an account</Link>
      </p>
    </>
  );
}

function CodeForm({ done, over }: { done: Done; over: () => void }) {
  const [code, setCode] = useState("");
  const form = useForm({
    check: () => ({ code: filled(code, "Enter the code.") }),
    blame: { wrong_code: "code" },
    submit: async () => {
      try {
        await api.post("sign-in/second-factor", { code: code.trim() });
      } catch (error) {
        if (error instanceof ApiError && error.word === "sign_in_required") over();
        throw error;
      }
      await done();
    },
  });
  return (
    <>
      <p>Your password is right. Now enter the code that your authenticator app shows.</p>
      <Form
        of={form}
        send="Continue"
        after={
          <Button kind="quiet" onClick={over}>
            Use another account
          </Button>
        }
      >
        <Field
          label="Code"
          hint="Six digits, or one of your recovery codes."
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={code}
          onChange={setCode}
          error={form.problems["code"]}
        />
      </Form>
    </>
  );
}
