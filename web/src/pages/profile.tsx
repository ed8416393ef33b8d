import { useState } from "react";
import { api } from "../api.ts";
import type { Person, SignedIn } from "../api_types.ts";
import { emailProblem, useAction, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { EmailField, Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Badge, Failure, Notice } from "../parts/notice.tsx";
import { navigate } from "../router.tsx";
import { useSession } from "../session.tsx";
import { useStepUp } from "../step_up.tsx";
import { AccountFrame } from "./account_frame.tsx";
import { MailSink } from "./check_mail.tsx";

export default function Profile() {
  return (
    <AccountFrame title="Profile">
      {(person) => (
        <>
          <Name person={person} />
          <Email person={person} />
          <Section title="Your data" intro="Everything this server keeps about you, as one JSON file.">
            <div>
              <a
                className="button button-secondary"
                href="/portal/api/account/export"
                download="account.json"
              >
                Download your data
              </a>
            </div>
          </Section>
          <Delete />
        </>
      )}
    </AccountFrame>
  );
}

function Name({ person }: { person: Person }) {
  const { reload } = useSession();
  const [name, setName] = useState(person.name);
  const [saved, setSaved] = useState(false);
  const form = useForm({
    submit: async () => {
      setSaved(false);
      await api.patch<SignedIn>("account", { name: name.trim() });
      await reload();
      setSaved(true);
    },
  });
  return (
    <Section title="Name" intro="Apps see it only when you allow them to see your profile.">
      <Form of={form}>
        <Field
          label="Your name"
          autoComplete="name"
          value={name}
          onChange={setName}
          error={form.problems["name"]}
        />
        {saved && <Notice tone="good">Your name is saved.</Notice>}
        <div>
          <Button type="submit" busy={form.busy}>
            Save name
          </Button>
        </div>
      </Form>
    </Section>
  );
}

function Email({ person }: { person: Person }) {
  const { confirmed } = useStepUp();
  const [email, setEmail] = useState("");
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm({
    check: () => ({ email: emailProblem(email) }),
    blame: { email_invalid: "email" },
    submit: async () => {
      const address = email.trim();
      await confirmed(() => api.post("account/email", { email: address }));
      setSentTo(address);
      setEmail("");
    },
  });
  return (
    <Section title="E-mail">
      <p>
        {person.email}{" "}
        {person.email_verified ? (
          <Badge tone="accent">verified</Badge>
        ) : (
          <Badge tone="warning">not verified</Badge>
        )}
      </p>
      <Failure text={form.failure} />
      {sentTo && (
        <Notice tone="good">
          <p>
            We sent a link to <strong>{sentTo}</strong>. Your address changes when you open it.
          </p>
          <MailSink />
        </Notice>
      )}
      <form ref={form.form} onSubmit={form.onSubmit} noValidate className="stack">
        <EmailField
          label="New e-mail"
          autoComplete="email"
          value={email}
          onChange={setEmail}
          error={form.problems["email"]}
        />
        <div>
          <Button type="submit" busy={form.busy}>
            Change e-mail
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Delete() {
  const { reload } = useSession();
  const { confirmed } = useStepUp();
  const [asking, setAsking] = useState(false);
  const remove = useAction(async () => {
    await confirmed(() => api.delete("account"));
    await reload();
    navigate("/", { replace: true });
  });
  return (
    <Section
      title="Delete the account"
      intro="Every app loses its access, connected AIs are forgotten, and nothing can be brought back."
    >
      <div>
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete account
        </Button>
      </div>
      {asking && (
        <Confirm
          title="Delete your account?"
          yes="Delete for good"
          danger
          busy={remove.busy}
          failure={remove.failure}
          onYes={() => remove.run()}
          onClose={() => setAsking(false)}
        >
          <p>Everything that belongs to it goes with it. This cannot be undone.</p>
        </Confirm>
      )}
    </Section>
  );
}
