/**
 * Modular arithmetic for RSA over `bigint`: the conversions of RFC 8017 §4, powers and inverses.
 *
 * The division of `bigint` is done in the engine and is as fast here as Montgomery's method written on top of it, so
 * residues are reduced by a plain `%`. An engine promises nothing about the time that its arithmetic takes: what
 * must stay secret is blinded before it comes here (rsa.ts).
 */

import { fromHex, hex } from '../wire/bytes.ts';

/** The octets as a nonnegative integer (RFC 8017 §4.2). By way of text, which the engine parses in linear time. */
export function os2ip(octets: Uint8Array): bigint {
  return BigInt(`0x0${hex(octets)}`);
}

/** @throws RangeError on an integer that does not fit into so many octets (RFC 8017 §4.1) */
export function i2osp(integer: bigint, length: number): Uint8Array {
  const digits = integer === 0n ? '' : integer.toString(16);
  if (integer < 0n || digits.length > 2 * length) {
    throw new RangeError(`expected a nonnegative integer of at most ${length} octets`);
  }
  return fromHex(digits.padStart(2 * length, '0'));
}

/** How many bits a nonnegative integer has. */
export function bitLength(integer: bigint): number {
  return integer === 0n ? 0 : integer.toString(2).length;
}

/** How many octets a nonnegative integer takes. */
export function octetLength(integer: bigint): number {
  return Math.ceil(bitLength(integer) / 8);
}

/** `base` to a public exponent of at least 1: squares and multiplies, in a time that tells the exponent. */
export function powerPublic(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = base;
  for (const bit of exponent.toString(2).slice(1)) {
    power = (power * power) % modulus;
    if (bit === '1') power = (power * base) % modulus;
  }
  return power % modulus;
}

/**
 * `base` to a secret exponent, in fixed windows of five bits: the sequence of squarings and multiplications is the
 * same for all exponents of one length. A window of zeros is no exception: its factor is one in a form as long
 * as any other, modulus + 1, so that the engine has no short product to be quick with. Which of the 32 factors is
 * read remains visible to whoever shares the cache; that the exponent is another one each time is up to the caller.
 */
export function powerSecret(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const factors = powers(base % modulus, modulus);
  let power = 1n;
  for (const window of exponent.toString(32)) {
    for (let bit = 0; bit < 5; bit++) power = (power * power) % modulus;
    power = (power * (factors[Number.parseInt(window, 32)] as bigint)) % modulus;
  }
  return power;
}

/** The powers of `base` from 0 to 31. */
function powers(base: bigint, modulus: bigint): readonly bigint[] {
  const table = [modulus + 1n, base];
  for (let power = base; table.length < 32; ) {
    power = (power * base) % modulus;
    table.push(power);
  }
  return table;
}

/** The inverse by Euclid's algorithm. @throws RangeError where there is none */
export function invert(integer: bigint, modulus: bigint): bigint {
  let [remainder, next] = [modulus, integer % modulus];
  let [coefficient, nextCoefficient] = [0n, 1n];
  while (next !== 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient];
  }
  if (remainder !== 1n)
    throw new RangeError('expected an integer that has no factor in common with the modulus');
  return coefficient < 0n ? coefficient + modulus : coefficient;
}
