/** The bounds of what the application gives in numbers. */

/** @throws RangeError on anything but a whole number between these two */
export function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name}: expected a whole number from ${min} to ${max}, got ${value}`);
}
