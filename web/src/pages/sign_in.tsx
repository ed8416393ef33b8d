import { useEffect, useState } from "react";
import { Card } from "../parts/card.tsx";
import { Heading } from "../parts/heading.tsx";
import { navigate, safePath, useQuery } from "../router.tsx";
import { useSession } from "../session.tsx";
import { SignInForm } from "./sign_in_form.tsx";

export default function SignIn() {
  const { person } = useSession();
  const next = safePath(useQuery().get("continue"));
  const [signedInBefore] = useState(person !== null);
  useEffect(() => {
    if (signedInBefore) navigate(next, { replace: true });
  }, [signedInBefore, next]);
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>Sign in</Heading>
        <SignInForm next={next} done={() => navigate(next, { replace: true })} />
      </Card>
    </div>
  );
}
