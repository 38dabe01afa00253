import { dispatch, getCredential, verify, type Device } from "drf-mfa";
import { useState, type ReactNode } from "react";
import { Action, CodeField, Form } from "./parts";
import { at } from "./site";

export const nameOf = (device: Device) => device.name || device.verbose_name;

interface Props {
  devices: Device[];
  onDone: () => void | Promise<void>;
  /** What else there is to press. */
  children?: ReactNode;
}

/** Verifies by one of the devices, of which the person may choose another. */
export function Prove({ devices, onDone, children }: Props) {
  const [index, choose] = useState<number>();
  const device = devices.find((each) => each.index === index) ?? devices[0];
  if (!device) return <div className="acts">{children}</div>;

  const prove = async (value: Parameters<typeof verify>[2]) => {
    await verify(at, device.index, value);
    await onDone();
  };
  const askBrowser = async () => {
    const sent = await dispatch(at, device.index, { reverify: true });
    if (sent && "rpId" in sent.options) await prove(await getCredential(sent.options));
  };

  return (
    <>
      <p className="name">{nameOf(device)}</p>
      {device.method === "webauthn" ? (
        <Action key={device.index} className="primary" onPress={askBrowser}>
          Use your passkey
        </Action>
      ) : (
        <Form key={device.index} submit="Verify" onSend={({ value = "" }) => prove(value)}>
          <CodeField />
        </Form>
      )}
      <div className="acts">
        {devices
          .filter((other) => other !== device)
          .map((other) => (
            <button type="button" key={other.index} onClick={() => choose(other.index)}>
              {nameOf(other)} instead
            </button>
          ))}
        {children}
      </div>
    </>
  );
}
