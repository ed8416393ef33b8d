import { useState } from "react";
import { api } from "../api.ts";
import { blamePassword, useForm } from "../form.ts";
import { takeNext } from "../next_page.ts";
import { ButtonLink } from "../parts/button.tsx";
import { CardPage } from "../parts/card.tsx";
import { Field, NewPasswordField } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Notice } from "../parts/notice.tsx";
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
    blame: { ...blamePassword, wrong_code: "recovery_code" },
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
    <CardPage title="Choose a new password">
      {!token && <Notice tone="error">This link is not complete. Open it from the mail once more.</Notice>}
      <Form of={form} send="Set password">
        <NewPasswordField
          label="New password"
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
      </Form>
    </CardPage>
  );
}

function Done({ vault, next }: { vault: boolean; next: string }) {
  return (
    <CardPage title="Your password is changed">
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
    </CardPage>
  );
}
