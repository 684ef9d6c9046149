/**
 * Counts the tests in vitest's JSON report and prints `N passed, N failed, N skipped` alone on a line. A file that
 * broke before its first test counts as one failure, and so does a report that was never written. What failed is named
 * last, where a log that was cut still shows it. With CI set, a skipped test is named and fails the run.
 */

import { existsSync, readFileSync } from 'node:fs';

const report = process.argv[2];
if (report === undefined) throw new TypeError('expected the path of a JSON report, got none');

const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
const tests = files.flatMap((file) => file.assertionResults);
const withStatus = (...statuses) => tests.filter((test) => statuses.includes(test.status));

const passed = withStatus('passed');
const skipped = withStatus('skipped', 'pending', 'todo', 'disabled');
const failed = tests.length - passed.length - skipped.length;
const broken = files.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
);
const failures = failed + (files.length === 0 ? 1 : broken.length);

console.log(`\n${passed.length} passed, ${failures} failed, ${skipped.length} skipped`);

if (failures > 0) process.exitCode = 1;
for (const { name } of broken) console.error(`broken: ${name}`);
for (const { status, fullName, failureMessages } of tests) {
  if (status === 'failed') console.error(`failed: ${fullName}: ${failureMessages[0]?.split('\n')[0]}`);
}
if (skipped.length > 0 && process.env.CI) {
  console.error('skipped, where no skip is allowed:');
  for (const test of skipped) console.error(`  ${test.fullName}`);
  process.exitCode = 1;
}
