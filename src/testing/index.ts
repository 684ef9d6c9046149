/**
 * `reprise-tls/testing`: what tests of TLS are built from. Arbitraries come from the declarations of the messages, so
 * these and what reads and writes them stand here too; and for those who write a SessionStore, the suite that it has to
 * pass. It needs fast-check, which the rest of Reprise does not.
 */

export { extensions } from '../handshake/extensions.ts';
export { Handshake, handshakeMessages } from '../handshake/messages.ts';
export {
  type Codec,
  decode,
  encode,
  type Infer,
  opaque,
  opaqueVector,
  optional,
  rest,
  struct,
  uint8,
  uint16,
  uint24,
  uint32,
  uint48,
  vector,
} from '../wire/codec.ts';
export { type Field, layout } from '../wire/layout.ts';
export type { Shape } from '../wire/shape.ts';
export { arbitrary } from './arbitrary.ts';
export type { MakeSessionStore, StoreTerms } from './session-store/stage.ts';
export { describeSessionStore, type SessionStoreOptions, type TestFunctions } from './session-store.ts';
