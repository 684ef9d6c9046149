/**
 * What a server makes of a hello, rule by rule: how it is read (RFC 5246 §7.4.1.2), and what is chosen among what both
 * sides can do (§7.4.1.3). Each rule is asked by itself, where a whole handshake would show it in company.
 */

import fc from 'fast-check';
import {
  type CipherSuite,
  defaultCipherSuites,
  defaultGroups,
  defaultSignatureSchemes,
  ecdsa_secp256r1_sha256,
  ed25519,
  rsa_pkcs1_sha256,
  rsa_pss_rsae_sha256,
  type SignatureScheme,
  secp256r1,
  secp384r1,
  x25519,
} from 'reprise-tls';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { type Extensions, readServerExtensions, writeExtensions } from '../../src/handshake/extensions.ts';
import { type ClientOffer, readClientHello } from '../../src/handshake/hello.ts';
import type { ClientHello, Extension } from '../../src/handshake/messages.ts';
import {
  answerExtensions,
  chooseApplicationProtocol,
  chooseCipherSuite,
  chooseGroup,
} from '../../src/handshake/negotiation.ts';
import { makeOfferings } from '../../src/handshake/offerings.ts';
import type { Credential, ServerParameters } from '../../src/handshake/parameters.ts';
import { offeredSessionId } from '../../src/handshake/resumption.ts';
import { Transcript } from '../../src/handshake/transcript.ts';
import { concat, latin1, utf8 } from '../../src/wire/bytes.ts';
import { serverConfig } from '../support/resumption.ts';
import { playClient } from '../support/scripted.ts';

type Known = Extensions<'client'>;

const everything: Known = {
  extended_master_secret: {},
  renegotiation_info: new Uint8Array(0),
  supported_groups: defaultGroups.map(({ id }) => id),
  signature_algorithms: defaultSignatureSchemes.map(({ id }) => id),
};

function read(changes: Partial<ClientHello> = {}, extensions: Known = everything): ClientOffer {
  return readClientHello({
    clientVersion: 0x0303,
    random: new Uint8Array(32),
    sessionId: new Uint8Array(0),
    cipherSuites: defaultCipherSuites.map(({ id }) => id),
    compressionMethods: [0],
    extensions: writeExtensions('client', extensions),
    ...changes,
  });
}

const refusal = (reason: string, message: string) =>
  expect.objectContaining({ reason, message: expect.stringContaining(message) });

