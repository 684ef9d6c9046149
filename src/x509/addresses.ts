/**
 * IP addresses between text and the bytes of an iPAddress (RFC 5280 §4.2.1.6). Text is read as RFC 3986 §3.2.2 writes
 * it, and nothing else: an address that two programs read differently is a way to be taken for another host.
 */

/** 4 or 16 bytes; undefined for what is no address. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes = text.includes(':') ? ipv6(text) : ipv4(text);
  return bytes && Uint8Array.from(bytes);
}

/** The text that RFC 5952 §4 has for IPv6, dotted decimal for IPv4. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: number[] = [];
  for (let i = 0; i < bytes.length; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  const { start, length } = longestZeros(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Four decimal numbers without leading zeros, which some read as octal. */
function ipv4(text: string): number[] | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet))) return undefined;
  const numbers = octets.map(Number);
  return numbers.every((number) => number <= 255) ? numbers : undefined;
}

/** Eight groups, of which `::` leaves out at least one; the last two may be written as IPv4. */
function ipv6(text: string): number[] | undefined {
  const halves = text.split('::').map(groups);
  const [before, after] = halves;
  if (before === undefined || halves.length > 2 || halves.includes(undefined)) return undefined;
  if (halves.length === 1) return before.length === 16 ? before : undefined;
  const zeros = 16 - before.length - (after?.length ?? 0);
  if (zeros < 2 || text.split('::')[0]?.includes('.')) return undefined;
  return [...before, ...new Array<number>(zeros).fill(0), ...(after ?? [])];
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const bytes: number[] = [];
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 && part.includes('.') ? ipv4(part) : undefined;
    if (embedded === undefined && !/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    const group = Number.parseInt(part, 16);
    bytes.push(...(embedded ?? [group >> 8, group & 0xff]));
  }
  return bytes;
}

/** The first of the longest runs of zero groups (RFC 5952 §4.2.3). */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let run = 0;
  for (const [index, group] of groups.entries()) {
    run = group === 0 ? run + 1 : 0;
    if (run > best.length) best = { start: index - run + 1, length: run };
  }
  return best;
}
