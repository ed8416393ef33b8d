// Lists of what somebody has, and rows that end it.
import { useState, type ReactNode } from "react";
import { api } from "../api.ts";
import { useAction } from "../form.ts";
import { Button } from "./button.tsx";
import { Confirm } from "./dialog.tsx";
import { focusHeading } from "./heading.tsx";

type RowsProps<T> = { of: T[]; empty: string; children: (item: T) => ReactNode };

export function Rows<T>({ of, empty, children }: RowsProps<T>) {
  if (of.length === 0) return <p className="empty">{empty}</p>;
  return <ul className="rows">{of.map(children)}</ul>;
}

type EndableRowProps = {
  path: string; // DELETE ends it
  changed: () => Promise<void>;
  verb: string; // on both buttons
  what: string; // goes on after the verb, for those who do not see the row around it
  kind?: "secondary" | "danger";
  question: string;
  consequence: string;
  children: ReactNode;
};

export function EndableRow(row: EndableRowProps) {
  const [asking, setAsking] = useState(false);
  const end = useAction(async () => {
    await api.delete(row.path);
    setAsking(false);
    await row.changed();
    focusHeading();
  });
  return (
    <li className="row">
      <div className="row-text">{row.children}</div>
      <Button kind={row.kind ?? "secondary"} onClick={() => setAsking(true)}>
        {row.verb}
        <span className="unseen"> {row.what}</span>
      </Button>
      {asking && (
        <Confirm
          title={row.question}
          yes={row.verb}
          danger
          busy={end.busy}
          failure={end.failure}
          onYes={() => end.run()}
          onClose={() => setAsking(false)}
        >
          <p>{row.consequence}</p>
        </Confirm>
      )}
    </li>
  );
}
