import { useState } from "react";
import { api, segment } from "../api.ts";
import type { AuthorizationRequest } from "../api_types.ts";
import { useForm } from "../form.ts";
import { ButtonLink } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Heading } from "../parts/heading.tsx";
import { Notice } from "../parts/notice.tsx";
import { useQuery } from "../router.tsx";
import { useSession } from "../session.tsx";
import { useStepUp } from "../step_up.tsx";
import { ConsentForm, nameOf } from "./consent_view.tsx";
import { SignInForm } from "./sign_in_form.tsx";

type Step =
  | { at: "code" }
  | { at: "decide"; request: AuthorizationRequest & { request: string } }
  | { at: "done"; approved: boolean; name: string };

export default function Device() {
  const { person } = useSession();
  const { confirmed } = useStepUp();
  const [step, setStep] = useState<Step>({ at: "code" });
  if (!person) {
    return (
      <div className="page page-narrow">
        <Card>
          <Heading>Connect a device</Heading>
          <p>Sign in first. Then you enter the code that your device shows.</p>
          <SignInForm next={location.pathname + location.search} done={() => undefined} />
        </Card>
      </div>
    );
  }
  return (
    <div className={step.at === "decide" ? "page page-wide-card" : "page page-narrow"}>
      <Card key={step.at}>
        {step.at === "code" && <CodeForm found={(request) => setStep({ at: "decide", request })} />}
        {step.at === "decide" && (
          <ConsentForm
            request={step.request}
            warning={
              <Notice tone="warning">
                Go on only if the device is in front of you and you started this yourself. Nobody who sends
                you a code needs you to enter it.
              </Notice>
            }
            decide={async (decision) => {
              await confirmed(() => api.post(`device/${segment(step.request.request)}`, decision));
              setStep({
                at: "done",
                approved: decision.decision === "approve",
                name: nameOf(step.request.client),
              });
            }}
          />
        )}
        {step.at === "done" && <Done approved={step.approved} name={step.name} />}
      </Card>
    </div>
  );
}

const letters = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

// As devices show it: groups of four.
export function shownCode(text: string): string {
  return letters(text)
    .slice(0, 12)
    .replace(/(.{4})(?=.)/g, "$1-");
}

function CodeForm({ found }: { found: (request: AuthorizationRequest & { request: string }) => void }) {
  const [code, setCode] = useState(shownCode(useQuery().get("user_code") ?? ""));
  const form = useForm({
    check: () => ({ code: letters(code) ? undefined : "Enter the code that your device shows." }),
    blame: { unknown_code: "code" },
    submit: async () => {
      const request = await api.post<AuthorizationRequest>("device", { user_code: code });
      if (!request.request) throw new Error("This code is unknown or over.");
      found({ ...request, request: request.request });
    },
  });
  return (
    <>
      <Heading>Connect a device</Heading>
      <p>Your device shows a code. Enter it here.</p>
      <Form of={form} send="Continue" className="stack code-input">
        <Field
          label="Code"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          value={code}
          onChange={(text) => setCode(shownCode(text))}
          error={form.problems["code"]}
        />
      </Form>
    </>
  );
}

function Done({ approved, name }: { approved: boolean; name: string }) {
  return (
    <>
      <Heading>{approved ? "Your device is connected" : "Access was not given"}</Heading>
      <Notice tone={approved ? "good" : "info"}>
        {approved ? `${name} has access now. ` : `${name} got nothing. `}
        You can close this page and go back to your device.
      </Notice>
      <ButtonLink to="/account/connections">Your connected apps</ButtonLink>
    </>
  );
}
