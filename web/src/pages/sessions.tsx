import { api, segment } from "../api.ts";
import type { BrowserSession } from "../api_types.ts";
import { useAction } from "../form.ts";
import { Button } from "../parts/button.tsx";
import { Section } from "../parts/card.tsx";
import { focusHeading } from "../parts/heading.tsx";
import { Loaded, useLoaded } from "../parts/loaded.tsx";
import { Badge, Failure } from "../parts/notice.tsx";
import { ago, atTime, browserName } from "../words.ts";
import { AccountFrame } from "./account_frame.tsx";

export default function Sessions() {
  return (
    <AccountFrame
      title="Sessions"
      intro="The browsers where you are signed in. Is one of them not yours? Sign it out, then change your password."
    >
      {() => <List />}
    </AccountFrame>
  );
}

function List() {
  const sessions = useLoaded<{ sessions: BrowserSession[] }>("account/sessions");
  const endAll = useAction(async () => {
    await api.delete("account/sessions");
    await sessions.reload();
  });
  return (
    <div className="section">
      <Loaded of={sessions}>
        {(data) => (
          <>
            <ul className="rows">
              {data.sessions.map((session) => (
                <Row key={session.id} session={session} changed={sessions.reload} />
              ))}
            </ul>
            {data.sessions.some((session) => !session.current) && (
              <Section title="All at once">
                <Failure text={endAll.failure} />
                <div>
                  <Button kind="danger" busy={endAll.busy} onClick={() => endAll.run()}>
                    Sign out everywhere else
                  </Button>
                </div>
              </Section>
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

function Row({ session, changed }: { session: BrowserSession; changed: () => Promise<void> }) {
  const name = browserName(session.user_agent);
  const end = useAction(async () => {
    await api.delete(`account/sessions/${segment(session.id)}`);
    await changed();
    focusHeading();
  });
  return (
    <li className="row">
      <div className="row-text">
        <h2>
          {name} {session.current && <Badge tone="accent">this browser</Badge>}
        </h2>
        <p>
          Seen {ago(session.last_seen_at)} from {session.client_address}
        </p>
        <p>Signed in {atTime(session.signed_in_at)}</p>
        <Failure text={end.failure} />
      </div>
      {!session.current && (
        <Button busy={end.busy} onClick={() => end.run()}>
          Sign out<span className="unseen"> {name}</span>
        </Button>
      )}
    </li>
  );
}
