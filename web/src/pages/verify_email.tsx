import { useEffect, useRef, useState } from "react";
import { ApiError, api } from "../api.ts";
import { messageOf } from "../form.ts";
import { takeNext } from "../next_page.ts";
import { ButtonLink } from "../parts/button.tsx";
import { CardPage } from "../parts/card.tsx";
import { Notice } from "../parts/notice.tsx";
import { useFragment } from "../router.tsx";
import { useSession } from "../session.tsx";

type State =
  { step: "waiting" } | { step: "done"; next: string } | { step: "failed"; text: string; signIn: boolean };

export default function VerifyEmail() {
  const { reload } = useSession();
  const token = useFragment("token");
  const [state, setState] = useState<State>({ step: "waiting" });
  const asked = useRef(false); // a token works once

  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    const verify = async () => {
      if (!token) throw new ApiError(400, "link_expired", "This link is not complete.");
      await api.post("verify-email", { token });
      await reload();
      setState({ step: "done", next: takeNext() });
    };
    verify().catch((error: unknown) => {
      const signIn = error instanceof ApiError && error.word === "sign_in_required";
      setState({ step: "failed", text: messageOf(error), signIn });
    });
  }, [token, reload]);

  if (state.step === "waiting")
    return <div className="page-wait" role="status" aria-label="Verifying your address" />;
  if (state.step === "done")
    return (
      <CardPage title="Your address is verified">
        <Notice tone="good">You are signed in.</Notice>
        <ButtonLink to={state.next} kind="primary" wide>
          Continue
        </ButtonLink>
      </CardPage>
    );
  return (
    <CardPage title="This link does not work">
      <Notice tone="error">{state.text}</Notice>
      {state.signIn ? (
        <ButtonLink to="/sign-in" wide>
          Sign in
        </ButtonLink>
      ) : (
        <>
          <p>Links work once and for a limited time. Register again to get a new one.</p>
          <ButtonLink to="/register" wide>
            Register again
          </ButtonLink>
        </>
      )}
    </CardPage>
  );
}
