import { useState } from "react";
import { api } from "../api.ts";
import { filled, useAction, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { Copyable, RecoveryCodes } from "../parts/copyable.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { QrCode } from "../parts/qr_code.tsx";
import { useStepUp } from "../step_up.tsx";

type Changed = { changed: () => Promise<void> };
type Setup = { secret: string; otpauth_uri: string };
type Codes = { recovery_codes: string[] };

export function TwoStep({ on, changed }: { on: boolean } & Changed) {
  const { confirmed } = useStepUp();
  const [setup, setSetup] = useState<Setup | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [asking, setAsking] = useState(false);
  const begin = useAction(async () => setSetup(await confirmed(() => api.post<Setup>("account/totp/begin"))));
  const end = useAction(async () => {
    await confirmed(() => api.delete("account/totp"));
    setAsking(false);
    await changed();
  });
  const made = async (fresh: string[]) => {
    setSetup(null);
    setCodes(fresh);
    await changed();
  };
  return (
    <Section
      title="Two-step sign-in"
      intro="After your password you enter a code from an authenticator app. It is not asked for with a passkey."
    >
      <Failure text={begin.failure} />
      {on ? (
        <>
          <Notice tone="good">Two-step sign-in is on.</Notice>
          <div>
            <Button kind="danger" onClick={() => setAsking(true)}>
              Turn off
            </Button>
          </div>
        </>
      ) : (
        <div>
          <Button busy={begin.busy} onClick={() => begin.run()}>
            Set up an authenticator app
          </Button>
        </div>
      )}
      {setup && <SetupDialog setup={setup} made={made} close={() => setSetup(null)} />}
      {codes && <CodesDialog codes={codes} close={() => setCodes(null)} />}
      {asking && (
        <Confirm
          title="Turn off two-step sign-in?"
          yes="Turn off"
          danger
          busy={end.busy}
          failure={end.failure}
          onYes={() => end.run()}
          onClose={() => setAsking(false)}
        >
          <p>Your password alone will be enough to sign in.</p>
        </Confirm>
      )}
    </Section>
  );
}

type SetupProps = { setup: Setup; made: (codes: string[]) => Promise<void>; close: () => void };

function SetupDialog({ setup, made, close }: SetupProps) {
  const { confirmed } = useStepUp();
  const [code, setCode] = useState("");
  const form = useForm({
    check: () => ({ code: filled(code, "Enter the code that the app shows.") }),
    blame: { wrong_code: "code" },
    submit: async () => {
      const body = { code: code.replace(/\s/g, "") };
      const answer = await confirmed(() => api.post<Codes>("account/totp", body));
      await made(answer.recovery_codes);
    },
  });
  return (
    <Dialog title="Set up an authenticator app" onClose={close}>
      <p>Scan this picture with the app, or type the key into it.</p>
      <QrCode text={setup.otpauth_uri} label="QR code of the key below" />
      <Copyable label="key" value={setup.secret.replace(/(.{4})(?=.)/g, "$1 ")} />
      <Form of={form}>
        <Field
          label="Code that the app shows"
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
          value={code}
          onChange={setCode}
          error={form.problems["code"]}
        />
        <div className="actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            Turn on
          </Button>
          <Button onClick={close}>Cancel</Button>
        </div>
      </Form>
    </Dialog>
  );
}

function CodesDialog({ codes, close }: { codes: string[]; close: () => void }) {
  return (
    <Dialog title="Your recovery codes" onClose={close}>
      <p>
        Keep them where you find them without your phone. Each works once: in place of a code from the app,
        and to keep your connected AIs when you reset your password. They are not shown again.
      </p>
      <RecoveryCodes codes={codes} />
      <div>
        <Button kind="primary" onClick={close}>
          I have kept them
        </Button>
      </div>
    </Dialog>
  );
}

export function RecoveryCodesSection({ left, on, changed }: { left: number; on: boolean } & Changed) {
  const { confirmed } = useStepUp();
  const [codes, setCodes] = useState<string[] | null>(null);
  const [asking, setAsking] = useState(false);
  const renew = useAction(async () => {
    const answer = await confirmed(() => api.post<Codes>("account/recovery-codes"));
    setAsking(false);
    setCodes(answer.recovery_codes);
    await changed();
  });
  const intro = on
    ? "For the day your phone is lost or your password forgotten."
    : "For the day your password is forgotten: a code keeps your connected AIs.";
  return (
    <Section title="Recovery codes" intro={intro}>
      {left > 0 && <p>You have {left === 1 ? "one code" : `${left} codes`} left.</p>}
      {left === 0 && on && <Notice tone="warning">You have no codes left. Make new ones.</Notice>}
      <Failure text={asking ? null : renew.failure} />
      <div>
        <Button busy={renew.busy && !asking} onClick={() => (left > 0 ? setAsking(true) : renew.run())}>
          Make new codes
        </Button>
      </div>
      {asking && (
        <Confirm
          title="Make new recovery codes?"
          yes="Make new codes"
          busy={renew.busy}
          failure={renew.failure}
          onYes={() => renew.run()}
          onClose={() => setAsking(false)}
        >
          <p>The codes you have now stop working.</p>
        </Confirm>
      )}
      {codes && <CodesDialog codes={codes} close={() => setCodes(null)} />}
    </Section>
  );
}