describe('a hello is read', () => {
  test('with nothing in it but a suite', () => {
    const offer = read({ extensions: undefined });
    expect(offer).toMatchObject({
      serverName: undefined,
      secureRenegotiation: false,
      extendedMasterSecret: false,
      statusRequest: false,
      info: { serverName: undefined, alpnProtocols: [], signatureSchemes: [], groups: [] },
    });
    expect(Object.isFrozen(offer.info)).toBe(true);
  });

  test('with what it lists, in its order', () => {
    const lists = {
      supported_groups: [0x7a7a, 24, 29],
      signature_algorithms: [0x0807, 0x0403],
      application_layer_protocol_negotiation: [latin1('h2'), latin1('\xe9')],
    };
    expect(read({}, lists).info).toEqual({
      serverName: undefined,
      alpnProtocols: ['h2', '\xe9'],
      cipherSuites: defaultCipherSuites.map(({ id }) => id),
      signatureSchemes: [0x0807, 0x0403],
      groups: [0x7a7a, 24, 29],
    });
  });

  test('secure renegotiation is asked for by the extension or by the signalling value (RFC 5746 §3.3)', () => {
    const suites = defaultCipherSuites.map(({ id }) => id);
    expect(read({}, {}).secureRenegotiation).toBe(false);
    expect(read({}, { renegotiation_info: new Uint8Array(0) }).secureRenegotiation).toBe(true);
    expect(read({ cipherSuites: [...suites, 0x00ff] }, {}).secureRenegotiation).toBe(true);
  });

  test('a name is of a host, in lower case, of 255 ASCII characters at most (RFC 6066 §3)', () => {
    const named = (name: Uint8Array, nameType = 0) =>
      read({}, { server_name: [{ nameType, hostName: name }] }).serverName;
    expect(named(utf8('WWW.Site.Example'))).toBe('www.site.example');
    expect(named(utf8('!'))).toBe('!');
    expect(named(utf8('~'))).toBe('~');
    expect(named(utf8('a'.repeat(255)))).toHaveLength(255);
    const wrong = refusal('illegal-parameter', 'at most 255 ASCII characters');
    for (const name of [
      utf8('a'.repeat(256)),
      utf8('a b'),
      Uint8Array.of(0x61, 0x7f),
      utf8('é'),
      utf8('a\n'),
    ])
      expect(() => named(name)).toThrow(wrong);
    expect(() => named(utf8('a'), 1)).toThrow(refusal('malformed', 'got type 1'));
    const two = ['a', 'b'].map((name) => ({ nameType: 0, hostName: utf8(name) }));
    expect(() => read({}, { server_name: two })).toThrow(refusal('malformed', 'got 2'));
  });

  test('a status is asked for by the type ocsp, and any other is none that can be given (RFC 6066 §8)', () => {
    const asks = (statusType: number, request: Uint8Array) =>
      read({}, { status_request: { statusType, request } }).statusRequest;
    expect(asks(1, new Uint8Array(4))).toBe(true);
    expect(asks(2, Uint8Array.of(1, 2, 3))).toBe(false);
    expect(() => asks(1, new Uint8Array(3))).toThrow(refusal('malformed', 'OCSPStatusRequest'));
  });

  test('TLS 1.2 is offered by the version, or by the list that takes its place (RFC 8446 §4.2.1)', () => {
    const offers = (clientVersion: number, supported_versions?: number[]) => {
      try {
        return (
          read({ clientVersion }, supported_versions === undefined ? {} : { supported_versions }) !==
          undefined
        );
      } catch (error) {
        expect(error).toEqual(
          refusal(
            'protocol-version',
            clientVersion > 0x0300 && supported_versions !== undefined
              ? 'supported_versions without it'
              : `0x${clientVersion.toString(16).padStart(4, '0')}`,
          ),
        );
        return false;
      }
    };
    for (const version of [0x0303, 0x0304, 0x7f00]) expect(offers(version)).toBe(true);
    for (const version of [0x0002, 0x0300, 0x0301, 0x0302]) expect(offers(version)).toBe(false);
    expect(offers(0x0303, [0x0304])).toBe(false);
    expect(offers(0x0303, [0x0304, 0x0303])).toBe(true);
    expect(offers(0x0301, [0x0303])).toBe(true);
    expect(offers(0x0300, [0x0303])).toBe(false);
  });

  test('a fallback is told as one, where it is to a version below ours (RFC 7507 §3)', () => {
    const cipherSuites = [0xc02b, 0x5600];
    expect(() => read({ clientVersion: 0x0302, cipherSuites })).toThrow(
      refusal('inappropriate-fallback', 'fell back'),
    );
    expect(() => read({ clientVersion: 0x0303, cipherSuites })).not.toThrow();
  });

  test('an ID is looked up where it has 32 bytes and no ticket stands beside it (rules S1, S7)', () => {
    const id = new Uint8Array(32).fill(5);
    expect(offeredSessionId(read({ sessionId: id }))).toEqual(id);
    expect(offeredSessionId(read({ sessionId: id }, { session_ticket: new Uint8Array(0) }))).toEqual(id);
    expect(offeredSessionId(read({ sessionId: id }, { session_ticket: Uint8Array.of(1) }))).toBeUndefined();
    for (let length = 0; length < 32; length++) {
      expect(offeredSessionId(read({ sessionId: id.slice(0, length) }))).toBeUndefined();
    }
  });
});

