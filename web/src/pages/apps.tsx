import type { AppClient, AppResource, AppsAnswer } from "../api_types.ts";
import { ButtonLink } from "../parts/button.tsx";
import { Facts, Section } from "../parts/card.tsx";
import { Heading } from "../parts/heading.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Link } from "../router.tsx";
import { usePerson } from "../session.tsx";
import { tameName } from "../words.ts";
import { authMethods } from "./app_words.ts";

export default function Apps() {
  const person = usePerson();
  const apps = useLoaded<AppsAnswer>(person ? "apps" : null);
  return (
    <div className="page">
      <div className="page-head">
        <Heading>Build an app</Heading>
        <p className="muted">
          Clients are apps that ask people for access. Resources are the servers they ask for.
        </p>
      </div>
      <Loaded of={apps}>
        {(data) => (
          <>
            <Clients clients={data.clients} />
            <Resources resources={data.resources} />
            <Server server={data.server} />
          </>
        )}
      </Loaded>
    </div>
  );
}

function Clients({ clients }: { clients: AppClient[] }) {
  return (
    <Section
      title="Clients"
      intro="MCP clients usually register themselves. Create one here when yours cannot, or needs a secret."
    >
      {clients.length > 0 && (
        <ul className="rows">
          {clients.map((client) => (
            <li className="row" key={client.client_id}>
              <div className="row-text">
                <h3>
                  <Link to={`/apps/client?id=${encodeURIComponent(client.client_id)}`}>
                    {tameName(client.client_name ?? "", client.client_id)}
                  </Link>
                </h3>
                <p>
                  <code>{client.client_id}</code>
                </p>
                <p>{authMethods[client.token_endpoint_auth_method] ?? client.token_endpoint_auth_method}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
      <div>
        <ButtonLink to="/apps/client">Create a client</ButtonLink>
      </div>
    </Section>
  );
}

function Resources({ resources }: { resources: AppResource[] }) {
  return (
    <Section
      title="Resources"
      intro="A server of yours that takes this server's tokens, such as an MCP server, and the scopes it knows."
    >
      {resources.length > 0 && (
        <ul className="rows">
          {resources.map((resource) => (
            <li className="row" key={resource.uri}>
              <div className="row-text">
                <h3>
                  <Link to={`/apps/resource?uri=${encodeURIComponent(resource.uri)}`}>
                    {tameName(resource.name, resource.uri)}
                  </Link>
                </h3>
                <p>
                  <code>{resource.uri}</code>
                </p>
                <p>{resource.scopes.length === 1 ? "One scope" : `${resource.scopes.length} scopes`}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
      <div>
        <ButtonLink to="/apps/resource">Register a resource</ButtonLink>
      </div>
    </Section>
  );
}

function Server({ server }: { server: AppsAnswer["server"] }) {
  const names = server.scopes.map((scope) => (typeof scope === "string" ? scope : scope.name));
  return (
    <Section title="This server">
      <Facts
        rows={[
          ["Issuer", <code key="issuer">{server.issuer}</code>],
          [
            "Metadata",
            <code key="metadata">{`${server.issuer.replace(/\/$/, "")}/.well-known/oauth-authorization-server`}</code>,
          ],
          ["Default resource", <code key="resource">{server.default_resource}</code>],
          ["Scopes", names.join(", ")],
        ]}
      />
    </Section>
  );
}
