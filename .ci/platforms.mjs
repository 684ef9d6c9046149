/**
 * Runs the core's tests on the other platforms that it is made for: later Nodes, Deno and Bun, at the versions below,
 * installed from npm into a folder that is deleted again. Vitest itself runs there, and so do its workers: threads of the
 * same process, but for Deno, which cannot end them, and has processes of itself. One worker serves many test files, as a
 * start of each costs these platforms more than most files take.
 *
 *     node .ci/platforms.mjs [name…]     all platforms, or those named
 *
 * Every test runs but those of `leftOut`, which ask the platform's own `node:crypto` or `node:tls` for what it lacks.
 * They are printed with the reason; one that matches no test fails the run, and so does any other skip.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = [
  'wire',
  'crypto',
  'record',
  'session',
  'handshake',
  'connection',
  'resumption',
  'x509',
  'vectors',
  'testing',
  'node-crypto',
].map((folder) => `test/${folder}/`);

const { platform, arch } = process;
const nodePackage = `node-${platform}-${arch}`;
const bunArch = arch === 'arm64' ? 'aarch64' : arch;

const asyncHooks = {
  why: 'its async_hooks see no promises',
  tests: ['is answered for at once, without a promise and without a timer'],
};

const platforms = [
  { name: 'node-22', from: `npm:${nodePackage}@22.23.3`, binary: 'node-22/bin/node' },
  { name: 'node-24', from: `npm:${nodePackage}@24.21.0`, binary: 'node-24/bin/node' },
  {
    name: 'deno',
    from: '2.9.6',
    binary: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`,
    launch: ['run', '--allow-all', '--no-lock'],
    options: ['--pool=forks'],
    leftOut: [
      asyncHooks,
      {
        why: 'its node:crypto has no P-521 to compare with',
        tests: [
          "'secp521r1' the secret is the one that OpenSSL computes",
          "'ecdsa_secp256r1_sha256' the curve is the key’s, the hash the scheme’s, the signature in DER",
          'is signed by its issuer, named after it, and carries its key identifier',
        ],
      },
      {
        why: 'its KeyObject of P-521 does not sign by SHA-256',
        tests: ["signatures with a key of ecdsa-p521 'TLS_ECDHE_ECDSA_"],
      },
      {
        why: 'its X509Certificate has other forms of serial number and of key usage',
        tests: [
          'parseCertificate reads what node:crypto reads in certificates of our own issuer',
          'parseCertificate reads what node:crypto reads in every root that node:tls trusts',
        ],
      },
      {
        why: 'its node:tls has other names for the faults of a certificate',
        tests: ['OpenSSL refuses by the rule that was broken, and so the rest was in order'],
      },
    ],
  },
  {
    name: 'bun',
    from: '1.4.5',
    binary: `@oven/bun-${platform}-${bunArch}/bin/bun`,
    launch: ['--bun'],
    leftOut: [
      asyncHooks,
      {
        why: 'its node:crypto has no ChaCha20-Poly1305 to compare with',
        tests: [
          'the recording of ECDHE-RSA-CHACHA20-POLY1305 gives what the file of known answers says',
          'npm run vectors writes records.json',
          'npm run vectors writes handshakes/TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256.json',
          'npm run vectors writes handshakes/TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256.json',
          'npm run vectors writes handshakes/openssl-ECDHE-RSA-CHACHA20-POLY1305.json',
          "'CHACHA20_POLY1305' the record carries ciphertext and tag as OpenSSL makes them",
          "'CHACHA20_POLY1305' inputs and outputs may lie anywhere in their buffers",
          "'CHACHA20_POLY1305' one key serves any number of records",
        ],
      },
      {
        why: 'its node:crypto makes and reads no such keys: Ed448, secp256k1, RSA of 2049 bits, P-256 without its point',
        tests: [
          'refuses other kinds of key as unsupported',
          'refuses keys of other kinds by their name',
          'a signature representative out of range is refused, though congruent to a valid one',
          'agrees with node:crypto on what is a key of P-256',
        ],
      },
      {
        why: 'its node:tls does not finish a handshake with a certificate of P-521',
        tests: ['OpenSSL accepts for client and server under a root of'],
      },
    ],
  },
];

const scratch = mkdtempSync(join(tmpdir(), 'reprise-platforms-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => platforms.every((each) => each.name !== name));
if (unknown.length > 0) throw new RangeError(`expected names of platforms, got ${unknown.join(', ')}`);
const chosen = platforms.filter(({ name }) => asked.length === 0 || asked.includes(name));

// No script of theirs runs: what a platform is made of lies in the package for this system.
const specs = chosen.map(({ name, from }) => `${name}@${from}`);
const install = ['install', '--prefix', scratch, '--ignore-scripts', '--no-audit', '--no-fund', ...specs];
if (run('npm', install) !== 0) throw new Error(`expected npm to install ${specs.join(', ')}`);
// What failed is said once more at the end, where a log that was cut still shows it.
const faults = chosen.flatMap((each) => faultsOn(each));
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

function faultsOn({ name, from, binary, launch = [], options = [], leftOut = [] }) {
  const began = Date.now();
  const report = join(scratch, `${name}.json`);
  const titles = leftOut.flatMap(({ tests }) => tests);
  const status = run(join(scratch, 'node_modules', binary), [
    ...launch,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=test/vitest.config.ts',
    '--no-isolate',
    ...options,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...(titles.length === 0 ? [] : [`--testNamePattern=${allBut(titles)}`]),
    ...folders,
  ]);

  const tests = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap((file) => file.assertionResults);
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
  const stale = titles.filter((title) => skipped.every((test) => !test.fullName.includes(title)));
  const silent = skipped.filter((test) => titles.every((title) => !test.fullName.includes(title)));
  for (const { why, tests } of leftOut)
    for (const title of tests) console.log(`left out on ${name}: ${title}: ${why}`);
  const count = (status) => tests.filter((test) => test.status === status).length;
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(
    `${name} (${from}): ${count('passed')} passed, ${count('failed')} failed, ${skipped.length} left out, ${seconds}s`,
  );
  const failed = tests.filter((test) => test.status === 'failed');
  const named = [
    ...failed.map(
      (test) => `failed on ${name}: ${test.fullName}: ${test.failureMessages[0]?.split('\n')[0]}`,
    ),
    ...stale.map((title) => `left out on ${name}, but no such test: ${title}`),
    ...silent.map((test) => `skipped on ${name}, where no skip is allowed: ${test.fullName}`),
  ];
  // A file that broke before its first test, say, or a crash.
  return status === 0 || named.length > 0 ? named : [`vitest ended with ${status} on ${name}`];
}

/** What matches the full name of every test that holds none of the titles. */
function allBut(titles) {
  const literal = titles.map((title) => title.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return `^(?!.*(?:${literal.join('|')}))`;
}

/** Runs a command to its end, its output being ours; gives its exit status. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) throw error;
  return status;
}
