import type { Device, Requirement } from "drf-mfa";
import { useId, useLayoutEffect, useRef } from "react";
import { Prove } from "./Prove";
import type { Question } from "./useGuarded";

/** Whether a fresh verification by the device is what the requirement asks for. */
const meets = (device: Device, requirement: Requirement | null) =>
  !device.disabled &&
  (requirement?.methods?.includes(device.method) ?? true) &&
  (device.method === "webauthn" || !requirement?.phishing_resistant);

/**
 * Asks for what a refusal demands, and offers what will do. One verification is all that this bank demands: where
 * `requirement.verifications` may be two, stay open for the second.
 */
export function StepUp({ question, devices }: { question: Question; devices: Device[] }) {
  const { requirement, answer } = question;
  const heading = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close(); // gives the focus back
  }, []);

  const ways = devices.filter((device) => meets(device, requirement));
  return (
    <dialog ref={dialog} className="card" aria-labelledby={heading} onCancel={() => answer(false)}>
      <h2 id={heading}>Verify that it is you</h2>
      <p>{said(requirement)}</p>
      {ways.length === 0 && <p className="note">You have no device that will do. Add one, and try again.</p>}
      <Prove devices={ways} onDone={() => answer(true)}>
        <button type="button" onClick={() => answer(false)}>
          Cancel
        </button>
      </Prove>
    </dialog>
  );
}

function said(requirement: Requirement | null) {
  if (requirement?.phishing_resistant) return "This takes a passkey or security key.";
  if (requirement?.methods) return "This takes one of the devices below.";
  return "It is a while since you did.";
}
