/** What a known difference between the two servers is, and the kinds of which there are several. */

import type { ClientHello } from '../../src/handshake/messages.ts';
import { has } from './hellos.ts';
import type { Chosen, Verdict } from './verdict.ts';

/** What both were asked, and how they answered. */
export interface Found {
  readonly bytes: Uint8Array;
  /** Undefined where the bytes hold no ClientHello in its form. */
  readonly hello: ClientHello | undefined;
  readonly reprise: Verdict;
  readonly openSsl: Verdict;
}

/** OpenSSL's verdict without the difference, or the hello without it. */
export type Settled = { readonly openSsl: Verdict } | { readonly ask: ClientHello };

export interface Difference {
  readonly name: string;
  readonly because: string;
  /** The version of OpenSSL, major and minor, in which it is gone; absent: it is in all that are known. */
  readonly until?: string;
  /** Bytes of a client that show it. */
  readonly example: Uint8Array;
  /** Undefined where it is not this difference that was found. */
  settle(found: Found): Settled | undefined;
}

export function refused(verdict: Verdict, alert: string, why: RegExp): boolean {
  return verdict.answer === 'refused' && verdict.alert === alert && why.test(verdict.why);
}

export function answering(verdict: Chosen, type: number, data: string): Chosen {
  return { ...verdict, extensions: { ...verdict.extensions, [type]: data } };
}

/** Reprise answers an extension of the hello, as it must, and OpenSSL leaves it out. */
export function addedExtension(type: number, data: string): Difference['settle'] {
  return ({ hello, reprise, openSsl }) => {
    if (reprise.answer !== 'chosen' || openSsl.answer !== 'chosen' || !has(hello, type)) return undefined;
    const added = reprise.extensions[type] === data && openSsl.extensions[type] === undefined;
    return added ? { openSsl: answering(openSsl, type, data) } : undefined;
  };
}

interface SameFault extends Omit<Difference, 'settle'> {
  readonly reprise: readonly [alert: string, why: RegExp];
  readonly openSsl: readonly [alert: string, why: RegExp];
}

/** Both found the same fault, and have two alerts for it. */
export function sameFault({ reprise: ours, openSsl: theirs, ...difference }: SameFault): Difference {
  return {
    ...difference,
    settle: ({ reprise, openSsl }) =>
      refused(reprise, ...ours) && refused(openSsl, ...theirs) ? { openSsl: reprise } : undefined,
  };
}

interface Stricter extends Omit<Difference, 'settle'> {
  readonly alert: string;
  readonly why: RegExp;
}

/** Reprise refuses what OpenSSL does not look at. */
export function stricterThan({ name, because, example, alert, why }: Stricter): Difference {
  return {
    name,
    because,
    example,
    settle: ({ reprise, openSsl }) =>
      refused(reprise, alert, why) && openSsl.answer === 'chosen' ? { openSsl: reprise } : undefined,
  };
}
