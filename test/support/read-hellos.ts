/** Hellos as the core reads them whole, in the words of those who read them in passing. */

import type { PeekedClientHello, PeekedServerHello } from 'reprise-tls/persistence';
import { readClientExtensions, readServerExtensions } from '../../src/handshake/extensions.ts';
import { readClientHello } from '../../src/handshake/hello.ts';
import { ClientHello, type Extension, ServerHello } from '../../src/handshake/messages.ts';
import { fromLatin1 } from '../../src/wire/bytes.ts';
import { decode } from '../../src/wire/codec.ts';
import { readTypes } from './hellos.ts';
import { samples } from './scripted/messages.ts';

/** What a server reads of the body. @throws TlsError where it refuses that */
export function clientHelloIn(body: Uint8Array): PeekedClientHello {
  const hello = decode(ClientHello, body, 'ClientHello');
  const read = hello.extensions?.filter(({ extensionType }) => readTypes.includes(extensionType));
  const known = readClientExtensions(read);
  return {
    status: 'hello',
    clientVersion: hello.clientVersion,
    supportedVersions: known.supported_versions,
    sessionId: hello.sessionId,
    serverName: serverNameOf(read),
    alpnProtocols: (known.application_layer_protocol_negotiation ?? []).map(fromLatin1),
  };
}

/** By the server's own judgement of a hello that has nothing else that could be judged. */
function serverNameOf(extensions: readonly Extension[] | undefined): string | undefined {
  const [name] = extensions?.filter(({ extensionType }) => extensionType === 0) ?? [];
  const hello = { ...samples.ClientHello, extensions: name && [name] };
  return readClientHello(hello).serverName;
}

/** What a client reads of the body, or undefined where it refuses that. @throws TlsError where the core does */
export function serverHelloIn(body: Uint8Array): PeekedServerHello | undefined {
  const hello = decode(ServerHello, body, 'ServerHello');
  const read = hello.extensions?.filter(({ extensionType }) => readTypes.slice(1).includes(extensionType));
  const known = readServerExtensions(read, new Set(readTypes));
  // Here the core reads less: it knows no TLS 1.3, and leaves the number of protocols to those who offered some.
  const [high, low, ...more] = known.supported_versions ?? [];
  if (known.supported_versions && (low === undefined || more.length > 0)) return undefined;
  const protocols = known.application_layer_protocol_negotiation?.map(fromLatin1) ?? [];
  if (protocols.length > 1) return undefined;
  return {
    status: 'hello',
    selectedVersion: high !== undefined && low !== undefined ? (high << 8) | low : hello.serverVersion,
    sessionId: hello.sessionId,
    cipherSuite: hello.cipherSuite,
    alpnProtocol: protocols[0],
  };
}
