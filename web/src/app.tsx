// The shell around every page, and which path is which page. Each page is a file of its own to the browser.
import {
  Component,
  Suspense,
  lazy,
  type ComponentType,
  type LazyExoticComponent,
  type ReactNode,
} from "react";
import { useAction } from "./form.ts";
import { KeyMark } from "./parts/brand.tsx";
import { Button } from "./parts/button.tsx";
import { product } from "./parts/heading.tsx";
import { Link, navigate, usePath } from "./router.tsx";
import { SessionProvider, useSession } from "./session.tsx";
import { StepUpProvider } from "./step_up.tsx";

type Page = LazyExoticComponent<ComponentType>;

const pages: Record<string, Page> = {
  "/": lazy(() => import("./pages/home.tsx")),
  "/sign-in": lazy(() => import("./pages/sign_in.tsx")),
  "/register": lazy(() => import("./pages/register.tsx")),
  "/verify-email": lazy(() => import("./pages/verify_email.tsx")),
  "/forgot-password": lazy(() => import("./pages/forgot_password.tsx")),
  "/reset-password": lazy(() => import("./pages/reset_password.tsx")),
  "/consent": lazy(() => import("./pages/consent.tsx")),
  "/device": lazy(() => import("./pages/device.tsx")),
  "/account": lazy(() => import("./pages/profile.tsx")),
  "/account/security": lazy(() => import("./pages/security.tsx")),
  "/account/sessions": lazy(() => import("./pages/sessions.tsx")),
  "/account/connections": lazy(() => import("./pages/connections.tsx")),
  "/account/ai": lazy(() => import("./pages/ai.tsx")),
  "/apps": lazy(() => import("./pages/apps.tsx")),
  "/apps/client": lazy(() => import("./pages/app_client.tsx")),
  "/apps/resource": lazy(() => import("./pages/app_resource.tsx")),
  "/error": lazy(() => import("./pages/error.tsx")),
};
const Missing = lazy(() => import("./pages/missing.tsx"));

function TopBar() {
  const session = useSession();
  const path = usePath();
  const signOut = useAction(async () => {
    await session.signOut();
    navigate("/");
  });
  product.name = session.product.name;
  const here = (top: string) => (path === top || path.startsWith(`${top}/`) ? ("page" as const) : undefined);
  // Somebody in the middle of a consent should decide, not wander off.
  const quiet = path === "/consent" || path === "/device";
  return (
    <header className="top">
      <Link to="/" className="brand">
        <KeyMark />
        <span>{session.product.name}</span>
      </Link>
      {!quiet && (
        <nav aria-label="Main" className="top-nav">
          {session.person ? (
            <>
              <Link to="/account" aria-current={here("/account")}>
                Account
              </Link>
              <Link to="/apps" aria-current={here("/apps")}>
                Apps
              </Link>
              <Button kind="quiet" busy={signOut.busy} onClick={() => signOut.run()}>
                Sign out
              </Button>
            </>
          ) : (
            <>
              <Link to="/sign-in" aria-current={here("/sign-in")}>
                Sign in
              </Link>
              <Link to="/register" aria-current={here("/register")}>
                Create account
              </Link>
            </>
          )}
        </nav>
      )}
    </header>
  );
}

// A page file of the last version may be gone after an update of the server: a reload brings the new one.
class LoadGuard extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="page page-narrow">
        <div className="card">
          <h1>This page did not load</h1>
          <p>The server may have been updated in the meantime.</p>
          <Button kind="primary" onClick={() => location.reload()}>
            Load it again
          </Button>
        </div>
      </div>
    );
  }
}

function CurrentPage() {
  const path = usePath();
  const Shown = pages[path] ?? pages[path.replace(/\/+$/, "")] ?? Missing;
  return (
    <LoadGuard key={path}>
      <Suspense fallback={<div className="page-wait" role="status" aria-label="Loading" />}>
        <Shown />
      </Suspense>
    </LoadGuard>
  );
}

export function App() {
  return (
    <SessionProvider>
      <StepUpProvider>
        <a className="skip" href="#main" onClick={skipToMain}>
          Skip to content
        </a>
        <TopBar />
        <main id="main" tabIndex={-1}>
          <CurrentPage />
        </main>
      </StepUpProvider>
    </SessionProvider>
  );
}

function skipToMain(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
