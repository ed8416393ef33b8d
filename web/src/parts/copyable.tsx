// A value that is shown once, to be copied or kept.
import { useState } from "react";
import { Button } from "./button.tsx";

type CopyableProps = { label: string; value: string; large?: boolean };

export function Copyable({ label, value, large = false }: CopyableProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
  };
  return (
    <div className="copyable">
      <code className={large ? "user-code" : undefined} aria-label={label}>
        {value}
      </code>
      <Button onClick={() => void copy().catch(() => setCopied(false))}>
        Copy<span className="unseen"> {label}</span>
      </Button>
      <span className="unseen" role="status">
        {copied ? "Copied" : ""}
      </span>
      {copied && (
        <span className="copied" aria-hidden="true">
          Copied
        </span>
      )}
    </div>
  );
}

// Ten recovery codes: to copy, to print, to save as a file made here.
export function RecoveryCodes({ codes }: { codes: string[] }) {
  const text = codes.join("\n") + "\n";
  const save = () => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "recovery-codes.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <div className="stack">
      <ul className="codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="actions">
        <Button onClick={() => void navigator.clipboard.writeText(text)}>Copy all</Button>
        <Button onClick={save}>Save as a file</Button>
      </div>
    </div>
  );
}
