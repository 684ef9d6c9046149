/**
 * Shape: a declaration as data, what the presentation language of RFC 5246 §4 says of it. It is what the layout and
 * the arbitraries walk, and what tells whether a declaration can be read back at all.
 */

import type { Codec } from './codec.ts';

export type Shape =
  | { readonly kind: 'uint'; readonly length: number }
  | { readonly kind: 'opaque'; readonly length: number }
  | { readonly kind: 'opaqueVector'; readonly min: number; readonly max: number }
  | { readonly kind: 'vector'; readonly element: Codec<unknown>; readonly min: number; readonly max: number }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Codec<unknown>>> }
  | { readonly kind: 'optional'; readonly inner: Codec<unknown> }
  | { readonly kind: 'rest' };

/** The bytes that a vector's length field takes: as many as its ceiling needs (RFC 5246 §4.3). */
export function lengthOfLength(max: number): number {
  if (max < 0x100) return 1;
  if (max < 0x10000) return 2;
  return 3;
}

/** Whether a value can take no bytes at all. */
export function mayBeEmpty(shape: Shape): boolean {
  if (shape.kind === 'struct') return Object.values(shape.fields).every((field) => mayBeEmpty(field.shape));
  if (shape.kind === 'opaque') return shape.length === 0;
  return shape.kind === 'optional' || shape.kind === 'rest';
}

/** Whether a value ends only where the bytes end, so that nothing can stand behind it. */
export function isOpen(shape: Shape): boolean {
  if (shape.kind === 'struct') return Object.values(shape.fields).some((field) => isOpen(field.shape));
  return shape.kind === 'optional' || shape.kind === 'rest';
}