describe('the group', () => {
  const chosen = (groups: number[] | undefined, ours = defaultGroups) =>
    chooseGroup(read({}, groups === undefined ? {} : { supported_groups: groups }), ours).name;

  test('is the first of the server’s that the client lists', () => {
    fc.assert(
      fc.property(fc.subarray([29, 23, 24, 25, 0x7a7a], { minLength: 1 }), (offered) => {
        const first = defaultGroups.find(({ id }) => offered.includes(id));
        if (first !== undefined) expect(chosen(offered)).toBe(first.name);
        else expect(() => chosen(offered)).toThrow(refusal('no-common-group', 'x25519'));
      }),
    );
  });

  test('is secp256r1 for a client that lists none, or the first where the server lacks that (RFC 8422 §4)', () => {
    expect(chosen(undefined)).toBe('secp256r1');
    expect(chosen(undefined, [x25519, secp256r1])).toBe('secp256r1');
    expect(chosen(undefined, [secp384r1, x25519])).toBe('secp384r1');
  });
});

describe('the application protocol (RFC 7301 §3.2)', () => {
  const chosen = (offered: string[], ours: string[]) =>
    chooseApplicationProtocol(
      read({}, offered.length === 0 ? {} : { application_layer_protocol_negotiation: offered.map(latin1) }),
      ours,
    );

  test('is the first of the server’s that the client offers', () => {
    expect(chosen(['http/1.1', 'h2'], ['h2', 'http/1.1'])).toBe('h2');
    expect(chosen(['http/1.1'], ['h2', 'http/1.1'])).toBe('http/1.1');
  });

  test('is none where either side has no wish', () => {
    expect(chosen([], ['h2'])).toBeUndefined();
    expect(chosen(['h2'], [])).toBeUndefined();
    expect(chosen([], [])).toBeUndefined();
  });

  test('is refused where both have wishes and none in common', () => {
    expect(() => chosen(['h3'], ['h2', 'http/1.1'])).toThrow(
      refusal('no-common-application-protocol', 'expected one of "h2", "http/1.1", got "h3"'),
    );
  });
});

