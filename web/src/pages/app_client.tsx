import { useState } from "react";
import { api, segment } from "../api.ts";
import type { AppClient, AppsAnswer } from "../api_types.ts";
import { useAction } from "../form.ts";
import { Button, ButtonLink } from "../parts/button.tsx";
import { Card, Section } from "../parts/card.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Failure } from "../parts/notice.tsx";
import { Link, navigate, useQuery } from "../router.tsx";
import { usePerson } from "../session.tsx";
import { useStepUp } from "../step_up.tsx";
import { tameName } from "../words.ts";
import { ClientForm, type ClientMetadata } from "./app_client_form.tsx";

export default function ClientPage() {
  const person = usePerson();
  const id = useQuery().get("id");
  if (!person) return <div className="page-wait" role="status" aria-label="Loading" />;
  return (
    <div className="page page-wide-card">
      <p className="small">
        <Link to="/apps">Apps</Link>
      </p>
      {id ? <Existing key={id} id={id} /> : <Create />}
    </div>
  );
}

function Create() {
  const apps = useLoaded<AppsAnswer>("apps");
  const [made, setMade] = useState<AppClient | null>(null);
  if (made) return <Created client={made} />;
  return (
    <>
      <Heading>Create a client</Heading>
      <Loaded of={apps}>
        {(data) => (
          <ClientForm
            resources={[data.server.default_resource, ...data.resources.map((resource) => resource.uri)]}
            submitText="Create client"
            submit={async (metadata) => setMade(await api.post<AppClient>("apps/clients", metadata))}
          />
        )}
      </Loaded>
    </>
  );
}

function Created({ client }: { client: AppClient }) {
  return (
    <Card>
      <Heading>Your client is made</Heading>
      <h2>Client id</h2>
      <Copyable label="client id" value={client.client_id} />
      {client.client_secret && (
        <>
          <h2>Client secret</h2>
          <p>Copy it now: it is not kept here in a form that can be shown again.</p>
          <Copyable label="client secret" value={client.client_secret} />
        </>
      )}
      <ButtonLink to="/apps" kind="primary">
        Done
      </ButtonLink>
    </Card>
  );
}

// A change replaces the whole client: what the form does not know is sent back as it was.
function otherMetadata(client: AppClient | null): Record<string, unknown> {
  const ofForm = [
    "client_name",
    "application_type",
    "token_endpoint_auth_method",
    "grant_types",
    "redirect_uris",
  ];
  const optional = ["post_logout_redirect_uris", "scope", "resource", "jwks_uri"];
  const ofServer = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "response_types",
  ];
  const known = new Set([...ofForm, ...optional, ...ofServer]);
  return Object.fromEntries(Object.entries(client ?? {}).filter(([name]) => !known.has(name)));
}

function Existing({ id }: { id: string }) {
  const path = `apps/clients/${segment(id)}`;
  const client = useLoaded<AppClient>(path);
  const apps = useLoaded<AppsAnswer>("apps");
  const save = async (metadata: ClientMetadata) => {
    client.set(await api.put<AppClient>(path, { ...otherMetadata(client.data), ...metadata }));
  };
  return (
    <>
      <Heading title="Client">
        <bdi>{client.data ? tameName(client.data.client_name ?? "", id) : "Client"}</bdi>
      </Heading>
      <Loaded of={client}>
        {(data) => (
          <>
            <Section title="Client id">
              <Copyable label="client id" value={data.client_id} />
            </Section>
            {data.token_endpoint_auth_method.startsWith("client_secret") && <Secret path={path} />}
            <Section title="Settings">
              <Loaded of={apps}>
                {({ server, resources }) => (
                  <ClientForm
                    client={data}
                    resources={[server.default_resource, ...resources.map((resource) => resource.uri)]}
                    submitText="Save"
                    submit={save}
                  />
                )}
              </Loaded>
            </Section>
            <Remove path={path} name={tameName(data.client_name ?? "", id)} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Secret({ path }: { path: string }) {
  const { confirmed } = useStepUp();
  const [asking, setAsking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const renew = useAction(async () => {
    const answer = await confirmed(() => api.post<{ client_secret: string }>(`${path}/secret`));
    setAsking(false);
    setSecret(answer.client_secret);
  });
  return (
    <Section
      title="Client secret"
      intro="It was shown once. Lost it, or somebody else saw it? Make a new one."
    >
      <div>
        <Button onClick={() => setAsking(true)}>Make a new secret</Button>
      </div>
      {asking && (
        <Confirm
          title="Make a new secret?"
          yes="Make a new secret"
          busy={renew.busy}
          failure={renew.failure}
          onYes={() => renew.run()}
          onClose={() => setAsking(false)}
        >
          <p>The secret of today stops working at once.</p>
        </Confirm>
      )}
      {secret && (
        <Dialog title="The new secret" onClose={() => setSecret(null)}>
          <p>Copy it now: it is not shown again.</p>
          <Copyable label="client secret" value={secret} />
          <div>
            <Button kind="primary" onClick={() => setSecret(null)}>
              I have kept it
            </Button>
          </div>
        </Dialog>
      )}
    </Section>
  );
}

function Remove({ path, name }: { path: string; name: string }) {
  const [asking, setAsking] = useState(false);
  const remove = useAction(async () => {
    await api.delete(path);
    navigate("/apps", { replace: true });
  });
  return (
    <Section title="Delete the client" intro="Everybody who uses it loses access.">
      <Failure text={asking ? null : remove.failure} />
      <div>
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete client
        </Button>
      </div>
      {asking && (
        <Confirm
          title={`Delete “${name}”?`}
          yes="Delete"
          danger
          busy={remove.busy}
          failure={remove.failure}
          onYes={() => remove.run()}
          onClose={() => setAsking(false)}
        >
          <p>Its id and secret stop working at once. This cannot be undone.</p>
        </Confirm>
      )}
    </Section>
  );
}
