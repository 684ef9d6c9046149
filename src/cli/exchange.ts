/**
 * Exchange: standard input goes to the server, and what it replies to standard output.
 *
 * The end of the input does not end the connection, or the reply to `echo … | reprise connect …` would be lost, as it is
 * with other programs; nor is it told by close_notify, at which many servers hang up. It is waited for the server to end
 * it, or to have been silent for a while.
 */

import { fstatSync } from 'node:fs';
import process from 'node:process';
import type { TlsSocket } from '../node/index.ts';
import { ended } from './dial.ts';

export interface Exchanged {
  /** Milliseconds from the end of the handshake to the first byte of application data; undefined where none came. */
  readonly firstByte: number | undefined;
  readonly received: number;
  /** How the connection ended, where that was not in order. */
  readonly error: Error | undefined;
}

export interface ExchangeOptions {
  /** How long the server may be silent once the input has ended, milliseconds. */
  readonly wait: number;
  /** Gets what comes. False: no more for now, until `drain` of standard output. */
  receive(bytes: Uint8Array): boolean;
}

/** Whether something stands on standard input that was meant for the server: a pipe or a file, and no terminal. */
export function inputIsPiped(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    return false; // It is closed.
  }
}

export async function exchange(socket: TlsSocket, { wait, receive }: ExchangeOptions): Promise<Exchanged> {
  const start = performance.now();
  const { stdin, stdout } = process;
  let firstByte: number | undefined;
  let received = 0;
  let silence: NodeJS.Timeout | undefined;
  const goOn = () => socket.resume();
  const hangUp = () => socket.destroySoon();
  stdout.on('drain', goOn).on('error', hangUp); // Whoever reads may have had enough.
  socket.on('data', (bytes: Uint8Array) => {
    firstByte ??= performance.now() - start;
    received += bytes.length;
    silence?.refresh();
    if (!receive(bytes)) socket.pause();
  });
  stdin.pipe(socket, { end: false });
  stdin.once('end', () => {
    silence = setTimeout(hangUp, wait);
  });
  const error = await ended(socket);
  clearTimeout(silence);
  stdin.unpipe(socket);
  stdin.destroy();
  stdout.off('drain', goOn).off('error', hangUp);
  return { firstByte, received, error };
}
