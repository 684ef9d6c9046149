/**
 * One connection to the runner: the handshake, what is written behind it, and then all that is read sent back, each
 * byte inverted, until the runner is done.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  ClientConnection,
  type ConnectionHandlers,
  type ConnectionInfo,
  type FalseStartInfo,
  ServerConnection,
  type TlsError,
} from 'reprise-tls';
import { clientConfig, serverConfig } from './configuration.ts';
import { checkHandshake } from './expectations.ts';
import type { Flags } from './flags.ts';
import type { Memory, Stage } from './stage.ts';

/** What `-shim-writes-first` writes. */
const greeting = Buffer.from('hello');

/** What `-write-different-record-sizes` writes, one after the other: lengths about those of records. */
const differentSizes = [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769];

/** @throws whatever the connection ends with, and Unexpected where it is not as the flags expect */
export async function exchange(flags: Flags, memory: Memory, isResumption: boolean): Promise<void> {
  const abort = (cause: Error) => tls.abort(cause);
  const stage: Stage = { flags, memory, sightings: {}, isResumption, abort };
  const outcome: { failure?: unknown; info?: ConnectionInfo } = {};
  let socket: Socket | undefined;
  let hasOpened = false;
  const open = () => {
    if (hasOpened) return;
    hasOpened = true;
    for (const bytes of openingWrites(flags, tls)) tls.write(bytes);
    if (flags['shim-shuts-down']) tls.close();
  };
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      outcome.failure ??= error;
      tls.abort(error);
    }
  };
  const handlers: ConnectionHandlers = {
    send: (bytes) => socket?.write(bytes),
    falseStart: (info) => {
      if (startsEarly(info, flags)) attempt(open);
    },
    secure: (info) => {
      outcome.info = info;
      attempt(() => {
        checkHandshake(stage, info);
        open();
      });
    },
    data: (bytes) => {
      if (flags['shim-shuts-down']) return;
      for (const piece of pieces(bytes, flags['read-size'] ?? 512))
        tls.write(piece.map((byte) => byte ^ 0xff));
    },
    close: (error) => {
      if (!isOrderly(error, flags)) outcome.failure ??= error;
      socket?.end();
    },
  };
  const tls = flags.server
    ? new ServerConnection(serverConfig(stage), handlers)
    : new ClientConnection(clientConfig(stage), handlers);

  if (flags['max-send-fragment'] !== undefined) tls.setMaxSendFragment(flags['max-send-fragment']);
  socket = await connectToRunner(flags);
  if (tls instanceof ClientConnection) tls.start();
  await feedAll(tls, socket, flags);
  if (outcome.failure !== undefined) throw outcome.failure;
  if (outcome.info === undefined) throw new Error('the connection ended before its handshake was done');
}

async function connectToRunner(flags: Flags): Promise<Socket> {
  const socket = connect({ port: flags.port ?? 0, host: flags.ipv6 ? '::1' : '127.0.0.1', noDelay: true });
  socket.on('error', () => {}); // It is told again where the socket is read.
  await once(socket, 'connect');
  const id = new Uint8Array(8);
  new DataView(id.buffer).setBigUint64(0, BigInt(flags['shim-id'] ?? 0), true);
  socket.write(id);
  return socket;
}

/** All that comes until the runner closes the socket: what would be left unread resets it, and takes our alert with it. */
async function feedAll(
  tls: ClientConnection | ServerConnection,
  socket: Socket,
  flags: Flags,
): Promise<void> {
  try {
    for await (const chunk of socket as AsyncIterable<Uint8Array>) {
      for (const piece of flags.async ? pieces(chunk, 1) : [chunk]) await tls.feed(piece);
    }
    tls.feedEnd();
  } catch (error) {
    tls.feedEnd(error);
  }
}

/** As BoringSSL, where the server has chosen a protocol, unless told otherwise; `-handshake-twice` waits for all of it. */
function startsEarly({ alpnProtocol }: FalseStartInfo, flags: Flags): boolean {
  if (flags['handshake-twice']) return false;
  return alpnProtocol !== undefined || flags['allow-false-start-without-alpn'] === true;
}

/** Everything that the shim writes before it reads. */
function* openingWrites(flags: Flags, tls: ClientConnection | ServerConnection): Iterable<Uint8Array> {
  const {
    'export-keying-material': length,
    'export-label': label = '',
    'export-context': context = '',
  } = flags;
  if (length !== undefined) {
    yield tls.exportKeyingMaterial(
      label,
      length,
      flags['use-export-context'] ? Buffer.from(context) : undefined,
    );
  }
  if (flags['tls-unique']) yield tls.channelBinding('tls-unique');
  if (flags['write-different-record-sizes']) {
    for (const size of differentSizes) yield new Uint8Array(size).fill(0x42);
  }
  if (flags['shim-writes-first']) yield greeting;
}

/** Without `-check-close-notify` an end of the transport is as good as a close_notify, once there is a connection. */
function isOrderly(error: TlsError | undefined, flags: Flags): boolean {
  if (error === undefined) return true;
  return error.reason === 'truncated' && error.state === 'established' && !flags['check-close-notify'];
}

function* pieces(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
