// A sign-in at a provider by device code: the person enters the code there, this page asks whether it is done.
import { useEffect, useState } from "react";
import { ApiError, api, segment } from "../api.ts";
import type { AiSignIn, AiSignInState } from "../api_types.ts";
import { Button } from "../parts/button.tsx";
import { Copyable } from "../parts/copyable.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Notice } from "../parts/notice.tsx";
import { webLink } from "../words.ts";

type Props = { name: string; signIn: AiSignIn; changed: () => Promise<void>; close: () => void };

// Milliseconds between two questions, whatever the provider asks for.
const shortestWait = 2_000;
const longestWait = 30_000;

export function AiSignInDialog({ name, signIn, changed, close }: Props) {
  const state = usePolledSignIn(signIn, changed);
  const link = webLink(signIn.verification_url);
  return (
    <Dialog title={`Connect ${name}`} onClose={close}>
      {state.status === "pending" && (
        <>
          <ol className="bullets">
            <li>Open the page of {name} and sign in there.</li>
            <li>Enter this code:</li>
          </ol>
          <Copyable label="code" value={signIn.user_code} large />
          {link && (
            <a className="button button-primary" href={link} target="_blank" rel="noopener noreferrer">
              Open {new URL(link).host}
              <span className="unseen"> (opens a new window)</span>
            </a>
          )}
          <p className="muted" role="status">
            Waiting for you to finish there. Keep this page open.
          </p>
        </>
      )}
      {state.status === "complete" && <Notice tone="good">{name} is connected.</Notice>}
      {state.status === "expired" && <Notice tone="error">The code is over. Start again.</Notice>}
      {state.status === "error" && (
        <Notice tone="error">{state.message ?? "The sign-in did not work. Start again."}</Notice>
      )}
      <div>
        <Button onClick={close}>{state.status === "pending" ? "Cancel" : "Close"}</Button>
      </div>
    </Dialog>
  );
}

function usePolledSignIn(signIn: AiSignIn, changed: () => Promise<void>): AiSignInState {
  const [state, setState] = useState<AiSignInState>({ status: "pending" });
  useEffect(() => {
    let over = false;
    let timer = 0;
    const wait = Math.min(Math.max(signIn.interval, shortestWait), longestWait);
    const ask = async () => {
      const answer = await api
        .get<AiSignInState>(`account/ai/${segment(signIn.id)}`)
        .catch((error: unknown) => {
          const lasting =
            error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
          const failed: AiSignInState = {
            status: "error",
            message: error instanceof Error ? error.message : "",
          };
          return lasting ? failed : ({ status: "pending" } as const); // the next question may be answered
        });
      if (over) return;
      if (answer.status === "pending") {
        if (Date.now() >= signIn.expires_at) setState({ status: "expired" });
        else timer = window.setTimeout(() => void ask(), wait);
        return;
      }
      setState(answer);
      if (answer.status === "complete") await changed();
    };
    timer = window.setTimeout(() => void ask(), wait);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [signIn, changed]);
  return state;
}
