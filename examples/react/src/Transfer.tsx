import { MfaError } from "drf-mfa";
import { useState } from "react";
import { Field, Form } from "./parts";
import type { Guard } from "./useGuarded";

/** Sends money; it knows of no second factor, for its `fetch` does. */
export function Transfer({ fetch }: { fetch: Guard["fetch"] }) {
  const [sent, setSent] = useState<string | null>(null);

  const send = async (fields: Record<string, string>) => {
    setSent(null);
    const answer = await fetch("/api/transfers/", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    const body = await answer.json();
    if (!answer.ok) {
      const why: string = body.detail ?? Object.values(body).flat().join(" ");
      throw new MfaError(body.code ?? "invalid", `Nothing was sent. ${why}`, { status: answer.status, body });
    }
    setSent(`${Number(body.amount).toLocaleString("en")} went to ${body.to}.`);
  };

  return (
    <section className="card">
      <h2>Send money</h2>
      <p className="soft">More than 10,000 takes a passkey.</p>
      <Form submit="Send" onSend={send}>
        <Field label="To" name="to" autoComplete="off" maxLength={64} required />
        <Field label="Amount" name="amount" inputMode="numeric" autoComplete="off" required />
      </Form>
      <p role="status" className={sent ? "note good" : undefined}>
        {sent}
      </p>
    </section>
  );
}
