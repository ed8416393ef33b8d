import { useState } from "react";
import { api, segment } from "../api.ts";
import type { AiAnswer, AiProvider, AiSignIn, ConnectedAi } from "../api_types.ts";
import { useAction } from "../form.ts";
import { Button, ButtonLink } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { EndableRow, Rows } from "../parts/rows.tsx";
import { safePath, useQuery } from "../router.tsx";
import { useSession } from "../session.tsx";
import { useStepUp } from "../step_up.tsx";
import { onDay, planName, providerName } from "../words.ts";
import { AccountFrame } from "./account_frame.tsx";
import { AiSignInDialog } from "./ai_sign_in.tsx";

const unofficial =
  "Unofficial: this reuses the sign-in that the vendors publish for their own tools. It may stop working, and " +
  "a vendor's terms may forbid it. It serves you alone.";

export default function Ai() {
  return (
    <AccountFrame
      title="Your AIs"
      intro="What you connect here, apps may use when you allow it. They never see your sign-in."
    >
      {() => <Parts />}
    </AccountFrame>
  );
}

function Parts() {
  const answer = useLoaded<AiAnswer>("account/ai");
  const back = useQuery().get("continue");
  return (
    <>
      {back && (
        <div className="section">
          <Notice>
            <p>An app is waiting for your answer.</p>
            <ButtonLink to={safePath(back)}>Back to it</ButtonLink>
          </Notice>
        </div>
      )}
      <Locked />
      <Loaded of={answer}>
        {(data) => (
          <>
            <Connected connected={data.connected} changed={answer.reload} />
            <Providers providers={data.providers} changed={answer.reload} />
          </>
        )}
      </Loaded>
    </>
  );
}

// Somebody who signed in without the password: the AIs are there, and nothing in this session opens them.
function Locked() {
  const { vault } = useSession();
  const { ask } = useStepUp();
  const unlock = useAction(() => ask("Your AIs are locked in this browser. Your password opens them."));
  if (vault) return null;
  return (
    <div className="section">
      <Notice tone="warning">
        <p>Your AIs are locked in this browser, because you signed in without your password.</p>
        <Button busy={unlock.busy} onClick={() => unlock.run()}>
          Unlock
        </Button>
      </Notice>
    </div>
  );
}

type Changed = { changed: () => Promise<void> };

function Connected({ connected, changed }: { connected: ConnectedAi[] } & Changed) {
  return (
    <Section title="Connected">
      <Rows of={connected} empty="No AI is connected yet.">
        {(ai) => <ConnectedRow key={ai.id} ai={ai} changed={changed} />}
      </Rows>
    </Section>
  );
}

function ConnectedRow({ ai, changed }: { ai: ConnectedAi } & Changed) {
  const name = providerName(ai.provider);
  return (
    <EndableRow
      path={`account/ai/${segment(ai.id)}`}
      changed={changed}
      verb="Disconnect"
      what={name}
      question={`Disconnect ${name}?`}
      consequence="Apps that use it through you stop working until you connect it again."
    >
      <h3>{name}</h3>
      <p>
        {ai.plan ? `${planName(ai.plan)}, ` : ""}connected on {onDay(ai.connected_at)}
      </p>
    </EndableRow>
  );
}

function Providers({ providers, changed }: { providers: AiProvider[] } & Changed) {
  const [signIn, setSignIn] = useState<{ provider: AiProvider; answer: AiSignIn } | null>(null);
  const [wanted, setWanted] = useState("");
  const { confirmed } = useStepUp();
  const notes = new Set(providers.map((provider) => provider.note));
  const noteOfAll = notes.size === 1 ? providers[0]?.note : null;
  const start = useAction(async (provider: AiProvider) => {
    setWanted(provider.id);
    const answer = await confirmed(() => api.post<AiSignIn>("account/ai", { provider: provider.id }));
    setSignIn({ provider, answer });
  });
  return (
    <Section title="Connect another">
      <Notice tone="warning">
        <p>
          {noteOfAll ??
            unofficial}
        </p>
      </Notice>
      <Failure text={start.failure} />
      <ul className="rows">
        {providers.map((provider) => (
          <li className="row" key={provider.id}>
            <div className="row-text">
              <h3>{provider.name}</h3>
              {provider.note && !noteOfAll && <p>{provider.note}</p>}
            </div>
            {provider.enabled ? (
              <Button busy={start.busy && wanted === provider.id} onClick={() => start.run(provider)}>
                Connect<span className="unseen"> {provider.name}</span>
              </Button>
            ) : (
              <span className="muted small">off on this server</span>
            )}
          </li>
        ))}
      </ul>
      {signIn && (
        <AiSignInDialog
          name={signIn.provider.name}
          signIn={signIn.answer}
          changed={changed}
          close={() => setSignIn(null)}
        />
      )}
    </Section>
  );
}
