/** A security key and the browser in front of it, by Web Cryptography, in the types of TypeScript's own library. */

type Bytes = Uint8Array<ArrayBuffer>;
type Item = number | string | Bytes | Map<number | string, Item>;

interface Held {
  id: Bytes;
  key: CryptoKeyPair;
  rpId: string;
  userHandle: string;
  count: number;
}

const PRESENT_AND_VERIFIED = 0x05;
const ATTESTED = 0x40;

export class Authenticator {
  readonly #held: Held[] = [];

  constructor(readonly origin: string) {}

  /** What navigator.credentials.create and toJSON make of options. */
  async create(options: PublicKeyCredentialCreationOptionsJSON): Promise<RegistrationResponseJSON> {
    const key = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const id = crypto.getRandomValues(new Uint8Array(32));
    const held = { id, key, rpId: options.rp.id ?? "", userHandle: options.user.id, count: 0 };
    this.#held.push(held);
    const attested = concat(new Uint8Array(16), number(id.length, 2), id, cbor(await coseKey(key.publicKey)));
    const data = await this.#data(held, ATTESTED, attested);
    const attestation = cbor(new Map<string, Item>([["fmt", "none"], ["attStmt", new Map()], ["authData", data]]));
    return {
      id: written(id),
      rawId: written(id),
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: written(this.#clientData("webauthn.create", options.challenge)),
        attestationObject: written(attestation),
        authenticatorData: written(data),
        publicKeyAlgorithm: -7,
        transports: ["internal"],
      },
    };
  }

  /** What navigator.credentials.get and toJSON make of options. */
  async get(options: PublicKeyCredentialRequestOptionsJSON): Promise<AuthenticationResponseJSON> {
    const allowed = options.allowCredentials?.map((each) => each.id);
    const held = this.#held.find((each) => allowed === undefined || allowed.includes(written(each.id)));
    if (held === undefined || held.rpId !== options.rpId) {
      throw new Error("there is no such credential");
    }
    const data = await this.#data(held, 0);
    const clientData = this.#clientData("webauthn.get", options.challenge);
    const signed = concat(data, await sha256(clientData));
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, held.key.privateKey, signed));
    return {
      id: written(held.id),
      rawId: written(held.id),
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: written(clientData),
        authenticatorData: written(data),
        signature: written(der(signature)),
        userHandle: held.userHandle,
      },
    };
  }

  #clientData(type: string, challenge: string): Bytes {
    return text(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }

  async #data(held: Held, flags: number, attested: Bytes = new Uint8Array()): Promise<Bytes> {
    held.count += 1;
    const head = Uint8Array.of(PRESENT_AND_VERIFIED | flags);
    return concat(await sha256(text(held.rpId)), head, number(held.count, 4), attested);
  }
}

async function coseKey(key: CryptoKey): Promise<Item> {
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", key));
  const [x, y] = [point.slice(1, 33), point.slice(33)];
  return new Map<number, Item>([[1, 2], [3, -7], [-1, 1], [-2, x], [-3, y]]);
}

/** ECDSA signatures are two numbers side by side here, and a SEQUENCE of two INTEGERs in WebAuthn. */
function der(signature: Bytes): Bytes {
  const [r, s] = [signature.slice(0, 32), signature.slice(32)].map(integer);
  const body = concat(r ?? new Uint8Array(), s ?? new Uint8Array());
  return concat(Uint8Array.of(0x30, body.length), body);
}

function integer(magnitude: Bytes): Bytes {
  const start = magnitude.findIndex((byte) => byte > 0);
  const bare = magnitude.slice(start);
  const padded = (bare[0] ?? 0) > 0x7f ? concat(Uint8Array.of(0), bare) : bare;
  return concat(Uint8Array.of(0x02, padded.length), padded);
}

function cbor(item: Item): Bytes {
  if (typeof item === "number") {
    return item < 0 ? head(1, -1 - item) : head(0, item);
  }
  if (typeof item === "string") {
    return concat(head(3, item.length), text(item));
  }
  if (item instanceof Uint8Array) {
    return concat(head(2, item.length), item);
  }
  return concat(head(5, item.size), ...[...item].flat().map(cbor));
}

function head(major: number, argument: number): Bytes {
  const kind = major << 5;
  if (argument < 24) {
    return Uint8Array.of(kind | argument);
  }
  return argument < 256 ? Uint8Array.of(kind | 24, argument) : concat(Uint8Array.of(kind | 25), number(argument, 2));
}

function number(value: number, size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, index) => (value >> (8 * (size - 1 - index))) & 0xff);
}

export function concat(...parts: Bytes[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function text(said: string): Bytes {
  return Uint8Array.from(new TextEncoder().encode(said));
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function written(bytes: Bytes): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
