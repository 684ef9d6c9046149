/**
 * SecureContext: the part of a configuration that many connections share, as `tls.createSecureContext` makes it: own
 * certificates, whom to believe, suites, groups and schemes. It is read once, and what is wrong in it is said at once.
 */

import { createPrivateKey, KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateConfig, Config, ServerConfig } from '../connection/config.ts';
import { parseCertificateChain } from '../x509/certificate.ts';
import type { PathVerifier } from '../x509/verifier.ts';
import { cipherSuitesOf, groupsOf, signatureSchemesOf } from './openssl-names.ts';
import { defined, either, type IdleOptions, refuseUnsupported } from './options.ts';
import { type AnchorOptions, pathVerifier } from './trust.ts';

/** What `node:tls` takes for a private key. */
export type PrivateKeyOption =
  | string
  | Uint8Array
  | KeyObject
  | { readonly pem: string | Uint8Array; readonly passphrase?: string | undefined };

type CoreOptions = Pick<
  Config,
  'cipherSuites' | 'groups' | 'signatureSchemes' | 'sessionLifetime' | 'crypto'
> &
  Pick<ServerConfig, 'sessionContext'>;

export interface SecureContextOptions extends AnchorOptions, CoreOptions, IdleOptions {
  /** Chains in PEM, each with the own certificate first, and the keys for them in any order. */
  readonly cert?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  readonly key?: PrivateKeyOption | readonly PrivateKeyOption[] | undefined;
  /** For keys that are encrypted. */
  readonly passphrase?: string | undefined;
  /** In the place of `cert` and `key`, the core's own: also for keys that are kept elsewhere. */
  readonly certificates?: readonly CertificateConfig[] | undefined;
  /** OpenSSL's lists, in the place of `cipherSuites`, `groups` and `signatureSchemes`. */
  readonly ciphers?: string | undefined;
  readonly ecdhCurve?: string | undefined;
  readonly sigalgs?: string | undefined;
  /** TLS 1.2 must be among the versions: it is the only one. */
  readonly minVersion?: string | undefined;
  readonly maxVersion?: string | undefined;
  readonly secureProtocol?: string | undefined;
  /** Bits of `SSL_OP_…`: what they would forbid is not there, nor what they would allow, but for TLS 1.2. */
  readonly secureOptions?: number | undefined;
  /** In the place of `sessionLifetime`, seconds. */
  readonly sessionTimeout?: number | undefined;
  /** In the place of `sessionContext`. */
  readonly sessionIdContext?: string | undefined;
}

export class SecureContext {
  /** The core's options that come of it. */
  readonly config: CoreOptions;
  readonly certificates: readonly CertificateConfig[];
  readonly anchors: AnchorOptions;
  #verifier: PathVerifier | undefined;

  /** @throws TypeError or RangeError on what cannot be meant, or cannot be honoured */
  constructor(options: SecureContextOptions = {}) {
    refuseUnsupported(options);
    const { ca, crl, trustAnchors, crls, crypto } = options;
    this.anchors = { ca, crl, trustAnchors, crls, crypto };
    this.certificates = either(options, 'cert', 'certificates', (cert) => paired(cert, options)) ?? [];
    if (options.key !== undefined && options.cert === undefined) {
      throw new TypeError('key: expected cert beside it, the certificate that it is for');
    }
    this.config = defined({
      crypto,
      cipherSuites: either(options, 'ciphers', 'cipherSuites', cipherSuitesOf),
      groups: either(options, 'ecdhCurve', 'groups', groupsOf),
      signatureSchemes: either(options, 'sigalgs', 'signatureSchemes', signatureSchemesOf),
      sessionLifetime: either(options, 'sessionTimeout', 'sessionLifetime', (seconds) => seconds),
      sessionContext: either(options, 'sessionIdContext', 'sessionContext', (context) => context),
    });
    Object.freeze(this);
  }

  /** Made when a peer is to be judged: a server that asks nobody needs none. */
  get verifier(): PathVerifier {
    this.#verifier ??= pathVerifier(this.anchors);
    return this.#verifier;
  }
}

/** As `tls.createSecureContext`: what many connections share, read once. */
export function createSecureContext(options: SecureContextOptions = {}): SecureContext {
  return new SecureContext(options);
}

/** The options that make a context of their own: beside `secureContext` they would be passed over. */
const contextOptions = [
  'ca',
  'crl',
  'trustAnchors',
  'crls',
  'crypto',
  'cert',
  'key',
  'passphrase',
  'certificates',
  'ciphers',
  'ecdhCurve',
  'sigalgs',
  'cipherSuites',
  'groups',
  'signatureSchemes',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
  'sessionTimeout',
  'sessionLifetime',
  'sessionIdContext',
  'sessionContext',
] as const satisfies readonly (keyof SecureContextOptions)[];
type ContextOption = (typeof contextOptions)[number];

/**
 * The context in the options, or the one that they come to.
 * @throws TypeError on one of node:tls, and on options beside one of ours
 */
export function contextOf(
  options: SecureContextOptions & { readonly secureContext?: SecureContext | undefined },
): SecureContext {
  const { secureContext } = options;
  const own = contextOptions.find((name) => options[name] !== undefined);
  if (secureContext === undefined && own !== undefined) return new SecureContext(options);
  refuseUnsupported(options);
  if (secureContext === undefined) return plainContext;
  if (!(secureContext instanceof SecureContext)) {
    throw new TypeError('secureContext: expected one made by createSecureContext of reprise-tls/node');
  }
  if (own === undefined) return secureContext;
  throw new TypeError(`${own}: expected it in createSecureContext, got it beside secureContext`);
}

/** That of all who ask for nothing in particular. */
const plainContext = new SecureContext();

/** The same options with their context made, and not to be made again. */
export function withContext<O extends Parameters<typeof contextOf>[0]>(
  options: O,
): Omit<O, ContextOption> & { readonly secureContext: SecureContext } {
  const names: readonly string[] = contextOptions;
  const rest = Object.entries(options).filter(([name]) => !names.includes(name));
  return { ...(Object.fromEntries(rest) as Omit<O, ContextOption>), secureContext: contextOf(options) };
}

/** Each chain with its key, which is found by the certificate: they need not come in the same order. */
function paired(cert: NonNullable<SecureContextOptions['cert']>, options: SecureContextOptions) {
  const keys = [options.key ?? []].flat().map((key) => privateKey(key, options.passphrase));
  return [cert].flat().map((chain): CertificateConfig => {
    const [leaf] = parseCertificateChain(chain);
    const own = leaf && keys.find((key) => new X509Certificate(leaf.der).checkPrivateKey(key));
    if (own === undefined) {
      throw new TypeError(
        `key: expected the private key of the certificate for ${leaf?.subject}, found none`,
      );
    }
    return { chain, privateKey: new Uint8Array(own.export({ type: 'pkcs8', format: 'der' })) };
  });
}

function privateKey(option: PrivateKeyOption, common: string | undefined): KeyObject {
  if (option instanceof KeyObject) return option;
  const { pem, passphrase = common } =
    typeof option === 'string' || option instanceof Uint8Array ? { pem: option } : option;
  try {
    return createPrivateKey({ key: Buffer.from(pem), format: 'pem', passphrase });
  } catch (cause) {
    throw new TypeError('key: expected a private key in PEM, and its passphrase where it is encrypted', {
      cause,
    });
  }
}
