// The metadata of a client (RFC 7591) as a form, to create it and to change it.
import { useId, useState } from "react";
import type { AppClient } from "../api_types.ts";
import { filled, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { AreaField, Choice, Field } from "../parts/field.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { authMethods, grantTypes, linesOf } from "./app_words.ts";

export type ClientMetadata = Omit<AppClient, "client_id" | "client_secret">;

type Props = {
  client?: AppClient;
  resources: string[];
  submitText: string;
  submit: (metadata: ClientMetadata) => Promise<void>;
};

type Draft = {
  name: string;
  type: "web" | "native";
  method: string;
  grants: Set<string>;
  redirects: string;
  logoutRedirects: string;
  scope: string;
  resource: string;
  jwksUri: string;
};

function draftOf(client: AppClient | undefined): Draft {
  return {
    name: client?.client_name ?? "",
    type: client?.application_type ?? "web",
    method: client?.token_endpoint_auth_method ?? "none",
    grants: new Set(client?.grant_types ?? ["authorization_code", "refresh_token"]),
    redirects: (client?.redirect_uris ?? []).join("\n"),
    logoutRedirects: (client?.post_logout_redirect_uris ?? []).join("\n"),
    scope: client?.scope ?? "",
    resource: client?.resource ?? "",
    jwksUri: client?.jwks_uri ?? "",
  };
}

function metadataOf(draft: Draft): ClientMetadata {
  const logout = linesOf(draft.logoutRedirects);
  return {
    client_name: draft.name.trim(),
    application_type: draft.type,
    token_endpoint_auth_method: draft.method,
    grant_types: [...draft.grants],
    redirect_uris: linesOf(draft.redirects),
    ...(logout.length > 0 ? { post_logout_redirect_uris: logout } : {}),
    ...(draft.scope.trim() ? { scope: draft.scope.trim().replace(/\s+/g, " ") } : {}),
    ...(draft.resource ? { resource: draft.resource } : {}),
    ...(draft.method === "private_key_jwt" ? { jwks_uri: draft.jwksUri.trim() } : {}),
  };
}

export function ClientForm({ client, resources, submitText, submit }: Props) {
  const [draft, setDraft] = useState(() => draftOf(client));
  const [saved, setSaved] = useState(false);
  const change = (part: Partial<Draft>) => {
    setSaved(false);
    setDraft({ ...draft, ...part });
  };
  const needsRedirect = draft.grants.has("authorization_code");
  const form = useForm({
    check: () => ({
      name: filled(draft.name, "Give the app a name. People see it when it asks them."),
      redirects: needsRedirect ? filled(draft.redirects, "Enter at least one redirect URI.") : undefined,
      jwksUri:
        draft.method === "private_key_jwt"
          ? filled(draft.jwksUri, "Enter where the app's public keys are.")
          : undefined,
    }),
    blame: { invalid_redirect_uri: "redirects", invalid_scope: "scope" },
    submit: async () => {
      await submit(metadataOf(draft));
      setSaved(true);
    },
  });
  const toggleGrant = (name: string, on: boolean) => {
    const grants = new Set(draft.grants);
    if (on) grants.add(name);
    else grants.delete(name);
    change({ grants });
  };

  return (
    <form ref={form.form} onSubmit={form.onSubmit} noValidate className="stack form-page">
      <Field
        label="Name"
        value={draft.name}
        onChange={(name) => change({ name })}
        error={form.problems["name"]}
      />
      <fieldset className="scopes">
        <legend>Where it runs</legend>
        <Choice
          type="radio"
          name="type"
          value="web"
          checked={draft.type === "web"}
          onChange={() => change({ type: "web" })}
          label="On the web"
          detail="Returns to https addresses."
        />
        <Choice
          type="radio"
          name="type"
          value="native"
          checked={draft.type === "native"}
          onChange={() => change({ type: "native" })}
          label="On a phone or computer"
          detail="Returns to the computer itself, or to a scheme of its own."
        />
      </fieldset>
      <fieldset className="scopes">
        <legend>How it proves itself</legend>
        {Object.entries(authMethods).map(([method, text]) => (
          <Choice
            key={method}
            type="radio"
            name="method"
            value={method}
            checked={draft.method === method}
            onChange={() => change({ method })}
            label={text}
          />
        ))}
      </fieldset>
      {draft.method === "private_key_jwt" && (
        <Field
          label="Address of its public keys (jwks_uri)"
          type="url"
          value={draft.jwksUri}
          onChange={(jwksUri) => change({ jwksUri })}
          error={form.problems["jwksUri"]}
        />
      )}
      <fieldset className="scopes">
        <legend>What it may do</legend>
        {grantTypes.map(([name, text]) => (
          <Choice
            key={name}
            type="checkbox"
            name="grant"
            value={name}
            checked={draft.grants.has(name)}
            onChange={(on) => toggleGrant(name, on)}
            label={text}
            detail={<code>{name.replace("urn:ietf:params:oauth:grant-type:", "")}</code>}
          />
        ))}
      </fieldset>
      <AreaField
        label="Redirect URIs"
        hint="One on each line. For a computer app, http://127.0.0.1/callback fits every port."
        value={draft.redirects}
        onChange={(redirects) => change({ redirects })}
        error={form.problems["redirects"]}
      />
      <AreaField
        label="Redirect URIs after sign-out (optional)"
        rows={2}
        value={draft.logoutRedirects}
        onChange={(logoutRedirects) => change({ logoutRedirects })}
        error={form.problems["logoutRedirects"]}
      />
      <ResourceChoice
        resources={resources}
        value={draft.resource}
        onChange={(resource) => change({ resource })}
      />
      <Field
        label="Scopes it may ask for (optional)"
        hint="Separated by spaces. Empty: all that the resource has."
        autoCapitalize="none"
        spellCheck={false}
        value={draft.scope}
        onChange={(scope) => change({ scope })}
        error={form.problems["scope"]}
      />
      <Failure text={form.failure} />
      {saved && <Notice tone="good">Saved.</Notice>}
      <div className="actions">
        <Button kind="primary" type="submit" busy={form.busy}>
          {submitText}
        </Button>
      </div>
    </form>
  );
}

type ResourceProps = { resources: string[]; value: string; onChange: (uri: string) => void };

function ResourceChoice({ resources, value, onChange }: ResourceProps) {
  const id = useId();
  const known = [...new Set(value ? [...resources, value] : resources)];
  return (
    <div className="field">
      <label htmlFor={id}>Resource it asks for, when it names none</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">The server's default</option>
        {known.map((uri) => (
          <option key={uri}>{uri}</option>
        ))}
      </select>
    </div>
  );
}
