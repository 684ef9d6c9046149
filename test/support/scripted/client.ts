/** The scripted client, for plays with a `ServerConnection`. */

import {
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  type ServerConnection,
} from 'reprise-tls';
import { type Extensions, readServerExtensions, writeExtensions } from '../../../src/handshake/extensions.ts';
import type { ClientHello, ServerECDHParams, ServerHello } from '../../../src/handshake/messages.ts';
import { flights } from '../../../src/handshake/states.ts';
import { TLS_1_2 } from '../../../src/record/content.ts';
import { empty, equal } from '../../../src/wire/bytes.ts';
import { type ClientHelloChanges, signed, suiteOf } from './messages.ts';
import { type ScriptedOptions, ScriptedPeer, type ScriptedSession } from './peer.ts';

/** A ServerHello, read. */
export interface ServersAnswer {
  readonly serverHello: ServerHello;
  readonly extensions: Extensions<'server'>;
  /** Whether it echoes the ID that was offered. */
  readonly resumed: boolean;
}

export class ScriptedClient extends ScriptedPeer<ServerConnection> {
  /** How the next ClientHello differs from an honest one, and the session that it offers. */
  changes: ClientHelloChanges = {};
  offered: ScriptedSession | undefined;
  serverHello: ServerHello | undefined;
  serverExtensions: Extensions<'server'> = {};
  #params: ServerECDHParams | undefined;
  #accepted: readonly number[] = defaultSignatureSchemes.map(({ id }) => id);

  constructor(connection: ServerConnection, arrived: Uint8Array[], options: ScriptedOptions) {
    super('client', connection, arrived, options);
  }

  /** RFC 5246 figure 1. */
  async full(changes: ClientHelloChanges = {}): Promise<ScriptedSession> {
    this.changes = changes;
    await this.walk(flights.full);
    return this.session;
  }

  /** RFC 5246 figure 2. */
  async resume(session: ScriptedSession, changes: ClientHelloChanges = {}): Promise<void> {
    this.offered = session;
    this.changes = changes;
    await this.walk(flights.abbreviated);
  }

  /** Offers a session, and goes along with whatever the server makes of it. */
  async reconnect(session: ScriptedSession | undefined, changes: ClientHelloChanges = {}): Promise<boolean> {
    const { resumed } = await this.greet(session, changes);
    await this.walk((resumed ? flights.abbreviated : flights.full).slice(2));
    return resumed;
  }

  /** Says hello with a session, and returns the answer: the first step of either figure. */
  async greet(
    session: ScriptedSession | undefined,
    changes: ClientHelloChanges = {},
  ): Promise<ServersAnswer> {
    this.offered = session;
    this.changes = changes;
    this.speak('ClientHello');
    await this.hear('ServerHello');
    if (this.serverHello === undefined) throw new TypeError('there is no ServerHello');
    const resumed = session !== undefined && equal(this.sessionId, session.sessionId);
    return { serverHello: this.serverHello, extensions: this.serverExtensions, resumed };
  }

  /** The ClientHello that would be sent now. */
  clientHello(): ClientHello {
    const { fields, extensions, moreExtensions = [] } = this.changes;
    const written = writeExtensions('client', {
      extended_master_secret: {},
      renegotiation_info: empty,
      supported_groups: defaultGroups.map(({ id }) => id),
      ec_point_formats: [0],
      signature_algorithms: defaultSignatureSchemes.map(({ id }) => id),
      ...extensions,
    });
    return {
      clientVersion: TLS_1_2,
      random: this.clientRandom,
      sessionId: this.offered?.sessionId ?? empty,
      cipherSuites: defaultCipherSuites.map(({ id }) => id),
      compressionMethods: [0],
      extensions: [...(written ?? []), ...moreExtensions],
      ...fields,
    };
  }

  protected override readonly speaking = {
    ClientHello: () => {
      const hello = this.clientHello();
      this.clientRandom = hello.random;
      this.send('ClientHello', hello);
    },
    Certificate: () => {
      this.send('Certificate', { certificateList: [...(this.credential?.chain ?? [])] });
    },
    ClientKeyExchange: () => {
      const group = this.groups.find(({ id }) => id === (this.#params?.namedCurve ?? 29));
      const keyShare = group && this.crypto.group(group).generate(this.crypto.randomBytes);
      if (keyShare === undefined) throw new TypeError(`group ${this.#params?.namedCurve} is not known`);
      this.send('ClientKeyExchange', { ecdhYc: keyShare.publicKey });
      if (this.#params !== undefined) this.agree(keyShare, this.#params.public);
    },
    CertificateVerify: () => {
      this.send('CertificateVerify', signed(this.credential, this.#accepted, this.transcript.messages()));
    },
  };

  protected override readonly hearing = {
    ServerHello: async () => {
      const hello = await this.receive('ServerHello');
      const known = new Set(hello.extensions?.map(({ extensionType }) => extensionType));
      this.serverHello = hello;
      this.serverExtensions = readServerExtensions(hello.extensions, known);
      this.serverRandom = hello.random;
      this.sessionId = hello.sessionId;
      this.extendedMasterSecret = this.serverExtensions.extended_master_secret !== undefined;
      const { offered } = this;
      const echoed = hello.sessionId.length > 0 && equal(hello.sessionId, offered?.sessionId ?? empty);
      this.agreeOn(suiteOf(hello.cipherSuite), echoed ? offered : undefined);
    },
    ServerKeyExchange: async () => {
      this.#params = (await this.receive('ServerKeyExchange')).params;
    },
    CertificateRequest: async () => {
      this.#accepted = (await this.receive('CertificateRequest')).supportedSignatureAlgorithms;
    },
  };
}
