/** The scripted server, for plays with a `ClientConnection`. */

import {
  type CipherSuite,
  type ClientConnection,
  defaultCipherSuites,
  defaultSignatureSchemes,
  type KeyShare,
  x25519,
} from 'reprise-tls';
import { type Extensions, readClientExtensions, writeExtensions } from '../../../src/handshake/extensions.ts';
import { namedCurve, signedParams } from '../../../src/handshake/key-exchange.ts';
import type { ClientHello, ServerHello } from '../../../src/handshake/messages.ts';
import { serves } from '../../../src/handshake/negotiation.ts';
import { flights } from '../../../src/handshake/states.ts';
import { TLS_1_2 } from '../../../src/record/content.ts';
import { empty, utf8 } from '../../../src/wire/bytes.ts';
import { type ServerHelloChanges, signed, suiteOf } from './messages.ts';
import { type ScriptedOptions, ScriptedPeer, type ScriptedSession } from './peer.ts';

export class ScriptedServer extends ScriptedPeer<ClientConnection> {
  /** How the next ServerHello differs from an honest one, and the session that it resumes. */
  changes: ServerHelloChanges = {};
  resumed: ScriptedSession | undefined;
  clientHello: ClientHello | undefined;
  clientExtensions: Extensions<'client'> = {};
  #keyShare: KeyShare | undefined;

  constructor(connection: ClientConnection, arrived: Uint8Array[], options: ScriptedOptions) {
    super('server', connection, arrived, options);
    this.sessionId = this.crypto.randomBytes(32);
  }

  /** RFC 5246 figure 1. */
  async full(changes: ServerHelloChanges = {}): Promise<ScriptedSession> {
    this.changes = changes;
    await this.walk(flights.full);
    return this.session;
  }

  /** RFC 5246 figure 2. */
  async resume(session: ScriptedSession, changes: ServerHelloChanges = {}): Promise<void> {
    this.resumed = session;
    this.changes = changes;
    await this.walk(flights.abbreviated);
  }

  /** The ServerHello that would be sent now. */
  serverHello(): ServerHello {
    const { fields, extensions, moreExtensions = [] } = this.changes;
    const written = writeExtensions('server', {
      extended_master_secret: {},
      renegotiation_info: empty,
      ...(this.#staple === undefined ? {} : { status_request: {} }),
      ...extensions,
    });
    return {
      serverVersion: TLS_1_2,
      random: this.serverRandom,
      sessionId: this.resumed?.sessionId ?? this.sessionId,
      cipherSuite: (this.resumed?.suite ?? this.#firstSuite()).id,
      compressionMethod: 0,
      extensions: [...(written ?? []), ...moreExtensions],
      ...fields,
    };
  }

  protected override readonly speaking = {
    ServerHello: () => {
      const hello = this.serverHello();
      const { extensions = {} } = this.changes;
      this.serverRandom = hello.random;
      this.sessionId = hello.sessionId;
      const silent =
        'extended_master_secret' in extensions && extensions.extended_master_secret === undefined;
      this.extendedMasterSecret = !silent;
      this.send('ServerHello', hello);
      const suite = defaultCipherSuites.find(({ id }) => id === hello.cipherSuite) ?? this.#firstSuite();
      this.agreeOn(suite, this.resumed);
    },
    Certificate: () => {
      this.send('Certificate', { certificateList: [...(this.credential?.chain ?? [])] });
    },
    CertificateStatus: () => {
      this.send('CertificateStatus', { statusType: 1, response: this.#staple ?? utf8('not asked for') });
    },
    ServerKeyExchange: () => {
      const [group = x25519] = this.groups;
      this.#keyShare = this.crypto.group(group).generate(this.crypto.randomBytes);
      const params = { curveType: namedCurve, namedCurve: group.id, public: this.#keyShare.publicKey };
      const schemes = defaultSignatureSchemes.map(({ id }) => id);
      const proof = signed(this.credential, schemes, signedParams(this.randoms, params));
      this.send('ServerKeyExchange', { params, signedParams: proof });
    },
  };

  protected override readonly hearing = {
    ClientHello: async () => {
      this.clientHello = await this.receive('ClientHello');
      this.clientRandom = this.clientHello.random;
      this.clientExtensions = readClientExtensions(this.clientHello.extensions);
    },
    ClientKeyExchange: async () => {
      const { ecdhYc } = await this.receive('ClientKeyExchange');
      if (this.#keyShare !== undefined) this.agree(this.#keyShare, ecdhYc);
    },
  };

  /** What the certificate was given to be stapled to it, which must be at hand. */
  get #staple(): Uint8Array | undefined {
    const response = this.credential?.ocspResponse();
    return response instanceof Uint8Array ? response : undefined;
  }

  /** The first that the client offers and the certificate serves. */
  #firstSuite(): CipherSuite {
    const offered = this.clientHello?.cipherSuites ?? defaultCipherSuites.map(({ id }) => id);
    const fits = (suite: CipherSuite) => this.credential === undefined || serves(this.credential, suite);
    return suiteOf(offered.find((id) => defaultCipherSuites.some((suite) => suite.id === id && fits(suite))));
  }
}
