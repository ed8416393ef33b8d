// Errors that must not be sent to a client. Anybody can make a link to this page, so nothing of the URL is
// shown: `code` only chooses one of these sentences.
import { ButtonLink } from "../parts/button.tsx";
import { CardPage } from "../parts/card.tsx";
import { useQuery } from "../router.tsx";

const sentences: Record<string, string> = {
  invalid_request: "The app's request was incomplete or malformed.",
  invalid_client: "The app is not known here, or its description could not be read.",
  unauthorized_client: "The app may not ask for access in this way.",
  invalid_redirect_uri: "The app asked to send you to an address that it has not registered.",
  invalid_target: "The app asked for access to a server that is not known here.",
  invalid_scope: "The app asked for a permission that does not exist.",
  unsupported_response_type: "The app asked in a way that this server does not support.",
  request_expired: "This request is over. Go back to the app and start again.",
  expired: "This request is over. Go back to the app and start again.",
  not_found: "This request is over. Go back to the app and start again.",
  too_many_attempts: "There were too many attempts. Wait a little and start again.",
  access_denied: "Access was not given.",
  temporarily_unavailable: "The server is busy. Wait a little and start again.",
  server_error: "Something went wrong here. Start again in the app; if it stays so, tell the operator.",
};

export default function ErrorPage() {
  const code = useQuery().get("code") ?? "";
  const known = Object.hasOwn(sentences, code);
  return (
    <CardPage title="This did not work">
      <p>{known ? sentences[code] : "The app's request could not be answered."}</p>
      <p className="muted">You can close this page and go back to the app. Nothing was shared.</p>
      {known && (
        <p className="muted small">
          For the app's maker: <code>{code}</code>
        </p>
      )}
      <ButtonLink to="/">To the start page</ButtonLink>
    </CardPage>
  );
}
