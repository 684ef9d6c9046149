/** What a server says of a ClientHello that it cannot answer. */

import { describe, expect, test } from 'vitest';
import { writeExtensions } from '../../src/handshake/extensions.ts';
import { readClientHello } from '../../src/handshake/hello.ts';
import { TLS_1_2 } from '../../src/record/content.ts';
import { empty } from '../../src/wire/bytes.ts';

describe('a ClientHello without an offer of TLS 1.2', () => {
  const hello = {
    random: new Uint8Array(32),
    sessionId: empty,
    cipherSuites: [0xc02b],
    compressionMethods: [0],
  };

  test.each([
    ['by its version (RFC 5246 Appendix E.1)', 0x0302, undefined, 'version 0x0302 at most'],
    ['by its list of versions (RFC 8446 §4.2.1)', TLS_1_2, [0x0304, 0x0302], 'supported_versions without it'],
  ])('is refused, and the server says that it lacks it %s', (_, clientVersion, versions, got) => {
    const extensions = versions && writeExtensions('client', { supported_versions: versions });
    expect(() => readClientHello({ ...hello, clientVersion, extensions })).toThrow(
      expect.objectContaining({
        reason: 'protocol-version',
        alert: 'protocol_version',
        message: `expected an offer of TLS 1.2, got ${got}`,
      }),
    );
  });
});
