import { useState } from "react";
import { api, segment } from "../api.ts";
import type { Connection } from "../api_types.ts";
import { useAction } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { focusHeading } from "../parts/heading.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Badge } from "../parts/notice.tsx";
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
        {(data) =>
          data.connections.length === 0 ? (
            <p className="empty">No app has access. When one asks, you decide, and it is listed here.</p>
          ) : (
            <ul className="rows">
              {data.connections.map((connection) => (
                <Row key={connection.id} connection={connection} changed={connections.reload} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  );
}

function Row({ connection, changed }: { connection: Connection; changed: () => Promise<void> }) {
  const { client, resource, resource_name, scopes, granted_at, last_used_at } = connection;
  const [asking, setAsking] = useState(false);
  const name = tameName(client.name, client.host ?? "An app without a name");
  const end = useAction(async () => {
    await api.delete(`account/connections/${segment(connection.id)}`);
    setAsking(false);
    await changed();
    focusHeading();
  });
  return (
    <li className="row">
      <div className="row-text">
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
      </div>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Remove access<span className="unseen"> of {name}</span>
      </Button>
      {asking && (
        <Confirm
          title={`Remove access of “${name}”?`}
          yes="Remove access"
          danger
          busy={end.busy}
          failure={end.failure}
          onYes={() => end.run()}
          onClose={() => setAsking(false)}
        >
          <p>What it was given stops working at once. It can ask you again.</p>
        </Confirm>
      )}
    </li>
  );
}
