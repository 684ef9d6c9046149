/**
 * A pool of one thread that outlives its run. Stryker starts a run of the tests for each mutant, and vitest a thread for
 * each run, which loads all modules anew: that takes ten times as long as the tests that kill a mutant. Every mutant
 * is in the modules already, and which one is on is a variable. So the thread is kept, and is told to start again.
 *
 * A first run, in which Stryker finds out what covers what, has a thread of its own, and so has the run of a mutant that
 * acts while modules load.
 */

import {
  type PoolOptions,
  type PoolRunnerInitializer,
  ThreadsPoolWorker,
  type WorkerRequest,
} from 'vitest/node';

type Listener = (argument: unknown) => void;

/** What vitest keeps to itself, and we need: the thread, and where it says what tests print. */
interface Inner {
  _thread: { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } | undefined;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

let kept: Inner['_thread'];

class LastingThread extends ThreadsPoolWorker {
  override readonly name = 'lasting';
  readonly #lasts: boolean;
  readonly #listeners: [event: string, listener: Listener][] = [];

  constructor(options: PoolOptions) {
    super(options);
    const provided = options.project.getProvidedContext() as { readonly mutantActivation?: string };
    this.#lasts = provided.mutantActivation === 'runtime';
  }

  override on(event: string, listener: Listener): void {
    this.#listeners.push([event, listener]);
    super.on(event, listener);
  }

  override async start(): Promise<void> {
    if (this.#lasts) {
      this.#inner._thread = kept;
      kept = undefined;
    }
    await super.start();
  }

  /** The thread is not told to stop, and vitest is told that it has. */
  override send(message: WorkerRequest): void {
    if (!this.#lasts || message.type !== 'stop') {
      super.send(message);
      return;
    }
    const stopped = { type: 'stopped', __vitest_worker_response__: true };
    const listeners = this.#listeners.filter(([event]) => event === 'message');
    queueMicrotask(() => {
      for (const [, listener] of listeners) listener(stopped);
    });
  }

  override stop(): Promise<void> {
    if (!this.#lasts) return super.stop();
    for (const [event, listener] of this.#listeners) this.off(event, listener);
    const { _thread: thread, stdout, stderr } = this.#inner;
    thread?.stdout.unpipe(stdout);
    thread?.stderr.unpipe(stderr);
    for (const stream of [stdout, stderr]) stream.setMaxListeners(stream.getMaxListeners() - 1);
    kept = thread;
    return Promise.resolve();
  }

  get #inner(): Inner {
    return this as unknown as Inner;
  }
}

export const lastingPool: PoolRunnerInitializer = {
  name: 'lasting',
  createPoolWorker: (options) => new LastingThread(options),
};
