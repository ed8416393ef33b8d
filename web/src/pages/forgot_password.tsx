import { useState } from "react";
import { api } from "../api.ts";
import { emailProblem, useForm } from "../form.ts";
import { keepNext } from "../next_page.ts";
import { CardPage } from "../parts/card.tsx";
import { EmailField } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
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
    <CardPage title="Forgot your password?">
      <p>We send you a link to choose a new one.</p>
      <Form of={form} send="Send the link">
        <EmailField value={email} onChange={setEmail} error={form.problems["email"]} />
      </Form>
      <p className="small">
        <Link to={`/sign-in?continue=${encodeURIComponent(next)}`}>Back to sign-in</Link>
      </p>
    </CardPage>
  );
}
