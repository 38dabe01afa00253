import { ask } from "drf-mfa";
import { Field, Form, Heading } from "./parts";
import { at } from "./site";

export function Login({ onDone }: { onDone: () => Promise<void> }) {
  return (
    <>
      <Heading>Sign in</Heading>
      <section className="card">
        <Form
          submit="Sign in"
          onSend={async (fields) => {
            await ask(at, "POST", "/api/login/", fields);
            await onDone();
          }}
        >
          <Field label="User name" name="username" autoComplete="username" autoCapitalize="none" required />
          <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        </Form>
      </section>
    </>
  );
}
