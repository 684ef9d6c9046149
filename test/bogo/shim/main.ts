/**
 * The shim: what BoringSSL's test runner starts for each test, with flags, to speak TLS over a connection to the runner.
 * It exits with 0 where all went well; with 1 where the connection failed, which a test may want; with 90 where it did not,
 * but is other than the flags expect, which none wants; and with 89 where it is asked for what it does not implement.
 */

import { TlsError } from 'reprise-tls';
import { exchange } from './exchange.ts';
import { Unexpected } from './expectations.ts';
import { readArguments, Unimplemented } from './flags.ts';
import { newMemory } from './stage.ts';

async function main(words: readonly string[]): Promise<void> {
  const { initial, resume } = readArguments(words);
  if (initial['is-handshaker-supported']) {
    console.log('No');
    return;
  }
  const memory = newMemory();
  await exchange(initial, memory, false);
  for (let count = 0; count < (initial['resume-count'] ?? 0); count++) {
    memory.delay += (count === 0 ? initial : resume)['resumption-delay'] ?? 0;
    await exchange(resume, memory, true);
  }
}

function exitCode(error: unknown): number {
  if (error instanceof Unimplemented) return 89;
  return error instanceof Unexpected ? 90 : 1;
}

/** BoringSSL has one name for an extension that is out of form and one that says what it must not. */
const misread = 'refused with decode_error or illegal_parameter';

/** What the runner looks for in standard error, by its ErrorMap: the cause and the alert, by their names. */
function describe(error: unknown): string {
  if (error instanceof Unimplemented) return `unimplemented: ${error.message}`;
  if (!(error instanceof TlsError))
    return `failed: ${error instanceof Error ? error.message : String(error)}`;
  const { reason, alert, origin, message, cause } = error;
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  const lines = [`ended by ${reason}: ${message}${why}`];
  if (alert !== undefined) lines.push(`alert ${origin}: ${alert}`);
  if (origin === 'sent' && (alert === 'decode_error' || alert === 'illegal_parameter')) lines.push(misread);
  return lines.join('\n');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(describe(error));
  process.exitCode = exitCode(error);
}
