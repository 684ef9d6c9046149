/**
 * A pair of streams in memory that behave as a network does: a write is done when it is read at the other side, so that
 * both ends buffer no more than their marks; and one side that is gone has ended for the other, which may write on into
 * the void.
 */

import { Duplex } from 'node:stream';

export interface Streams {
  readonly client: Duplex;
  readonly server: Duplex;
}

export function streams(highWaterMark?: number): Streams {
  const options = { allowHalfOpen: true, ...(highWaterMark === undefined ? {} : { highWaterMark }) };
  const client = new Side(options);
  const server = new Side(options);
  client.peer = server;
  server.peer = client;
  return { client, server };
}

class Side extends Duplex {
  peer: Side | undefined;
  /** Called when this side has read what the other wrote. */
  #written: (() => void) | undefined;

  override _read(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.peer === undefined || this.peer.destroyed) done();
    else this.peer.receive(bytes, done);
  }

  override _final(done: () => void): void {
    this.#hangUp();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read();
    this.#hangUp();
    done(error);
  }

  receive(bytes: Buffer, done: () => void): void {
    this.#written = done;
    this.push(bytes);
  }

  #hangUp(): void {
    if (this.peer !== undefined && !this.peer.destroyed) this.peer.push(null);
  }
}
