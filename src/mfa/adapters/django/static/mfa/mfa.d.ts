/** What `mfa.js` takes and gives; what the routes answer is in `api.d.ts`, which is made from their description. */

import type { components } from "./api.js";

type Schemas = components["schemas"];

export type Device = Schemas["MultiFactorDevice"];
export type Method = Schemas["MultiFactorOfferedMethod"];
export type Status = Schemas["MultiFactorStatus"];
export type Requirement = Schemas["MultiFactorRequirement"];
export type MethodName = Schemas["MultiFactorMethodName"];
export type Registration = Schemas["MultiFactorRegistration"];
/** A device, and what is shown only now, by its `method`. */
export type Registered = Schemas["MultiFactorRegistered"];
export type Verified = Schemas["MultiFactorVerified"];
export type Trust = Schemas["MultiFactorTrust"];
export type Trusted = Schemas["MultiFactorTrusted"];
export type Activity = Schemas["MultiFactorActivity"];
export type LoggedIn = Schemas["MultiFactorLoggedIn"];
/** Options for an authenticator: to create a credential while the device is pending, and then they have a `user`. */
export type Dispatched = Schemas["MultiFactorDispatched"];
export type CreationOptions = Schemas["MultiFactorCreationOptions"];
export type RequestOptions = Schemas["MultiFactorRequestOptions"];
export type PasskeyOptions = Schemas["MultiFactorPasskeyOptions"];
/** What an authenticator answered, as the value to verify. */
export type Created = Schemas["MultiFactorRegistrationResponse"];
export type Used = Schemas["MultiFactorAuthenticationResponse"];
export type Field = NonNullable<Schemas["MultiFactorMetadata"]["actions"]>["POST"][string];

/** A method by its name, which may be of the site's own, or by its index. */
type Named = MethodName | (string & {}) | number;
type Given = string | null | undefined;
type Asked = Given | (() => Given | Promise<Given>);

export interface Site {
  root: string;
  token: Asked;
  scheme: string;
  csrf: Asked;
}

export class MfaError extends Error {
  constructor(
    code: string,
    message: string,
    more?: { status?: number; body?: Record<string, unknown>; retryAfter?: number | null; cause?: unknown },
  );
  /**
   * Stable: what the routes say, or `invalid`, `unreachable`, `unsupported`, `cancelled`, `aborted`, `wrong_site`,
   * `failed`.
   */
  readonly code: string;
  /** That of HTTP; 0 where nothing was answered. */
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** In seconds. */
  readonly retryAfter: number | null;
  get requirement(): Requirement | null;
  get verificationsLeft(): number | null;
}

export function site(options?: Partial<Site>): Site;
export function ask<Answer = unknown>(at: Site, method: string, path: string, body?: unknown): Promise<Answer>;

export function status(at: Site, requirement?: string): Promise<Status>;
export function devices(at: Site): Promise<Device[]>;
export function device(at: Site, index: number): Promise<Device>;
export function methods(at: Site): Promise<Method[]>;
export function fields(at: Site, method: Named): Promise<Record<string, Field>>;
export function register<Method extends Named>(
  at: Site,
  method: Method,
  fields?: Registration | Record<string, string>,
): Promise<Method extends MethodName ? Extract<Registered, { method: Method }> : Registered>;
/** Null where a code was sent. */
export function dispatch(at: Site, index: number, how?: { reverify?: boolean }): Promise<Dispatched | null>;
export function verify(
  at: Site,
  index: number,
  value: string | Created | Used,
  how?: { trust?: boolean },
): Promise<Verified>;
export function rename(at: Site, index: number, name: string): Promise<Device>;
export function remove(at: Site, index: number): Promise<null>;
export function trusts(at: Site): Promise<Trust[]>;
export function trust(at: Site, token?: string): Promise<Trusted>;
export function forget(at: Site, id: string): Promise<null>;
export function activity(at: Site, cursor?: string | null): Promise<Activity>;
export function passkeyOptions(at: Site): Promise<PasskeyOptions>;
export function passkeyLogin(at: Site, state: string, value: Used): Promise<LoggedIn>;
export function signals(at: Site): Promise<Signals>;

/** What a password manager is told of the passkeys of a user; octets in base64url. */
export type Signals = Schemas["MultiFactorSignals"];

type Fetch = typeof globalThis.fetch;
export function guarded(
  fetch: Fetch,
  ask: (requirement: Requirement | null) => unknown,
): (input: Parameters<Fetch>[0], init?: Parameters<Fetch>[1]) => Promise<Response>;

export function supported(): boolean;
export function autofills(): Promise<boolean>;
export function upgrades(): Promise<boolean>;
interface Ceremony {
  signal?: AbortSignal;
  mediation?: CredentialMediationRequirement;
}
export function createCredential(options: CreationOptions, how?: Ceremony): Promise<Created>;
export function getCredential(options: RequestOptions, how?: Ceremony): Promise<Used>;
export function signalUnknownCredential(told: { rp_id: string; credential_id: string }): Promise<void>;
export function signalAllAcceptedCredentials(told: Signals): Promise<void>;
export function signalCurrentUserDetails(
  told: Pick<Signals, "rp_id" | "user_id"> & { name: string; display_name?: string },
): Promise<void>;
export function webOtp(how?: { signal?: AbortSignal }): Promise<string | null>;
