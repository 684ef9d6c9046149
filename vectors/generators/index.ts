/** All files of known answers that are made here. */

import type { File } from './file.ts';
import { handshakes } from './handshakes.ts';
import { hellos } from './hellos.ts';
import { exporter, finished, keyBlock, masterSecret } from './key-schedule.ts';
import { openssl } from './openssl.ts';
import { prf } from './prf.ts';
import { records } from './records.ts';
import { refusals } from './refusals.ts';
import { sessionState } from './session-state.ts';
import { storeKey } from './store-key.ts';

export const files: readonly File[] = [
  prf,
  masterSecret,
  keyBlock,
  finished,
  exporter,
  records,
  hellos,
  sessionState,
  storeKey,
  refusals,
  ...handshakes,
  ...openssl,
];
