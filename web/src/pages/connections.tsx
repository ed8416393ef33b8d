import { segment } from "../api.ts";
import type { Connection } from "../api_types.ts";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Badge } from "../parts/notice.tsx";
import { EndableRow, Rows } from "../parts/rows.tsx";
import { ago, onDay, scopeWords, tameName } from "../words.ts";
import { AccountFrame } from "./account_frame.tsx";

export default function Connections() {
  return (
    <AccountFrame
      title="Connected apps"
      intro="Apps that you gave access. Take it back, and the app is out at once."
    >
      {() => <List />}
    </AccountFrame>
  );
}

function List() {
  const connections = useLoaded<{ connections: Connection[] }>("account/connections");
  return (
    <div className="section">
      <Loaded of={connections}>
        {(data) => (
          <Rows
            of={data.connections}
            empty="No app has access. When one asks, you decide, and it is listed here."
          >
            {(connection) => (
              <Row key={connection.id} connection={connection} changed={connections.reload} />
            )}
          </Rows>
        )}
      </Loaded>
    </div>
  );
}

function Row({ connection, changed }: { connection: Connection; changed: () => Promise<void> }) {
  const { client, resource, resource_name, scopes, granted_at, last_used_at } = connection;
  const name = tameName(client.name, client.host ?? "An app without a name");
  return (
    <EndableRow
      path={`account/connections/${segment(connection.id)}`}
      changed={changed}
      verb="Remove access"
      what={`of ${name}`}
      kind="danger"
      question={`Remove access of “${name}”?`}
      consequence="What it was given stops working at once. It can ask you again."
    >
      <h2>
        <bdi>{name}</bdi> {client.kind !== "builder" && <Badge tone="warning">unverified</Badge>}
      </h2>
      <p>
        {client.host && `${client.host} · `}for <bdi>{tameName(resource_name, resource)}</bdi>
      </p>
      <ul className="bullets">
        {scopes.map((scope) => (
          <li key={scope.name}>{scopeWords(scope)}</li>
        ))}
      </ul>
      <p>
        Since {onDay(granted_at)}, {last_used_at ? `used ${ago(last_used_at)}` : "not used yet"}
      </p>
    </EndableRow>
  );
}
