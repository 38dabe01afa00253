import { verify, type Registered } from "drf-mfa";
import { useState } from "react";
import { Action, CodeField, Form, Heading } from "./parts";
import { at } from "./site";
import type { Guard } from "./useGuarded";

interface Props {
  device: Registered;
  proved: Guard["proved"];
  onDone: () => Promise<void>;
}

/** What a new device shows once: an app its key, and codes themselves. */
export function Shown({ device, proved, onDone }: Props) {
  if (device.method === "recovery") return <Codes codes={device.codes} onDone={onDone} />;
  if (device.method !== "totp") return null;
  return (
    <>
      <Heading>Authenticator app</Heading>
      <section className="card">
        <h2>1. Scan this with your app</h2>
        {device.qr_code && <QrCode uri={device.qr_code} />}
        <p>
          <a href={device.authenticator_url}>Open it in an app on this device</a>, or type this key:
        </p>
        <p>
          <code dir="ltr" translate="no">{device.secret}</code>
        </p>
      </section>
      <section className="card">
        <h2>2. Type the code that it shows</h2>
        <Form submit="Confirm" onSend={({ value = "" }) => proved(() => verify(at, device.index, value)).then(onDone)}>
          <CodeField />
        </Form>
      </section>
      <Action onPress={onDone}>Cancel</Action>
    </>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone: () => Promise<void> }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    setCopied(true);
  };
  return (
    <>
      <Heading>Recovery codes</Heading>
      <section className="card">
        <p>
          <strong>Keep these codes now: they are never shown again.</strong> Each is good for one time, when no device is
          at hand.
        </p>
        <ol className="codes" dir="ltr" translate="no">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <div className="acts">
          <button type="button" onClick={() => print()}>
            Print
          </button>
          <Action onPress={copy}>{copied ? "Copied" : "Copy"}</Action>
        </div>
      </section>
      <Action className="primary" onPress={onDone}>
        I have kept them
      </Action>
    </>
  );
}

/** Puts the drawing of a data URI into the page, since a strict policy lets no picture in from there. */
function QrCode({ uri }: { uri: string }) {
  const draw = (box: HTMLDivElement | null) => {
    const svg = decodeURIComponent(uri.slice(uri.indexOf(",") + 1));
    const drawing = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    drawing.setAttribute("viewBox", `0 0 ${drawing.getAttribute("width")} ${drawing.getAttribute("height")}`);
    box?.replaceChildren(drawing);
  };
  return <div ref={draw} className="qr" role="img" aria-label="QR code for your authenticator app" />;
}
