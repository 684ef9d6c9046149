/**
 * Time in certificates (RFC 5280 §4.1.2.5): UTCTime or GeneralizedTime, in Greenwich Mean Time, with seconds and
 * without fractions. A CA must write dates through 2049 as UTCTime; whoever reads must take either form.
 */

import { quote } from '../wire/error.ts';
import { type DerReader, Tag } from './der.ts';

/** Milliseconds since the epoch. @throws DerError */
export function readTime(reader: DerReader): number {
  const tag = reader.next === Tag.GeneralizedTime ? Tag.GeneralizedTime : Tag.UTCTime;
  const contents = reader.contents(tag);
  const text = String.fromCharCode(...contents.subarray(0, 16));
  const [, year, month, day, hour, minute, second] = forms[tag].exec(text)?.map(Number) ?? [];
  const time = instant(fullYear(year ?? Number.NaN, tag), month, day, hour, minute, second);
  if (time === undefined) {
    throw reader.error(`expected a time as RFC 5280 §4.1.2.5 writes it, found ${quote(text)}`);
  }
  return time;
}

/**
 * Whether it is valid at that moment. notBefore and notAfter are whole seconds, and both belong to the validity (RFC 5280
 * §4.1.2.5): a certificate is good until the second of notAfter is over. At what is no moment nothing is valid.
 */
export function isValidAt(
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  time: number,
): boolean {
  const now = Math.floor(time / 1000) * 1000;
  return now >= notBefore && now <= notAfter;
}

/** For messages, whatever the number is. */
export function formatTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'no time at all' : date.toISOString().replace(/\.\d+Z$/, 'Z');
}

const forms = {
  [Tag.UTCTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [Tag.GeneralizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
} as const;

/** Two digits of 50 or more belong to the twentieth century (RFC 5280 §4.1.2.5.1). */
function fullYear(year: number, tag: number): number {
  if (tag === Tag.GeneralizedTime) return year;
  return year >= 50 ? 1900 + year : 2000 + year;
}

/** Undefined for what is no date, such as the thirtieth of February. */
function instant(year: number, month = 0, day = 0, hour = 0, minute = 0, second = 0): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const kept =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return kept ? date.getTime() : undefined;
}
