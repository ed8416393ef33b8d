// The emulator and the server that a whole test file talks to: stopped after its tests, and no test sees another's requests or faults.
import { after, beforeEach } from "node:test";
import { Emulator } from "./emulator.ts";
import { Valetkey } from "./valetkey.ts";

export async function startHouse(env: Record<string, string> = {}): Promise<{ emulator: Emulator; server: Valetkey }> {
  const emulator = await Emulator.start();
  const server = await Valetkey.start({ emulatorUrl: emulator.origin, env }).catch(async (error: unknown) => {
    await emulator.stop();
    throw error;
  });
  after(async () => {
    await server.stop();
    await emulator.stop();
  });
  beforeEach(async () => {
    await emulator.clearScenarios();
    await emulator.clearRequests();
  });
  return { emulator, server };
}
