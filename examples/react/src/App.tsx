import { ask, devices, status, type Device, type Registered, type Status } from "drf-mfa";
import { useCallback, useEffect, useState } from "react";
import { Devices } from "./Devices";
import { Login } from "./Login";
import { Action, Heading } from "./parts";
import { Prove } from "./Prove";
import { Shown } from "./Shown";
import { at, send } from "./site";
import { StepUp } from "./StepUp";
import { Transfer } from "./Transfer";
import { useGuarded } from "./useGuarded";

interface Account {
  user: string;
  status: Status;
  devices: Device[];
}

/** Who is logged in, or null. */
async function read(): Promise<Account | null> {
  const { user } = await ask<{ user: string | null }>(at, "GET", "/api/session/");
  if (!user) return null;
  const [standing, all] = await Promise.all([status(at), devices(at)]);
  return { user, status: standing, devices: all.filter((device) => device.active) };
}

export function App() {
  const [account, setAccount] = useState<Account | null>();
  const [failed, setFailed] = useState(false);
  const load = useCallback(async () => setAccount(await read()), []);
  useEffect(() => void load().catch(() => setFailed(true)), [load]);

  const signOut = async () => {
    await ask(at, "DELETE", "/api/session/");
    await load();
  };

  return (
    <>
      <header>
        <p>Example bank</p>
        {account && (
          <div className="acts">
            <span className="soft">{account.user}</span>
            <Action onPress={signOut}>Sign out</Action>
          </div>
        )}
      </header>
      <main>
        {failed && <p className="note bad">The bank does not answer. Load the page again in a while.</p>}
        {account === null && <Login onDone={load} />}
        {account && <Pages account={account} load={load} />}
      </main>
    </>
  );
}

function Pages({ account, load }: { account: Account; load: () => Promise<void> }) {
  const { fetch, proved, question } = useGuarded(send);
  const [shown, setShown] = useState<Registered | null>(null);

  if (account.status.enrolled && !account.status.verified) {
    const ways = account.devices.filter((device) => !device.confirmed && !device.disabled);
    return (
      <>
        <Heading>Verify that it is you</Heading>
        <section className="card">
          {ways.length === 0 && <p>None of your devices can be used just now. Ask the bank for help.</p>}
          <Prove devices={ways} onDone={load} />
        </section>
      </>
    );
  }
  const done = async () => {
    await load();
    setShown(null);
  };
  return (
    <>
      {shown ? (
        <Shown device={shown} proved={proved} onDone={done} />
      ) : (
        <>
          <Heading>Your account</Heading>
          <Transfer fetch={fetch} />
          <Devices devices={account.devices} proved={proved} onChange={load} onRegistered={setShown} />
        </>
      )}
      {question && (
        <StepUp key={JSON.stringify(question.requirement)} question={question} devices={account.devices} />
      )}
    </>
  );
}
