import { useEffect, useState } from "react";
import { CardPage } from "../parts/card.tsx";
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
    <CardPage title="Sign in">
      <SignInForm next={next} done={() => navigate(next, { replace: true })} />
    </CardPage>
  );
}
