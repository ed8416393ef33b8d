// Redirect URIs that are almost `https://app.example/callback`, or almost one of a native client's loopback ones.

export const REDIRECT_MISSES: readonly string[] = [
  // Scheme
  "http://app.example/callback", "HTTPS://app.example/callback", "Https://app.example/callback", "https:app.example/callback",
  "https:/app.example/callback", "https:///app.example/callback", "//app.example/callback", "app.example/callback", "/callback",
  "https//app.example/callback", "httpss://app.example/callback", " https://app.example/callback", "https ://app.example/callback",
  // Host
  "https://App.example/callback", "https://app.EXAMPLE/callback", "https://app.example./callback", "https://www.app.example/callback",
  "https://app.example.evil.example/callback", "https://evil-app.example/callback", "https://appxexample/callback",
  "https://app.example%2eevil.example/callback", "https://app.example%00.evil.example/callback", "https://app%2eexample/callback",
  "https://\u0430pp.example/callback", "https://xn--pp-6kc.example/callback", "https://app\u3002example/callback",
  "https://\uff41pp.example/callback",
  "https://app.example\t/callback", "https://app.ex\u00adample/callback",
  // Port
  "https://app.example:443/callback", "https://app.example:/callback", "https://app.example:8443/callback", "https://app.example:0/callback",
  "https://app.example:443@evil.example/callback", "https://app.example:99999/callback",
  // User info
  "https://user@app.example/callback", "https://@app.example/callback", "https://app.example@evil.example/callback",
  "https://evil.example@app.example/callback", "https://app.example%40evil.example/callback", "https://a:b@app.example/callback",
  "https://evil.example\\@app.example/callback", "https://evil.example/@app.example/callback",
  // Path
  "https://app.example", "https://app.example/", "https://app.example/callback/", "https://app.example//callback",
  "https://app.example/Callback", "https://app.example/callback2", "https://app.example/callbac", "https://app.example/./callback",
  "https://app.example/x/../callback", "https://app.example/callback/..", "https://app.example/callback/../callback",
  "https://app.example/callback/%2e%2e/", "https://app.example/%63allback", "https://app.example/callback%2f",
  "https://app.example/callback%2F..%2Fevil",
  "https://app.example\\callback", "https://app.example/callback\\", "https://app.example/callback;x=1", "https://app.example/callback%00",
  "https://app.example/callback%0d%0aLocation:%20https://evil.example", "https://app.example/callback\r\nLocation: https://evil.example",
  "https://app.example/callback ", "https://app.example/callback%20", "https://app.example/callback\u0000", "https://app.example/*",
  // Query and fragment
  "https://app.example/callback?", "https://app.example/callback?x=1", "https://app.example/callback?code=stolen", "https://app.example/callback&x=1",
  "https://app.example/callback?next=https://evil.example", "https://app.example/callback#", "https://app.example/callback#fragment",
  "https://app.example/callback#@evil.example/", "https://app.example/callback%3Fx=1", "https://app.example/callback%23",
];

export const FOREIGN_REDIRECTS: readonly string[] = [
  "https://evil.example/callback", "https://evil.example/?https://app.example/callback", "https://evil.example/#https://app.example/callback",
  "javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript://app.example/callback%0aalert(1)", "data:text/html,<script>alert(1)</script>",
  "vbscript:msgbox(1)", "file:///etc/passwd", "about:blank", "blob:https://app.example/callback", "view-source:https://app.example/callback",
  "intent://app.example/callback#Intent;end", "http://127.0.0.1/callback", "http://localhost/callback", "http://169.254.169.254/",
  "urn:ietf:wg:oauth:2.0:oob", "https://", "https://[app.example]/callback", "https://app.example/callback,https://evil.example/",
  "https://app.example/callback https://evil.example/", "null", "undefined", "*", "\\\\evil.example", "/\\evil.example", "//evil.example",
  `https://app.example/callback${"a".repeat(3000)}`,
];

// Of a client with http://127.0.0.1/callback, http://localhost:9/callback?tab=1 and http://[::1]/callback.
export const LOOPBACK_REDIRECTS: readonly string[] = [
  "http://127.0.0.1/callback", "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://127.0.0.1:49152/callback",
  "http://localhost/callback?tab=1", "http://localhost:49152/callback?tab=1", "http://[::1]:49152/callback",
];

export const LOOPBACK_MISSES: readonly string[] = [
  "https://127.0.0.1/callback", "http://127.0.0.1:0/callback", "http://127.0.0.1:65536/callback", "http://127.0.0.1:080/callback",
  "http://127.0.0.1:+80/callback", "http://127.0.0.1:8 0/callback", "http://127.0.0.1:/callback", "http://127.0.0.1:80:80/callback",
  "http://127.0.0.1.evil.example/callback", "http://127.0.0.1@evil.example/callback", "http://127.0.0.1:80@evil.example/callback",
  "http://127.0.0.1:1/callback/", "http://127.0.0.1:1/Callback", "http://127.0.0.1:1/", "http://127.0.0.1:1/callback?x=1",
  "http://127.0.0.1:1/callback#x",
  "http://127.0.0.2/callback", "http://127.1/callback", "http://2130706433/callback", "http://0x7f000001/callback", "http://0177.0.0.1/callback",
  "http://0.0.0.0/callback", "http://[::ffff:127.0.0.1]/callback", "http://[0:0:0:0:0:0:0:1]/callback", "http://localhost/callback",
  "http://LOCALHOST/callback?tab=1", "http://localhost./callback?tab=1", "http://localhost.evil.example/callback?tab=1",
  "http://[::1]@evil.example/callback",
  "http://127.0.0.1:1\\@evil.example/callback", "http://user@127.0.0.1:1/callback",
];
