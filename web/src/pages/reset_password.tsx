import { useState } from "react";
import { api } from "../api.ts";
import { useForm } from "../form.ts";
import { takeNext } from "../next_page.ts";
import { Button, ButtonLink } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Field, PasswordField } from "../parts/field.tsx";
import { Heading } from "../parts/heading.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { useFragment } from "../router.tsx";
import { useSession } from "../session.tsx";

const recoveryHint =
  "Your connected AIs are locked with your old password. A recovery code keeps them; without one you connect " +
  "them again.";

export default function ResetPassword() {
  const { reload } = useSession();
  const token = useFragment("token");
  const [password, setPassword] = useState("");
  const [recoveryCode, setRecoveryCode] = useState("");
  const [done, setDone] = useState<{ vault: boolean; next: string } | null>(null);
  const form = useForm({
    check: () => ({ password: password ? undefined : "Choose a password." }),
    blame: {
      password_too_short: "password",
      password_too_common: "password",
      password_too_long: "password",
      wrong_code: "recovery_code",
    },
    submit: async () => {
      const code = recoveryCode.trim();
      const body = { token, password, ...(code ? { recovery_code: code } : {}) };
      const { vault } = await api.post<{ vault: boolean }>("password/reset", body);
      await reload();
      setDone({ vault, next: takeNext() });
    },
  });

  if (done) return <Done vault={done.vault} next={done.next} />;
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>Choose a new password</Heading>
        {!token && <Notice tone="error">This link is not complete. Open it from the mail once more.</Notice>}
        <Failure text={form.failure} />
        <form ref={form.form} onSubmit={form.onSubmit} noValidate className="stack">
          <PasswordField
            label="New password"
            hint="Long is better than complicated: a few unrelated words are good."
            autoComplete="new-password"
            value={password}
            onChange={setPassword}
            error={form.problems["password"]}
          />
          <Field
            label="Recovery code (if you have one)"
            hint={recoveryHint}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={recoveryCode}
            onChange={setRecoveryCode}
            error={form.problems["recovery_code"]}
          />
          <Button kind="primary" type="submit" wide busy={form.busy}>
            Set password
          </Button>
        </form>
      </Card>
    </div>
  );
}

function Done({ vault, next }: { vault: boolean; next: string }) {
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>Your password is changed</Heading>
        <Notice tone="good">You are signed in here. Every other browser was signed out.</Notice>
        {!vault && (
          <Notice tone="warning">
            <p>AIs that you connected before cannot be opened with the new password. Connect them again.</p>
            <ButtonLink to="/account/ai">Your AIs</ButtonLink>
          </Notice>
        )}
        <ButtonLink to={next} kind="primary" wide>
          Continue
        </ButtonLink>
      </Card>
    </div>
  );
}
