// The built pages over the mock of the portal's API, and the one browser of a test file.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startMock, type Mock } from "../../../web/dev/mock.ts";
import { person, type World } from "../../../web/dev/mock_data.ts";
import { launchBrowser, openPage } from "./browser.ts";

const root = join(import.meta.dirname, "../../..");

// Where the build of the server under test has put the pages; else they are built here.
export async function builtPages(): Promise<string> {
  const ofServer = join(root, "build", process.env["VALETKEY_PRESET"] ?? "release", "web");
  if (existsSync(join(ofServer, "sizes.json"))) return ofServer;
  const own = join(root, "build/web-for-tests");
  mkdirSync(own, { recursive: true });
  const { embedWeb } = await import("../../../tools/embed_web.ts");
  await embedWeb(own);
  return own;
}

type Visit = { signedIn?: boolean; world?: (world: World) => void };

export class Pages {
  mock!: Mock;
  browser!: Browser;
  folder!: string;
  private complaints: string[] = [];

  get world(): World {
    return this.mock.world;
  }

  // A page in a fresh context and a fresh world.
  async open(path: string, { signedIn = false, world }: Visit = {}): Promise<Page> {
    const fresh = this.mock.reset();
    if (signedIn) fresh.person = person;
    world?.(fresh);
    const { page, complaints } = await openPage(this.browser, { viewport: { width: 1100, height: 800 } });
    this.complaints = complaints;
    await page.goto(this.mock.url + path);
    await page.locator("h1").waitFor();
    return page;
  }

  // What the browser complained about on the last page: errors of scripts, breaches of the CSP.
  takeComplaints(): string[] {
    return this.complaints.splice(0);
  }

  // The changes that the pages asked for on `path`, with their bodies.
  bodiesOf(path: string): Record<string, unknown>[] {
    return this.world.calls.filter((call) => call.path === path).map((call) => call.body);
  }
}

export function usePages(): Pages {
  const pages = new Pages();
  before(async () => {
    pages.folder = await builtPages();
    pages.mock = await startMock(join(pages.folder, "site"));
    pages.browser = await launchBrowser();
  });
  after(async () => {
    await pages.browser?.close();
    pages.mock?.close();
  });
  return pages;
}