describe('the suite', () => {
  const credential = (type: 'ecdsa' | 'rsa' | 'ed25519', schemes: readonly SignatureScheme[]): Credential =>
    ({
      publicKey: type === 'ecdsa' ? { type, curve: 'secp256r1' } : { type },
      schemes,
      chainSchemes: [0x0403],
    }) as unknown as Credential;
  const ecdsa = credential('ecdsa', [ecdsa_secp256r1_sha256]);
  const rsa = credential('rsa', [rsa_pss_rsae_sha256, rsa_pkcs1_sha256]);
  const edwards = credential('ed25519', [ed25519]);
  const named = (part: string) => defaultCipherSuites.filter(({ name }) => name.includes(part));
  const ids = (suites: readonly CipherSuite[]) => suites.map(({ id }) => id);
  const [chaCha, aes128, aes256] = [named('CHACHA20'), named('AES_128'), named('AES_256')];

  function choose(
    offered: readonly number[],
    ours: readonly CipherSuite[] = defaultCipherSuites,
    credentials: readonly Credential[] = [ecdsa, rsa],
    extensions: Known = everything,
  ) {
    const parameters = {
      cipherSuites: ours,
      signatureSchemes: defaultSignatureSchemes,
    } as unknown as ServerParameters;
    const { suite, credential, scheme } = chooseCipherSuite(
      read({ cipherSuites: [...offered] }, extensions),
      credentials,
      parameters,
    );
    return { suite: suite.name, key: credential.publicKey.type, scheme: scheme.name };
  }

  test('is the first of the server’s that the client offers, whatever the client would rather have', () => {
    const ours = [...aes256, ...aes128, ...chaCha];
    fc.assert(
      fc.property(fc.shuffledSubarray(ids([...aes128, ...aes256]), { minLength: 1 }), (offered) => {
        const first = ours.find(({ id }) => offered.includes(id));
        expect(choose(offered, ours).suite).toBe(first?.name);
      }),
    );
  });

  test('is one with ChaCha20 where that is the client’s first of those that both have', () => {
    const ours = [...aes128, ...chaCha];
    const [first] = ids(chaCha);
    expect(choose([...ids(chaCha), ...ids(aes128)], ours).suite).toContain('CHACHA20');
    // What only the client knows does not count: GREASE, TLS 1.3, another suite with AES.
    expect(choose([0x7a7a, 0x1301, ...ids(aes256), first ?? 0, ...ids(aes128)], ours).suite).toContain(
      'CHACHA20',
    );
    expect(choose([...ids(aes128), ...ids(chaCha)], ours).suite).toContain('AES_128');
    // Among those with ChaCha20, and among the others, the server’s order stays.
    expect(choose([...ids(chaCha)].reverse().concat(ids(aes128)), ours).suite).toBe(chaCha[0]?.name);
  });

  test('goes with a certificate of its kind, and a scheme that its key can make', () => {
    expect(choose(ids(aes128))).toEqual({
      suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      key: 'ecdsa',
      scheme: 'ecdsa_secp256r1_sha256',
    });
    expect(choose(ids(aes128), defaultCipherSuites, [rsa])).toEqual({
      suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      key: 'rsa',
      scheme: 'rsa_pss_rsae_sha256',
    });
    expect(choose(ids(aes128), defaultCipherSuites, [edwards])).toMatchObject({
      key: 'ed25519',
      scheme: 'ed25519',
    });
  });

  test('is another where the client’s curves or schemes leave the first no certificate (RFC 8422 §5.1)', () => {
    const without = (change: Known) =>
      choose(ids(aes128), defaultCipherSuites, [ecdsa, rsa], { ...everything, ...change });
    expect(without({ supported_groups: [29] }).key).toBe('rsa');
    expect(without({ signature_algorithms: [0x0401] })).toMatchObject({
      key: 'rsa',
      scheme: 'rsa_pkcs1_sha256',
    });
    const { supported_groups: _, ...unlisted } = everything;
    expect(choose(ids(aes128), defaultCipherSuites, [ecdsa, rsa], unlisted).key).toBe('ecdsa');
  });

  test('is refused where no suite, or no scheme, is common', () => {
    expect(() => choose([0x1301, 0x002f])).toThrow(
      refusal(
        'no-common-cipher-suite',
        `expected one of ${defaultCipherSuites.map(({ name }) => name).join(', ')}`,
      ),
    );
    expect(() =>
      choose(ids(aes128), defaultCipherSuites, [ecdsa, rsa], { signature_algorithms: [0x0201] }),
    ).toThrow(refusal('no-common-signature-scheme', '(ecdsa, rsa)'));
    const { signature_algorithms: _, ...silent } = everything;
    expect(() => choose(ids(aes128), defaultCipherSuites, [ecdsa], silent)).toThrow(
      refusal('no-common-signature-scheme', '(ecdsa)'),
    );
  });

  test('is refused for what the certificates lack that it would suit: a suite, or else a curve, or else a scheme', () => {
    const refused =
      (suites: readonly CipherSuite[], credentials: readonly Credential[], change: Known) => () =>
        choose(ids(suites), defaultCipherSuites, credentials, { ...everything, ...change });
    const forEcdsa = named('ECDSA');
    const x25519Only = { supported_groups: [29] };
    expect(refused(forEcdsa, [rsa], {})).toThrow(
      refusal('no-common-cipher-suite', 'expected a suite for one of our certificates (rsa)'),
    );
    expect(refused(aes128, [ecdsa], x25519Only)).toThrow(refusal('no-common-group', 'got groups 29'));
    // No suite is for the RSA key here, so that its having no curve does not count.
    expect(refused(forEcdsa, [ecdsa, rsa], x25519Only)).toThrow(refusal('no-common-group', '(ecdsa, rsa)'));
    expect(refused(aes128, [ecdsa, rsa], { ...x25519Only, signature_algorithms: [0x0403] })).toThrow(
      refusal('no-common-signature-scheme', '(ecdsa, rsa)'),
    );
  });

  test('a certificate whose chain is signed with what the client lists goes before others (RFC 5246 §7.4.2)', () => {
    const signed = (chainSchemes: (number | undefined)[]): Credential =>
      ({ ...ecdsa, chainSchemes, digest: chainSchemes }) as unknown as Credential;
    const [fits, unfit, unnumbered] = [
      signed([0x0403, 0x0804]),
      signed([0x0403, 0x0201]),
      signed([0x0403, undefined]),
    ];
    const shown = (credentials: Credential[]) =>
      chooseCipherSuite(read(), credentials, {
        cipherSuites: defaultCipherSuites,
        signatureSchemes: defaultSignatureSchemes,
      } as unknown as ServerParameters).credential;
    expect(shown([unfit, unnumbered, fits])).toBe(fits);
    expect(shown([unnumbered, unfit])).toBe(unnumbered);
  });
});

