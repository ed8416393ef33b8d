import { useState } from "react";
import { api } from "../api.ts";
import { emailProblem, useForm } from "../form.ts";
import { keepNext } from "../next_page.ts";
import { Button } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Field } from "../parts/field.tsx";
import { Heading } from "../parts/heading.tsx";
import { Failure } from "../parts/notice.tsx";
import { Link, safePath, useQuery } from "../router.tsx";
import { CheckMail } from "./check_mail.tsx";

export default function ForgotPassword() {
  const next = safePath(useQuery().get("continue"));
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const form = useForm({
    check: () => ({ email: emailProblem(email) }),
    blame: { email_invalid: "email" },
    submit: async () => {
      await api.post("password/forgot", { email: email.trim() });
      keepNext(next);
      setSent(true);
    },
  });
  if (sent) {
    return (
      <CheckMail title="Check your mail" email={email.trim()}>
        If there is an account with this address, the mail has a link to a new password.
      </CheckMail>
    );
  }
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>Forgot your password?</Heading>
        <p>We send you a link to choose a new one.</p>
        <Failure text={form.failure} />
        <form ref={form.form} onSubmit={form.onSubmit} noValidate className="stack">
          <Field
            label="E-mail"
            type="email"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={email}
            onChange={setEmail}
            error={form.problems["email"]}
          />
          <Button kind="primary" type="submit" wide busy={form.busy}>
            Send the link
          </Button>
        </form>
        <p className="small">
          <Link to={`/sign-in?continue=${encodeURIComponent(next)}`}>Back to sign-in</Link>
        </p>
      </Card>
    </div>
  );
}
