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
export type Registered = Schemas["MultiFactorRegistrationResponse"];
export type Verified = Schemas["MultiFactorVerified"];
export type Trust = Schemas["MultiFactorTrust"];
export type Trusted = Schemas["MultiFactorTrusted"];
export type Activity = Schemas["MultiFactorActivity"];
export type LoggedIn = Schemas["MultiFactorLoggedIn"];
export type CreationOptions = Schemas["MultiFactorCreationOptions"];
export type RequestOptions = Schemas["MultiFactorRequestOptions"];
/** What an authenticator answered, as the value to verify. */
export type Credential = Record<string, unknown>;
export type Field = NonNullable<Schemas["MultiFactorMetadata"]["actions"]>["POST"][string];

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
  /** Stable: what the routes say, or `unreachable`, `unsupported`, `cancelled`, `aborted`, `wrong_site`, `failed`. */
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
export function fields(at: Site, method: MethodName | number): Promise<Record<string, Field>>;
export function register(at: Site, method: MethodName | number, fields?: Registration): Promise<Registered>;
/** Null where a code was sent; options where an authenticator is to be asked. */
export function dispatch(
  at: Site,
  index: number,
  how?: { reverify?: boolean },
): Promise<{ options: CreationOptions | RequestOptions } | null>;
export function verify(
  at: Site,
  index: number,
  value: string | Credential,
  how?: { trust?: boolean },
): Promise<Verified>;
export function rename(at: Site, index: number, name: string): Promise<Device>;
export function remove(at: Site, index: number): Promise<null>;
export function trusts(at: Site): Promise<Trust[]>;
export function trust(at: Site, token?: string): Promise<Trusted>;
export function forget(at: Site, id: number): Promise<null>;
export function activity(at: Site, cursor?: string | null): Promise<Activity>;
export function passkeyOptions(at: Site): Promise<{ options: RequestOptions; state: string }>;
export function passkeyLogin(at: Site, state: string, value: Credential): Promise<LoggedIn>;
export function signals(at: Site): Promise<Signals>;

/** What a password manager is told of the passkeys of a user; octets in base64url. */
export interface Signals {
  rp_id: string;
  user_id: string;
  credential_ids: string[];
}

type Fetch = typeof globalThis.fetch;
export function guarded(
  fetch: Fetch,
  ask: (requirement: Requirement | null) => unknown,
): (input: Parameters<Fetch>[0], init?: Parameters<Fetch>[1]) => Promise<Response>;

export function supported(): boolean;
export function autofills(): Promise<boolean>;
interface Ceremony {
  signal?: AbortSignal;
  mediation?: CredentialMediationRequirement;
}
export function createCredential(options: CreationOptions, how?: Ceremony): Promise<Credential>;
export function getCredential(options: RequestOptions, how?: Ceremony): Promise<Credential>;
export function signalUnknownCredential(told: { rp_id: string; credential_id: string }): Promise<void>;
export function signalAllAcceptedCredentials(told: Signals): Promise<void>;
export function webOtp(how?: { signal?: AbortSignal }): Promise<string | null>;
