// What a client saw of an answer, in a form that two answers can be compared in.
export type Seen = { status: number; headers: Record<string, string>; body: string };

// Everything but what differs by nature: the time and the request's own id.
export async function seen(answer: Response | Promise<Response>): Promise<Seen> {
  const response = await answer;
  const headers = Object.fromEntries(response.headers);
  delete headers["date"];
  delete headers["x-request-id"];
  return { status: response.status, headers, body: await response.text() };
}

export const bearer = (pass: string): Record<string, string> => ({ authorization: `Bearer ${pass}` });

export function whoami(serverUrl: string, pass: string): Promise<Response> {
  return fetch(`${serverUrl}/auth/whoami`, { headers: bearer(pass) });
}

export async function userOf(serverUrl: string, pass: string): Promise<string> {
  const answer = await whoami(serverUrl, pass);
  if (answer.status !== 200) throw new Error(`whoami answered ${answer.status}`);
  return ((await answer.json()) as { user: { id: string } }).user.id;
}

// A short chat, not streamed.
export function chat(serverUrl: string, pass: string, model: string, text = "Say hello", more: object = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${serverUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { ...bearer(pass), "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: text }], ...more }),
    ...(signal === undefined ? {} : { signal }),
  });
}
