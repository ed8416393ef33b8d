import { useState } from "react";
import { api, segment } from "../api.ts";
import type { Passkey } from "../api_types.ts";
import { filled, useAction, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { focusHeading } from "../parts/heading.tsx";
import { Badge, Failure } from "../parts/notice.tsx";
import { createPasskey, passkeysWork, type PasskeyOptions } from "../passkeys.ts";
import { useStepUp } from "../step_up.tsx";
import { ago, browserName, onDay, tameName } from "../words.ts";

const about =
  "Sign in with your fingerprint, your face or a security key. A passkey cannot be guessed, and works on no " +
  "false page.";

type Changed = { changed: () => Promise<void> };

export function Passkeys({ passkeys, changed }: { passkeys: Passkey[] } & Changed) {
  const { confirmed } = useStepUp();
  const add = useAction(async () => {
    const options = await confirmed(() => api.post<PasskeyOptions>("account/passkeys/begin"));
    const credential = await createPasskey(options);
    await confirmed(() =>
      api.post("account/passkeys", { name: browserName(navigator.userAgent), credential }),
    );
    await changed();
  });
  return (
    <Section
      title="Passkeys"
      intro={about}
    >
      {passkeys.length > 0 && (
        <ul className="rows">
          {passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} changed={changed} />
          ))}
        </ul>
      )}
      <Failure text={add.failure} />
      {passkeysWork() ? (
        <div>
          <Button busy={add.busy} onClick={() => add.run()}>
            Add a passkey
          </Button>
        </div>
      ) : (
        <p className="muted">This browser has no passkeys.</p>
      )}
    </Section>
  );
}

function PasskeyRow({ passkey, changed }: { passkey: Passkey } & Changed) {
  const { confirmed } = useStepUp();
  const [open, setOpen] = useState<"rename" | "remove" | null>(null);
  const name = tameName(passkey.name, "Passkey");
  const path = `account/passkeys/${segment(passkey.id)}`;
  const remove = useAction(async () => {
    await confirmed(() => api.delete(path));
    setOpen(null);
    await changed();
    focusHeading();
  });
  return (
    <li className="row">
      <div className="row-text">
        <h3>
          {name} {passkey.unlocks_vault && <Badge tone="accent">opens your AIs</Badge>}
        </h3>
        <p>
          Added on {onDay(passkey.created_at)},{" "}
          {passkey.last_used_at ? `used ${ago(passkey.last_used_at)}` : "not used yet"}
        </p>
      </div>
      <div className="actions">
        <Button kind="quiet" onClick={() => setOpen("rename")}>
          Rename<span className="unseen"> {name}</span>
        </Button>
        <Button kind="quiet" onClick={() => setOpen("remove")}>
          Remove<span className="unseen"> {name}</span>
        </Button>
      </div>
      {open === "rename" && (
        <Rename name={passkey.name} path={path} changed={changed} close={() => setOpen(null)} />
      )}
      {open === "remove" && (
        <Confirm
          title={`Remove “${name}”?`}
          yes="Remove"
          danger
          busy={remove.busy}
          failure={remove.failure}
          onYes={() => remove.run()}
          onClose={() => setOpen(null)}
        >
          <p>
            You cannot sign in with it any more. Remove it from the device too, so that it is not offered
            there.
          </p>
        </Confirm>
      )}
    </li>
  );
}

function Rename({
  name: before,
  path,
  changed,
  close,
}: { name: string; path: string; close: () => void } & Changed) {
  const [name, setName] = useState(before);
  const form = useForm({
    check: () => ({ name: filled(name, "Enter a name.") }),
    submit: async () => {
      await api.patch(path, { name: name.trim() });
      close();
      await changed();
    },
  });
  return (
    <Dialog title="Rename the passkey" onClose={close}>
      <Form of={form}>
        <Field label="Name" autoFocus value={name} onChange={setName} error={form.problems["name"]} />
        <div className="actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            Save
          </Button>
          <Button onClick={close}>Cancel</Button>
        </div>
      </Form>
    </Dialog>
  );
}
