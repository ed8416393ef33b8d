// What a page shows of an answer: waiting, the answer, or what went wrong with a way on.
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { ApiError, api } from "../api.ts";
import { hereAsContinue, navigate } from "../router.tsx";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";

export type Loading<T> = {
  data: T | null;
  error: ApiError | null;
  reload: () => Promise<void>;
  set: (data: T) => void;
};

// Loaded again when `version` changes: the same path answers another person differently.
export function useLoaded<T>(path: string | null, version = ""): Loading<T> {
  const [data, setData] = useState<T | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const latest = useRef(0); // a slow answer must not replace a later one
  const reload = useCallback(async () => {
    if (path === null) return;
    const mine = ++latest.current;
    try {
      const answer = await api.get<T>(path);
      if (mine !== latest.current) return;
      setError(null);
      setData(answer);
    } catch (thrown) {
      if (mine !== latest.current) return;
      const failure = thrown instanceof ApiError ? thrown : new ApiError(0, "unavailable", String(thrown));
      if (failure.word === "sign_in_required") {
        navigate(`/sign-in?continue=${hereAsContinue()}`, { replace: true });
      }
      setError(failure);
    }
  }, [path, version]);
  useEffect(() => {
    setData(null);
    setError(null);
    void reload();
  }, [reload]);
  return { data, error, reload, set: setData };
}

export function Loaded<T>({ of, children }: { of: Loading<T>; children: (data: T) => ReactNode }) {
  if (of.data !== null) return children(of.data);
  if (!of.error) return <div className="part-wait" role="status" aria-label="Loading" />;
  return (
    <Notice tone="error">
      <p>{of.error.message}</p>
      <Button onClick={() => void of.reload()}>Try again</Button>
    </Notice>
  );
}
