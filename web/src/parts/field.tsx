// Inputs with their label, hint and error, tied together for those who do not see them side by side.
import {
  useId,
  useState,
  type InputHTMLAttributes,
  type ReactNode,
  type TextareaHTMLAttributes,
} from "react";

type Common = { label: string; hint?: ReactNode; error?: string | undefined };

type Tied = { id: string; describedBy: string | undefined };

function FieldFrame({ label, hint, error, children }: Common & { children: (tied: Tied) => ReactNode }) {
  const id = useId();
  const parts = [error ? `${id}-error` : "", hint ? `${id}-hint` : ""].filter(Boolean);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, describedBy: parts.join(" ") || undefined })}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

type FieldProps = Common &
  Omit<InputHTMLAttributes<HTMLInputElement>, "onChange"> & {
    value: string;
    onChange: (value: string) => void;
  };

export function Field({ label, hint, error, onChange, ...input }: FieldProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {({ id, describedBy }) => (
        <input
          {...input}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

export function PasswordField({ label, hint, error, onChange, ...input }: FieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {({ id, describedBy }) => (
        <div className="password">
          <input
            {...input}
            id={id}
            type={shown ? "text" : "password"}
            autoCapitalize="none"
            spellCheck={false}
            aria-describedby={describedBy}
            aria-invalid={error ? true : undefined}
            onChange={(event) => onChange(event.target.value)}
          />
          <button
            type="button"
            className="password-toggle"
            aria-controls={id}
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide" : "Show"}
            <span className="unseen"> {label.toLowerCase()}</span>
          </button>
        </div>
      )}
    </FieldFrame>
  );
}

// Of one purpose, and so with one way to be filled in by the browser.
type PurposeProps = { value: string; onChange: (value: string) => void; error: string | undefined };
type EmailProps = PurposeProps & { label?: string; autoComplete?: "username" | "email" };

export function EmailField({ label = "E-mail", autoComplete = "username", ...rest }: EmailProps) {
  return (
    <Field
      label={label}
      type="email"
      autoComplete={autoComplete}
      autoCapitalize="none"
      spellCheck={false}
      {...rest}
    />
  );
}

export function NewPasswordField({ label, ...rest }: PurposeProps & { label: string }) {
  return (
    <PasswordField
      label={label}
      hint="Long is better than complicated: a few unrelated words are good."
      autoComplete="new-password"
      {...rest}
    />
  );
}

type AreaProps = Common &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange"> & {
    value: string;
    onChange: (value: string) => void;
  };

export function AreaField({ label, hint, error, onChange, ...area }: AreaProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {({ id, describedBy }) => (
        <textarea
          rows={3}
          spellCheck={false}
          {...area}
          id={id}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

type ChoiceProps = {
  type: "radio" | "checkbox";
  name: string;
  value: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ReactNode;
  detail?: ReactNode;
};

export function Choice({ type, name, value, checked, onChange, label, detail }: ChoiceProps) {
  const id = useId();
  return (
    <div className="choice">
      <input
        type={type}
        id={id}
        name={name}
        value={value}
        checked={checked}
        aria-describedby={detail ? `${id}-detail` : undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {detail && (
          <p className="choice-detail" id={`${id}-detail`}>
            {detail}
          </p>
        )}
      </div>
    </div>
  );
}
