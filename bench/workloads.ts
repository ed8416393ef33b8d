// What is asked: bodies of about 0.75 KB. The emulator answers a prompt that begins with "bench" with the fixed
// ChatGPT-style reply of 38 events (32 deltas, 8.4 KB); "[pace 10ms]" in the prompt spaces its events out.
const PROMPT = "bench: " + "the quick brown fox jumps over the lazy dog and asks for a valet key. ".repeat(8);

const prompt = (paceMs: number): string => (paceMs > 0 ? `bench [pace ${paceMs}ms] ` : "") + PROMPT;

export const CODEX_PATH = "/chatgpt/backend-api/codex/responses";
export const CODEX_HEADERS = {
  "content-type": "application/json",
  authorization: "Bearer bench",
  "chatgpt-account-id": "acct",
  originator: "bench",
};

export function codexBody(paceMs = 0): string {
  return JSON.stringify({
    model: "gpt-5.5",
    instructions: "You are a helpful assistant.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: prompt(paceMs) }] }],
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
  });
}

export function chatBody(stream: boolean, paceMs = 0, model = "gpt-5.5"): string {
  return JSON.stringify({
    model,
    messages: [
      { role: "system", content: "You are a helpful assistant." },
      { role: "user", content: prompt(paceMs) },
    ],
    stream,
  });
}

export function responsesBody(paceMs = 0): string {
  return JSON.stringify({ model: "gpt-5.5", instructions: "You are a helpful assistant.", input: prompt(paceMs), stream: true });
}
