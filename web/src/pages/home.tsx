import { ButtonLink } from "../parts/button.tsx";
import { Heading } from "../parts/heading.tsx";
import { Link } from "../router.tsx";
import { useSession } from "../session.tsx";

export default function Home() {
  const { person } = useSession();
  return <div className="page">{person ? <Welcome name={person.name} /> : <Introduction />}</div>;
}

function Introduction() {
  return (
    <>
      <div className="hero">
        <Heading title="Welcome">Let an app use your AI, and keep your keys.</Heading>
        <p>
          You already pay for an AI. Here you hand an app a valet key to it: only for what you allow, only as
          long as you like, and one click takes it back.
        </p>
        <div className="actions">
          <ButtonLink to="/register" kind="primary">
            Create an account
          </ButtonLink>
          <ButtonLink to="/sign-in">Sign in</ButtonLink>
        </div>
      </div>
      <ul className="points">
        <li>
          <h2>You see who asks</h2>
          <p>Every app says what it wants in plain words before it gets anything.</p>
        </li>
        <li>
          <h2>You decide how much</h2>
          <p>Leave out what you do not want to share. Saying no is as easy as saying yes.</p>
        </li>
        <li>
          <h2>You take it back</h2>
          <p>Your account lists every app with access. Remove one and it stops working at once.</p>
        </li>
      </ul>
    </>
  );
}

const places: [string, string, string][] = [
  ["/account/connections", "Connected apps", "See which apps have access, and end it."],
  ["/account/ai", "Your AIs", "Connect ChatGPT, Grok or GitHub Copilot."],
  ["/account/security", "Security", "Password, passkeys and two-step sign-in."],
  ["/account/sessions", "Where you are signed in", "Your browsers, with remote sign-out."],
  ["/account", "Profile", "Your name, your address, your data."],
  ["/apps", "Build an app", "Register clients and the servers they may reach."],
];

function Welcome({ name }: { name: string }) {
  return (
    <>
      <Heading title="Welcome">{name ? `Hello, ${name}` : "Hello"}</Heading>
      <ul className="tiles">
        {places.map(([to, title, text]) => (
          <li key={to}>
            <Link to={to}>
              <strong>{title}</strong>
              <span>{text}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
