/**
 * ConnectionInfo: what an application learns of a connection when its handshake is done.
 */

import type { Established, Unfinished } from '../handshake/establish.ts';
import type { ResumptionRefusal } from '../handshake/resumption.ts';

export interface ConnectionInfo {
  readonly protocolVersion: 'TLSv1.2';
  /** Whether the handshake was abbreviated. */
  readonly resumed: boolean;
  /**
   * `accepted`, or the rule for which the handshake was full. `not-offered` stands also for an ID that could not be
   * ours: one beside a ticket, one of another length, any at all where there is no store.
   */
  readonly resumption: 'accepted' | ResumptionRefusal;
  /** Empty where the session cannot be resumed. */
  readonly sessionId: Uint8Array;
  /** IANA names. An abbreviated handshake has neither group nor scheme of its own. */
  readonly cipherSuite: string;
  readonly group: string | undefined;
  readonly signatureScheme: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly serverName: string | undefined;
  readonly extendedMasterSecret: boolean;
  /** DER, the peer's own certificate first; empty where it showed none. In a resumption, those of the full handshake. */
  readonly peerCertificates: readonly Uint8Array[];
  /**
   * What a server showed with its certificate where it was asked (SerializedSCT of RFC 6962 §3.3), not looked into here. In
   * a resumption, those of the full handshake.
   */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  /** What the peer proved with that its certificate is its own: at a client what `signatureScheme` says, at a server
   * what the client's CertificateVerify says. Undefined in a resumption, where nobody signs. */
  readonly peerSignatureScheme: string | undefined;
}

/** What a client knows of a connection before the server's Finished; there is no session yet. */
export type FalseStartInfo = Omit<ConnectionInfo, 'resumed' | 'resumption' | 'sessionId'>;

export function connectionInfo(established: Established): ConnectionInfo {
  return Object.freeze({
    ...falseStartInfo(established),
    resumed: established.resumed,
    resumption: established.refusal ?? 'accepted',
    sessionId: established.sessionId,
  });
}

export function falseStartInfo(agreed: Established | Unfinished): FalseStartInfo {
  return Object.freeze({
    protocolVersion: 'TLSv1.2',
    cipherSuite: agreed.suite.name,
    group: agreed.group?.name,
    signatureScheme: agreed.signatureScheme?.name,
    alpnProtocol: agreed.alpnProtocol,
    serverName: agreed.serverName,
    extendedMasterSecret: agreed.extendedMasterSecret,
    peerCertificates: agreed.peer?.chain ?? [],
    signedCertificateTimestamps: agreed.peer?.signedCertificateTimestamps ?? [],
    peerSignatureScheme: agreed.peerSignatureScheme?.name,
  });
}
