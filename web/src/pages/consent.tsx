import { api, segment } from "../api.ts";
import type { AuthorizationRequest } from "../api_types.ts";
import { useAction } from "../form.ts";
import { Button, ButtonLink } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Heading } from "../parts/heading.tsx";
import { useLoaded } from "../parts/loaded.tsx";
import { Failure } from "../parts/notice.tsx";
import { useQuery } from "../router.tsx";
import { useSession } from "../session.tsx";
import { useStepUp } from "../step_up.tsx";
import { AskerFacts, ConsentForm, LoopbackWarning, nameOf } from "./consent_view.tsx";
import { SignInForm } from "./sign_in_form.tsx";

export default function Consent() {
  const { person } = useSession();
  const { confirmed } = useStepUp();
  const id = useQuery().get("request") ?? "";
  const path = `authorization/${segment(id)}`;
  const { data: request, error, reload } = useLoaded<AuthorizationRequest>(id ? path : null, person?.id);

  if (!id || error?.word === "not_found") return <Over />;
  return (
    <div className="page page-wide-card">
      <Card>
        {error?.status === 409 ? (
          <WrongPerson />
        ) : error && !request ? (
          <>
            <Heading>This did not work</Heading>
            <Failure text={error.message} />
            <Button onClick={() => void reload()}>Try again</Button>
          </>
        ) : !request ? (
          <div className="part-wait" role="status" aria-label="Loading" />
        ) : request.sign_in === "ok" && person ? (
          <ConsentForm
            request={request}
            decide={async (decision) => {
              const { redirect } = await confirmed(() => api.post<{ redirect: string }>(path, decision));
              location.assign(redirect);
              await new Promise(() => undefined); // until the browser is gone
            }}
          />
        ) : (
          <SignInFirst request={request} done={reload} />
        )}
      </Card>
    </div>
  );
}

function SignInFirst({ request, done }: { request: AuthorizationRequest; done: () => Promise<void> }) {
  const { person } = useSession();
  const hint = request.login_hint ?? person?.email;
  return (
    <>
      <Heading title="Sign in">
        Sign in to continue to <bdi className="asker">{nameOf(request.client)}</bdi>
      </Heading>
      <AskerFacts request={request} />
      {request.loopback && <LoopbackWarning />}
      {request.sign_in === "again" && (
        <p>The app asks you to sign in once more, to be sure that it is you.</p>
      )}
      <SignInForm {...(hint ? { email: hint } : {})} next={location.pathname + location.search} done={done} />
    </>
  );
}

function WrongPerson() {
  const { person, signOut } = useSession();
  const leave = useAction(signOut);
  return (
    <>
      <Heading>This request is for another account</Heading>
      <p>
        It was started for somebody else than <strong>{person?.email}</strong>. Sign in with the account you
        started with, or go back to the app and start again.
      </p>
      <Failure text={leave.failure} />
      <Button kind="primary" busy={leave.busy} onClick={() => leave.run()}>
        Use another account
      </Button>
    </>
  );
}

function Over() {
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>This request is over</Heading>
        <p>
          Requests are open for a limited time, and only in the browser where they began. Go back to the app
          and start again.
        </p>
        <ButtonLink to="/">To the start page</ButtonLink>
      </Card>
    </div>
  );
}
