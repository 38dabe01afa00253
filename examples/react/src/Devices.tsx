import { createCredential, register, remove, verify, type Device, type Registered } from "drf-mfa";
import { useState } from "react";
import { Action, Field } from "./parts";
import { nameOf } from "./Prove";
import { at } from "./site";
import type { Guard } from "./useGuarded";

interface Props {
  devices: Device[];
  proved: Guard["proved"];
  onChange: () => Promise<void>;
  /** What was registered, and shows something that is never shown again. */
  onRegistered: (device: Registered) => void;
}

export function Devices({ devices, proved, onChange, onRegistered }: Props) {
  const [name, setName] = useState("");
  const codes = devices.find((device) => device.method === "recovery");

  const addPasskey = async () => {
    const device = await proved(() => register(at, "webauthn", { name }));
    await verify(at, device.index, await createCredential(device.options));
    setName("");
    await onChange();
  };

  return (
    <>
      <section className="card">
        <h2>Your devices</h2>
        {devices.length === 0 && <p>You have none yet. With one, a stolen password opens nothing.</p>}
        {devices.length > 0 && (
          <ul>
            {devices
              .filter((device) => device !== codes)
              .map((device) => (
                <Listed
                  key={device.index}
                  device={device}
                  onRemove={() => proved(() => remove(at, device.index)).then(onChange)}
                />
              ))}
          </ul>
        )}
      </section>

      <section className="card">
        <h2>Add a device</h2>
        <Field
          label="What you call it"
          placeholder="Pixel 9"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={64}
        />
        <div className="acts">
          <Action onPress={addPasskey}>Passkey</Action>
          <Action onPress={async () => onRegistered(await proved(() => register(at, "totp", { name })))}>
            Authenticator app
          </Action>
        </div>
      </section>

      {devices.length > 0 && (
        <section className="card">
          <h2>Recovery codes</h2>
          <p>
            {codes
              ? `${codes.remaining} left. New codes take the place of the old ones.`
              : "For the day on which all your devices are gone: codes on paper, each good for one time."}
          </p>
          <div className="acts">
            <Action onPress={async () => onRegistered(await proved(() => register(at, "recovery")))}>
              {codes ? "Make new codes" : "Make codes"}
            </Action>
          </div>
        </section>
      )}
    </>
  );
}

function Listed({ device, onRemove }: { device: Device; onRemove: () => Promise<void> }) {
  const [sure, setSure] = useState(false);
  return (
    <li>
      <div>
        <h3>{nameOf(device)}</h3>
        <p className="soft">{device.disabled ? "Out of use, after too many wrong codes" : device.verbose_name}</p>
      </div>
      <div className="acts">
        {/* One button, so that the focus stays on it. */}
        <Action
          className={sure ? "danger" : undefined}
          aria-label={`${sure ? "Remove for good:" : "Remove"} ${nameOf(device)}`}
          onPress={async () => (sure ? onRemove() : setSure(true))}
        >
          {sure ? "Remove for good" : "Remove"}
        </Action>
        {sure && (
          <button type="button" onClick={() => setSure(false)}>
            Keep it
          </button>
        )}
      </div>
    </li>
  );
}
