/**
 * A message in a few words, for whoever looks at the flow and not at the fields.
 */

import { counted } from './about.ts';
import type { Leaf } from './fields.ts';

type Find = (suffix: string) => Leaf | undefined;

/** `holds` is what is known of a Finished. Undefined where the name says it all. */
export function summaryOf(name: string, leaves: readonly Leaf[], holds?: boolean): string | undefined {
  if (name === 'Finished') return holds === true ? 'verify_data holds' : undefined;
  const parts = summaries[name]?.((suffix) => leaves.find(({ path }) => path.endsWith(suffix)));
  const said = parts?.filter((part) => part !== undefined) ?? [];
  return said.length === 0 ? undefined : said.join(', ');
}

const summaries: Readonly<Record<string, (find: Find) => readonly (string | undefined)[]>> = {
  ClientHello: (find) => [
    find('.server_name[0].hostName')?.meaning,
    hasBytes(find('.sessionId')) ? 'offers a session' : undefined,
  ],
  ServerHello: (find) => [
    find('.cipherSuite')?.meaning,
    hasBytes(find('.sessionId')) ? undefined : 'no session ID',
  ],
  Certificate: (find) => [
    find('.certificateList[0]') === undefined
      ? 'empty'
      : find('.certificateList[0]')?.meaning?.split(', issued by ')[0],
  ],
  ServerKeyExchange: (find) => [find('.namedCurve')?.meaning, find('.algorithm')?.meaning],
  CertificateVerify: (find) => [find('.algorithm')?.meaning],
  NewSessionTicket: (find) => [find('.ticketLifetimeHint')?.meaning],
  Alert: (find) => [
    [find('.level')?.meaning, find('.description')?.meaning].filter(Boolean).join(' ') || undefined,
  ],
  ApplicationData: (find) => [bytesOf(find('.data')), find('.data')?.meaning],
};

function hasBytes(leaf: Leaf | undefined): boolean {
  return leaf !== undefined && leaf.end > leaf.start;
}

function bytesOf(leaf: Leaf | undefined): string | undefined {
  return leaf === undefined ? undefined : counted(leaf.end - leaf.start, 'byte');
}
