import { useEffect, useState } from "react";
import { api } from "../api.ts";
import { blamePassword, emailProblem, useForm } from "../form.ts";
import { keepNext } from "../next_page.ts";
import { CardPage } from "../parts/card.tsx";
import { EmailField, Field, NewPasswordField } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Link, navigate, safePath, useQuery } from "../router.tsx";
import { useSession } from "../session.tsx";
import { CheckMail } from "./check_mail.tsx";

export default function Register() {
  const next = safePath(useQuery().get("continue"));
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [sent, setSent] = useState(false);

  const form = useForm({
    check: () => ({ email: emailProblem(email), password: password ? undefined : "Choose a password." }),
    blame: { ...blamePassword, email_invalid: "email" },
    submit: async () => {
      const said = name.trim();
      await api.post("register", { email: email.trim(), password, ...(said ? { name: said } : {}) });
      keepNext(next);
      setSent(true);
    },
  });

  if (sent) return <Sent email={email.trim()} next={next} />;
  return (
    <CardPage title="Create an account">
      <Form of={form} send="Create account">
        <EmailField value={email} onChange={setEmail} error={form.problems["email"]} />
        <Field
          label="Name (optional)"
          autoComplete="name"
          value={name}
          onChange={setName}
          error={form.problems["name"]}
        />
        <NewPasswordField
          label="Password"
          value={password}
          onChange={setPassword}
          error={form.problems["password"]}
        />
      </Form>
      <p className="small">
        You have an account? <Link to={`/sign-in?continue=${encodeURIComponent(next)}`}>Sign in</Link>
      </p>
    </CardPage>
  );
}

// The link of the mail is often opened in another window: when this one is seen again, it goes on by itself.
function Sent({ email, next }: { email: string; next: string }) {
  const { person, reload } = useSession();
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void reload().catch(() => undefined);
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [reload]);
  useEffect(() => {
    if (person) navigate(next, { replace: true });
  }, [person, next]);
  return (
    <CheckMail title="Check your mail" email={email}>
      Open the link in it to finish. If you already have an account with this address, the mail says so.
    </CheckMail>
  );
}
