/** store-key.json: the key that a session is stored under. */

import { digest } from '../../test/support/tls-reference.ts';
import { bytes, fromHex, hex, text, vector } from './bytes.ts';
import { computed, type File } from './file.ts';

export const storeKey: File = {
  path: 'store-key.json',
  schema: 'store-key',
  source: computed,
  content: () => ({
    vectors: [
      ...[1, 2, 31, 32].map((length) => bytes(`session_id ${length}`, length)),
      new Uint8Array(32),
      new Uint8Array(32).fill(0xff),
    ].map((sessionId) => {
      const input = vector(1, text('reprise session id')) + vector(1, hex(sessionId));
      return { session_id: hex(sessionId), input, key: hex(digest('SHA-256', fromHex(input))) };
    }),
  }),
};
