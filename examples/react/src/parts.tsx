import { MfaError } from "drf-mfa";
import { useEffect, useId, useRef, useState, type ComponentProps, type ReactNode } from "react";

/** What is shown now. Whoever hears the page, or goes through it by keys, begins here. */
export function Heading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

export function Field({ label, ...input }: ComponentProps<"input"> & { label: string }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} {...input} />
    </div>
  );
}

/** A code, as an app shows it or as it stands on paper. */
export const CodeField = () => (
  <Field label="Code" name="value" className="code" autoComplete="one-time-code" autoCapitalize="none" required />
);

/** One thing at a time, and what went wrong with it. */
function useAct() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const running = useRef(false); // a second press may come before the page is drawn again

  const act = async (what: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      await what();
    } catch (cause) {
      if (cause instanceof MfaError && cause.code === "not_authenticated") location.reload(); // the session has ended
      setError(cause instanceof Error ? cause.message : String(cause));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const said = error && (
    <p role="alert" className="note bad">
      {error}
    </p>
  );
  return { act, busy, said };
}

interface FormProps {
  submit: string;
  onSend: (fields: Record<string, string>) => Promise<void>;
  children: ReactNode;
}

export function Form({ submit, onSend, children }: FormProps) {
  const { act, busy, said } = useAct();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const fields = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
        void act(() => onSend(fields));
      }}
    >
      {children}
      {said}
      {/* Not disabled while it is busy, or else the focus would be lost. */}
      <button className="primary" aria-disabled={busy}>
        {submit}
      </button>
    </form>
  );
}

export function Action({ onPress, ...button }: ComponentProps<"button"> & { onPress: () => Promise<void> }) {
  const { act, busy, said } = useAct();
  return (
    <>
      <button type="button" aria-disabled={busy} onClick={() => void act(onPress)} {...button} />
      {said}
    </>
  );
}
