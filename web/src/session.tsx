// Who is signed in, for every page: loaded once, loaded again when it changes.
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { ApiError, api, loadSession } from "./api.ts";
import type { Person, SessionAnswer } from "./api_types.ts";
import { Button } from "./parts/button.tsx";
import { Card } from "./parts/card.tsx";
import { Heading } from "./parts/heading.tsx";
import { hereAsContinue, navigate } from "./router.tsx";

type Session = SessionAnswer & {
  reload: () => Promise<SessionAnswer>;
  signOut: () => Promise<void>;
};

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error("outside of SessionProvider");
  return session;
}

// For pages of a signed-in person: sends everybody else to sign-in, and back here afterwards.
export function usePerson(): Person | null {
  const { person } = useSession();
  useEffect(() => {
    if (!person) navigate(`/sign-in?continue=${hereAsContinue()}`, { replace: true });
  }, [person]);
  return person;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [answer, setAnswer] = useState<SessionAnswer | null>(null);
  const [failure, setFailure] = useState<ApiError | null>(null);

  const reload = useCallback(async () => {
    const next = await loadSession();
    setFailure(null);
    setAnswer(next);
    return next;
  }, []);
  const start = useCallback(() => {
    reload().catch((error: unknown) => {
      setFailure(error instanceof ApiError ? error : new ApiError(0, "unavailable", String(error)));
    });
  }, [reload]);
  useEffect(start, [start]);

  const session = useMemo<Session | null>(() => {
    if (!answer) return null;
    const signOut = async () => {
      await api.post("sign-out");
      await reload();
    };
    return { ...answer, reload, signOut };
  }, [answer, reload]);

  if (session) return <Context value={session}>{children}</Context>;
  if (!failure) return <div className="page-wait" role="status" aria-label="Loading" />;
  return (
    <main className="page page-narrow">
      <Card>
        <Heading>No answer</Heading>
        <p>{failure.message}</p>
        <Button onClick={start}>Try again</Button>
      </Card>
    </main>
  );
}
