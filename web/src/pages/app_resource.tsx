import { useRef, useState } from "react";
import { api } from "../api.ts";
import type { AppResource, AppsAnswer, Scope } from "../api_types.ts";
import { filled, useAction, useForm } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Failure, Notice } from "../parts/notice.tsx";
import { Link, navigate, useQuery } from "../router.tsx";
import { usePerson } from "../session.tsx";
import { tameName } from "../words.ts";

export default function ResourcePage() {
  const person = usePerson();
  const uri = useQuery().get("uri");
  if (!person) return <div className="page-wait" role="status" aria-label="Loading" />;
  return (
    <div className="page page-wide-card">
      <p className="small">
        <Link to="/apps">Apps</Link>
      </p>
      {uri ? <Existing uri={uri} /> : <Create />}
    </div>
  );
}

function Create() {
  return (
    <>
      <Heading>Register a resource</Heading>
      <ResourceForm
        submitText="Register resource"
        submit={async (resource) => {
          const made = await api.post<AppResource>("apps/resources", resource);
          navigate(`/apps/resource?uri=${encodeURIComponent(made.uri ?? resource.uri)}`, { replace: true });
        }}
      />
    </>
  );
}

function Existing({ uri }: { uri: string }) {
  const apps = useLoaded<AppsAnswer>("apps");
  const resource = apps.data?.resources.find((entry) => entry.uri === uri);
  return (
    <>
      <Heading title="Resource">
        <bdi>{resource ? tameName(resource.name, uri) : "Resource"}</bdi>
      </Heading>
      <Loaded of={apps}>
        {() =>
          resource ? (
            <>
              <ResourceForm
                resource={resource}
                submitText="Save"
                submit={async (changed) => {
                  await api.put("apps/resources", changed);
                  await apps.reload();
                }}
              />
              <Remove uri={uri} />
            </>
          ) : (
            <Notice tone="error">There is no such resource of yours.</Notice>
          )
        }
      </Loaded>
    </>
  );
}

type FormProps = {
  resource?: AppResource;
  submitText: string;
  submit: (resource: AppResource) => Promise<void>;
};

type ScopeRow = Scope & { key: number };

function ResourceForm({ resource, submitText, submit }: FormProps) {
  const nextKey = useRef(0);
  const row = (scope: Scope): ScopeRow => ({ ...scope, key: nextKey.current++ });
  const [uri, setUri] = useState(resource?.uri ?? "");
  const [name, setName] = useState(resource?.name ?? "");
  const [documentation, setDocumentation] = useState(resource?.documentation_uri ?? "");
  const [scopes, setScopes] = useState(() => (resource?.scopes ?? [{ name: "", description: "" }]).map(row));
  const [saved, setSaved] = useState(false);
  const form = useForm({
    check: () => ({
      uri: filled(uri, "Enter the address of the server."),
      name: filled(name, "Give it a name. People see it when an app asks."),
    }),
    submit: async () => {
      const named = scopes.filter((scope) => scope.name.trim());
      await submit({
        uri: uri.trim(),
        name: name.trim(),
        scopes: named.map((scope) => ({
          name: scope.name.trim(),
          description: (scope.description ?? "").trim(),
        })),
        ...(documentation.trim() ? { documentation_uri: documentation.trim() } : {}),
      });
      setSaved(true);
    },
  });
  const changeScope = (key: number, part: Partial<Scope>) => {
    setScopes(scopes.map((scope) => (scope.key === key ? { ...scope, ...part } : scope)));
  };
  return (
    <form
      ref={form.form}
      onSubmit={form.onSubmit}
      onInput={() => setSaved(false)}
      noValidate
      className="stack form-page"
    >
      <Field
        label="Address (URI)"
        hint="Where the server is, such as https://notes.example/mcp. Tokens are made for exactly this address."
        type="url"
        readOnly={resource !== undefined}
        value={uri}
        onChange={setUri}
        error={form.problems["uri"]}
      />
      <Field label="Name" value={name} onChange={setName} error={form.problems["name"]} />
      <Field label="Documentation (optional)" type="url" value={documentation} onChange={setDocumentation} />
      <fieldset className="scopes">
        <legend>Scopes</legend>
        <p className="muted small">
          Say in plain words what each allows: people read it before they say yes.
        </p>
        {scopes.map((scope, index) => (
          <div className="scope-row" key={scope.key}>
            <Field
              label={`Scope ${index + 1}`}
              autoCapitalize="none"
              spellCheck={false}
              value={scope.name}
              onChange={(text) => changeScope(scope.key, { name: text })}
            />
            <Field
              label={`What scope ${index + 1} allows`}
              value={scope.description ?? ""}
              onChange={(text) => changeScope(scope.key, { description: text })}
            />
            <Button kind="quiet" onClick={() => setScopes(scopes.filter((other) => other.key !== scope.key))}>
              Remove<span className="unseen"> scope {index + 1}</span>
            </Button>
          </div>
        ))}
        <div>
          <Button onClick={() => setScopes([...scopes, row({ name: "", description: "" })])}>
            Add a scope
          </Button>
        </div>
      </fieldset>
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

function Remove({ uri }: { uri: string }) {
  const [asking, setAsking] = useState(false);
  const remove = useAction(async () => {
    await api.delete("apps/resources", { uri });
    navigate("/apps", { replace: true });
  });
  return (
    <Section title="Delete the resource" intro="No new tokens are made for it.">
      <div>
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete resource
        </Button>
      </div>
      {asking && (
        <Confirm
          title="Delete the resource?"
          yes="Delete"
          danger
          busy={remove.busy}
          failure={remove.failure}
          onYes={() => remove.run()}
          onClose={() => setAsking(false)}
        >
          <p>Apps that use it must find another. This cannot be undone.</p>
        </Confirm>
      )}
    </Section>
  );
}
