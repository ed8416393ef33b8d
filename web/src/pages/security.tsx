import { useState } from "react";
import { api } from "../api.ts";
import type { AccountAnswer } from "../api_types.ts";
import { blamePassword, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { NewPasswordField, PasswordField } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Notice } from "../parts/notice.tsx";
import { useSession } from "../session.tsx";
import { AccountFrame } from "./account_frame.tsx";
import { Passkeys } from "./security_passkeys.tsx";
import { RecoveryCodesSection, TwoStep } from "./security_totp.tsx";

export default function Security() {
  return (
    <AccountFrame title="Security" intro="How you prove that it is you.">
      {() => <Parts />}
    </AccountFrame>
  );
}

function Parts() {
  const account = useLoaded<AccountAnswer>("account");
  return (
    <>
      <Loaded of={account}>
        {(data) => (
          <>
            <Passkeys passkeys={data.passkeys} changed={account.reload} />
            <TwoStep on={data.totp} changed={account.reload} />
            <RecoveryCodesSection left={data.recovery_codes_left} on={data.totp} changed={account.reload} />
            <Password />
          </>
        )}
      </Loaded>
    </>
  );
}

function Password() {
  const { person, reload } = useSession();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [saved, setSaved] = useState(false);
  const form = useForm({
    check: () => ({
      current: current ? undefined : "Enter your password of today.",
      password: password ? undefined : "Choose a new password.",
    }),
    blame: { ...blamePassword, wrong_credentials: "current" },
    submit: async () => {
      setSaved(false);
      await api.post("account/password", { current, password });
      await reload();
      setCurrent("");
      setPassword("");
      setSaved(true);
    },
  });
  return (
    <Section title="Password" intro="Changing it signs you out everywhere but here.">
      <Form of={form}>
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
          label="Current password"
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
          error={form.problems["current"]}
        />
        <NewPasswordField
          label="New password"
          value={password}
          onChange={setPassword}
          error={form.problems["password"]}
        />
        {saved && <Notice tone="good">Your password is changed. Other browsers were signed out.</Notice>}
        <div>
          <Button type="submit" busy={form.busy}>
            Change password
          </Button>
        </div>
      </Form>
    </Section>
  );
}
