/**
 * The face of Reprise: everything that `import … from 'reprise-tls'` gives.
 */

export type { ChannelBindingType } from './connection/channel-binding.ts';
export { ClientConnection } from './connection/client.ts';
export type {
  CertificateConfig,
  CertificateSelector,
  ClientConfig,
  Config,
  ServerConfig,
  Signer,
} from './connection/config.ts';
export type { ConnectionHandlers } from './connection/handlers.ts';
export type { ConnectionInfo, FalseStartInfo } from './connection/info.ts';
export type { Report } from './connection/report.ts';
export { ServerConnection } from './connection/server.ts';
export { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 } from './crypto/aead.ts';
export * from './crypto/cipher-suites.ts';
export { defaultCipherSuites, defaultGroups, defaultSignatureSchemes } from './crypto/defaults.ts';
export { secp256r1, secp384r1, secp521r1, x25519 } from './crypto/groups.ts';
export type { PrivateKey, PublicKey } from './crypto/keys.ts';
export { noble } from './crypto/noble.ts';
export type {
  Aead,
  AeadKey,
  CryptoProvider,
  Hash,
  HashState,
  KeyShare,
  Mac,
  NamedGroup,
  RandomBytes,
  SignatureScheme,
} from './crypto/provider.ts';
export * from './crypto/signature-schemes.ts';
export type {
  CertificateAlert,
  CertificateRequestInfo,
  CertificateVerdict,
  CertificateVerifier,
  ClientHelloInfo,
  HandshakeReport,
  PeerCertificates,
  SessionFacts,
} from './handshake/parameters.ts';
export { type ResumptionRefusal, resumptionRefusals } from './handshake/resumption.ts';
export type { BreakerOptions } from './session/breaker.ts';
export { MemoryClientSessionCache } from './session/client-cache.ts';
export {
  createResumptionCounters,
  latencyBounds,
  type ResumptionCounters,
  type ResumptionEvent,
} from './session/counters.ts';
export { forgetSession } from './session/forget.ts';
export type { StoreReport } from './session/guard.ts';
export { MemorySessionStore } from './session/memory.ts';
export { SealedSessionStore, type SealReport } from './session/sealed.ts';
export type { SealingKey } from './session/sealing-keys.ts';
export type { ClientAuthentication } from './session/session.ts';
export type { ClientSessionCache, MaybePromise, SessionStore } from './session/store.ts';
export { TieredSessionStore } from './session/tiered.ts';
export { AlertDescription, type AlertName } from './wire/alert.ts';
export { type Fault, type Reason, TlsError } from './wire/error.ts';
export { type Certificate, parseCertificate } from './x509/certificate.ts';
export type { PathLimits } from './x509/path-limits.ts';
export type { Path } from './x509/path-validation.ts';
export type { Profile } from './x509/profile.ts';
export type { Refusal, Rule } from './x509/refusals.ts';
export type { NamedKey, TrustAnchor, TrustAnchorInput } from './x509/trust-anchors.ts';
export {
  createCertificateVerifier,
  type PathVerifier,
  type ShownChain,
  type VerifierOptions,
} from './x509/verifier.ts';