describe('extensions', () => {
  const parameters = { recordSizeLimit: 4096 } as unknown as ServerParameters;

  test('are answered where they were asked for, and nothing else is (RFC 5246 §7.4.1.4)', () => {
    expect(answerExtensions(read({}, {}), undefined, parameters)).toEqual({});
    expect(answerExtensions(read({}, { ...everything, record_size_limit: 64 }), 'h2', parameters)).toEqual({
      extended_master_secret: {},
      renegotiation_info: new Uint8Array(0),
      application_layer_protocol_negotiation: [latin1('h2')],
      record_size_limit: 4096,
    });
  });

  test('in full are those of the hello: point formats too only where it has them (RFC 5246 §7.4.1.4)', async () => {
    const answered = async (ec_point_formats: number[] | undefined) => {
      const { result } = await playClient(serverConfig(), (client) =>
        client.greet(undefined, { extensions: { ec_point_formats } }),
      );
      return result.extensions.ec_point_formats;
    };
    expect(await answered([0])).toEqual([0]);
    expect(await answered(undefined)).toBeUndefined();
  });

  test('that a client asked for are those that it sent, but for signature_algorithms (RFC 5246 §7.4.1.4.1)', () => {
    const offerable = {
      cipherSuites: defaultCipherSuites,
      groups: defaultGroups,
      signatureSchemes: defaultSignatureSchemes,
      alpnProtocols: [],
      recordSizeLimit: 4096,
    };
    const { extensions = [], asked } = makeOfferings(offerable, {}, 'site.test');
    const sent = extensions.map(({ extensionType }) => extensionType);
    expect(sent).toContain(13);
    expect([...asked]).toEqual(sent.filter((type) => type !== 13));
  });

  test('are no list at all where there are none, for those who know no empty one', () => {
    expect(writeExtensions('server', {})).toBeUndefined();
  });

  test('of a server are refused where they were not asked for, known or not', () => {
    const list: Extension[] = [{ extensionType: 0x5a5a, extensionData: new Uint8Array(0) }];
    expect(() => readServerExtensions(list, new Set())).toThrow(
      refusal('unsupported-extension', 'got extension 23130'),
    );
    expect(readServerExtensions(list, new Set([0x5a5a]))).toEqual({});
    expect(readServerExtensions(undefined, new Set())).toEqual({});
  });
});

describe('a transcript', () => {
  const [first, second] = [utf8('first'), utf8('second')];

  test('hashes all messages, those too that came before the hash was known', () => {
    const transcript = new Transcript();
    transcript.add(first);
    transcript.hashWith(sha256, { messages: false });
    expect(transcript.digest()).toEqual(sha256.digest(first));
    transcript.add(second);
    expect(transcript.digest()).toEqual(sha256.digest(concat(first, second)));
    expect(transcript.digest()).toEqual(sha256.digest(concat(first, second)));
  });

  test('keeps the messages where it is told to, until it is told to forget them', () => {
    const transcript = new Transcript();
    transcript.add(first);
    transcript.hashWith(sha256, { messages: true });
    transcript.add(second);
    expect(transcript.messages()).toEqual(concat(first, second));
    transcript.forgetMessages();
    expect(() => transcript.messages()).toThrow(TypeError);
    expect(transcript.digest()).toEqual(sha256.digest(concat(first, second)));
  });

  test('has no hash before it is known, and no messages that it did not keep', () => {
    const transcript = new Transcript();
    transcript.add(first);
    expect(() => transcript.digest()).toThrow(TypeError);
    transcript.hashWith(sha256, { messages: false });
    expect(() => transcript.messages()).toThrow(TypeError);
  });
});
