// What somebody is asked: who wants what, where it goes, yes or no. For apps in a browser and for devices.
import { useState, type ReactNode } from "react";
import type { AskingClient, AuthorizationRequest, Decision } from "../api_types.ts";
import { useAction } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Facts } from "../parts/card.tsx";
import { Choice } from "../parts/field.tsx";
import { Heading } from "../parts/heading.tsx";
import { Badge, Failure, Notice } from "../parts/notice.tsx";
import { Link, hereAsContinue } from "../router.tsx";
import { useSession } from "../session.tsx";
import { useStepUp } from "../step_up.tsx";
import { aiScope, planName, providerName, scopeWords, tameName, webLink } from "../words.ts";

export const nameOf = (client: AskingClient) => tameName(client.name, client.host ?? "An app without a name");

// Who asks, as far as anybody knows it. A name alone proves nothing.
export function AskerFacts({ request }: { request: AuthorizationRequest }) {
  const { client, redirect_host, loopback, resource } = request;
  const rows: [string, ReactNode][] = [
    [
      "The app's name",
      client.kind === "builder" ? (
        <>
          <bdi>{nameOf(client)}</bdi> <Badge>registered by a builder of this server</Badge>
        </>
      ) : (
        <>
          <bdi>{nameOf(client)}</bdi> <Badge tone="warning">unverified</Badge>
        </>
      ),
    ],
  ];
  if (client.host) rows.push(["Describes itself at", <strong key="host">{client.host}</strong>]);
  if (resource) rows.push(["Wants to reach", <Reached key="resource" {...resource} />]);
  if (redirect_host) {
    const where = loopback ? " (an app on this computer)" : "";
    rows.push([
      "You return to",
      <span key="redirect">
        <strong>{redirect_host}</strong>
        {where}
      </span>,
    ]);
  }
  return (
    <div className="consent-facts">
      <Facts rows={rows} />
    </div>
  );
}

function Reached({ uri, name }: { uri: string; name: string }) {
  return (
    <>
      <bdi>{tameName(name, uri)}</bdi>
      {name !== uri && <div className="muted small">{uri}</div>}
    </>
  );
}

export function LoopbackWarning() {
  return (
    <Notice tone="warning">
      This is an app on this computer. Any program here can claim its name, so allow it only if you started it
      yourself a moment ago.
    </Notice>
  );
}

function Papers({ client }: { client: AskingClient }) {
  const links = [
    ["Website", webLink(client.client_uri)],
    ["Privacy policy", webLink(client.policy_uri)],
    ["Terms", webLink(client.tos_uri)],
  ].filter((entry): entry is [string, string] => entry[1] !== null);
  if (links.length === 0) return null;
  return (
    <p className="small actions">
      {links.map(([text, href]) => (
        <a key={text} href={href} target="_blank" rel="noopener noreferrer">
          {text}
          <span className="unseen"> of {nameOf(client)} (opens a new window)</span>
        </a>
      ))}
    </p>
  );
}

type ConsentProps = {
  request: AuthorizationRequest;
  warning?: ReactNode;
  decide: (decision: Decision) => Promise<void>;
};

export function ConsentForm({ request, warning, decide }: ConsentProps) {
  const { client, resource, loopback } = request;
  const scopes = request.scopes ?? [];
  const seen = scopes.some((scope) => scope.granted);
  const [ticked, setTicked] = useState(() => new Set(scopes.map((scope) => scope.name)));
  const offered = request.ai ?? [];
  // Without the scope there is nothing to use an AI with.
  const asksForAi = scopes.some((scope) => scope.name === aiScope) ? ticked.has(aiScope) : offered.length > 0;
  const [ai, setAi] = useState((offered.find((entry) => entry.chosen) ?? offered[0])?.id ?? "");
  const allow = useAction(() => {
    const names = scopes.map((scope) => scope.name).filter((name) => ticked.has(name));
    return decide({ decision: "approve", scopes: names, ...(ai && asksForAi ? { ai } : {}) });
  });
  const refuse = useAction(() => decide({ decision: "deny" }));
  const tick = (name: string, on: boolean) => {
    const next = new Set(ticked);
    if (on) next.add(name);
    else next.delete(name);
    setTicked(next);
  };

  return (
    <>
      <Heading title="Allow access?">
        Allow <bdi className="asker">{nameOf(client)}</bdi> access
        {resource ? (
          <>
            {" "}
            to <bdi>{tameName(resource.name, resource.uri)}</bdi>
          </>
        ) : null}
        ?
      </Heading>
      <AskerFacts request={request} />
      {warning}
      {loopback && <LoopbackWarning />}
      {scopes.length > 0 && (
        <fieldset className="scopes">
          <legend>It would be allowed to</legend>
          {scopes.map((scope) => (
            <Choice
              key={scope.name}
              type="checkbox"
              name="scope"
              value={scope.name}
              checked={ticked.has(scope.name)}
              onChange={(on) => tick(scope.name, on)}
              label={
                <>
                  {scopeWords(scope)} {seen && !scope.granted && <Badge tone="accent">new</Badge>}
                </>
              }
            />
          ))}
        </fieldset>
      )}
      {asksForAi && <AiChoice ai={offered} chosen={ai} choose={setAi} />}
      <Failure text={allow.failure ?? refuse.failure} />
      <div className="decide">
        <Button wide busy={refuse.busy} onClick={() => refuse.run()}>
          Deny
        </Button>
        <Button kind="primary" wide busy={allow.busy} onClick={() => allow.run()}>
          Allow
        </Button>
      </div>
      <p className="muted small">You can take this back at any time under Connected apps in your account.</p>
      <Papers client={client} />
      <Whoami />
    </>
  );
}

type Offered = NonNullable<AuthorizationRequest["ai"]>;

function AiChoice({ ai, chosen, choose }: { ai: Offered; chosen: string; choose: (id: string) => void }) {
  const { vault } = useSession();
  const { ask } = useStepUp();
  const unlock = useAction(() => ask("Your AIs are locked in this browser. Your password opens them."));
  if (ai.length === 0) {
    return (
      <Notice>
        <p>This app wants to use an AI of yours, and you have none connected.</p>
        <Link to={`/account/ai?continue=${hereAsContinue()}`}>Connect one first</Link>
      </Notice>
    );
  }
  return (
    <fieldset className="scopes">
      <legend>With which AI of yours?</legend>
      {ai.map((entry) => (
        <Choice
          key={entry.id}
          type="radio"
          name="ai"
          value={entry.id}
          checked={chosen === entry.id}
          onChange={() => choose(entry.id)}
          label={
            entry.plan
              ? `${providerName(entry.provider)}, ${planName(entry.plan)}`
              : providerName(entry.provider)
          }
        />
      ))}
      <Choice
        type="radio"
        name="ai"
        value=""
        checked={chosen === ""}
        onChange={() => choose("")}
        label="None"
        detail="The app gets access without an AI."
      />
      {!vault && chosen !== "" && (
        <Notice tone="warning">
          <p>Your AIs are locked in this browser.</p>
          <Button busy={unlock.busy} onClick={() => unlock.run()}>
            Unlock
          </Button>
        </Notice>
      )}
    </fieldset>
  );
}

function Whoami() {
  const { person, signOut } = useSession();
  const leave = useAction(signOut);
  if (!person) return null;
  return (
    <div className="whoami">
      <span>
        Signed in as <strong>{person.email}</strong>
      </span>
      <button type="button" className="link-button" onClick={() => leave.run()}>
        Use another account
      </button>
    </div>
  );
}
