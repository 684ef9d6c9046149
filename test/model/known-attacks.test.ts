/**
 * The known attacks on TLS, by name: what stands against each is in the table of `.github/SECURITY.md`, and here is for
 * each of its rows which tests show it.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const weak = 'weak-parameters.test.ts';
const confusion = 'confusion.test.ts';
const triple = 'triple-handshake.test.ts';
const inAnyOrder = '../handshake/attacks.test.ts';
const falseStart = '../connection/false-start.test.ts';
const rules = '../resumption';

/** Each row of the table in SECURITY.md, and the tests that show it: the file, and how the title goes. */
const shown: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  'POODLE, Lucky 13, BEAST, RC4 biases, Sweet32': [[weak, 'nobody negotiates']],
  'Bleichenbacher, ROBOT, DROWN': [[weak, 'nobody negotiates']],
  'FREAK, Logjam': [
    [weak, 'nobody negotiates'],
    [weak, 'a client takes no parameters of another key exchange'],
    [weak, 'a client takes no group that it did not offer'],
  ],
  SLOTH: [
    [weak, 'neither side asks for'],
    [weak, 'a client takes no ServerKeyExchange that is signed with'],
    [weak, 'a server takes no CertificateVerify that is signed with'],
    ['deeds.ts', 'with SHA-1 and MD5 alone'],
  ],
  CRIME: [
    ['deeds.ts', 'with compression alone'],
    [`${rules}/client-answer.test.ts`, 'C5: resumed with compression'],
    [`${rules}/parameters.test.ts`, 'S11: null compression is offered and used'],
  ],
  'an early write under keys that were negotiated down': [
    [falseStart, 'may do so with %s over %s, as with all that there are'],
    [falseStart, 'leaves what was written early to nobody'],
    [falseStart, 'without the extended master secret'],
    [weak, 'nobody negotiates'],
  ],
  'renegotiation (CVE-2009-3555)': [
    [confusion, "a victim's handshake does not become the second one of an attacker"],
    [inAnyOrder, 'refuses with one warning, and goes on'],
    [`${rules}/flight.test.ts`, 'S29: a renegotiation_info that is not empty aborts'],
    ['deeds.ts', 'without renegotiation_info'],
  ],
  'triple handshake': [
    [triple, 'the first step fails'],
    [triple, 'the second fails'],
    [triple, 'neither of which stands for the other'],
    [triple, 'neither side of it is even spoken to'],
  ],
  'SMACK, early ChangeCipherSpec (CVE-2014-0224)': [
    ['sequences.test.ts', 'each message, each deed and each end is met as the model says'],
    [inAnyOrder, 'early ChangeCipherSpec (CVE-2014-0224)'],
    [inAnyOrder, 'skipped ChangeCipherSpec'],
    [inAnyOrder, 'skipped to Finished (CVE-2014-6593)'],
    [inAnyOrder, 'skipped ServerKeyExchange (CVE-2014-3572)'],
    [inAnyOrder, 'skipped CertificateVerify (CVE-2015-0205)'],
    [inAnyOrder, 'no part of a message may come first'],
    ['broken.test.ts', 'passes over a ChangeCipherSpec that it does not expect'],
  ],
  'Ticketbleed, session resumed in another context (2014 to this day)': [
    [`${rules}/session-id.test.ts`, 'CVE-2016-9244'],
    [`${rules}/attacks.test.ts`, 'virtual host confusion'],
    [`${rules}/context.test.ts`, 'S19: each ingredient of the context digest'],
    [`${rules}/trust.test.ts`, 'S21'],
  ],
  'session fixation': [
    [confusion, 'an attacker who puts a session of its own'],
    [`${rules}/attacks.test.ts`, 'a client takes its session for one name to no other'],
    [`${rules}/attacks.test.ts`, 'a session of one application is not resumed by another'],
    [`${rules}/attacks.test.ts`, 'cannot resume the session, nor end it'],
  ],
  'cross-protocol attacks (ALPACA)': [
    [confusion, 'a server that speaks another protocol'],
    [confusion, 'a client takes no protocol'],
    [confusion, 'a server of another name'],
    [confusion, 'is refused at its first byte'],
    [`${rules}/attacks.test.ts`, 'a session of one protocol brings nothing of it into another'],
  ],
  truncation: [
    ['attacker.test.ts', 'no attacker without keys brings about what none may'],
    ['../connection/end.test.ts', 'without close_notify is a truncation'],
    [confusion, 'an alert in the clear ends nothing in order'],
  ],
  'invalid curve, small order': [
    ['../crypto/groups.test.ts', 'invalid curve attack'],
    ['../crypto/groups.test.ts', 'a public key that gives the all-zero secret'],
    [triple, 'a client refuses the point of small order'],
  ],
  'RSA faults (Lenstra)': [['../crypto/rsa.test.ts', 'Lenstra 1996']],
  'nonce reuse': [
    ['../record/protection.test.ts', 'nonces and additional data are those of the RFCs'],
    ['../crypto/signature-schemes.test.ts', 'RFC 6979 §3.6'],
  ],
  'floods of warnings, empty records, requests to renegotiate': [
    ['../connection/alerts.test.ts', 'with warnings is refused after four in a row'],
    ['../connection/alerts.test.ts', 'with empty application data is refused after 32 in a row'],
    [inAnyOrder, 'more of them are a flood'],
  ],
};

describe('every attack of SECURITY.md', () => {
  const text = readFileSync(new URL('../../.github/SECURITY.md', import.meta.url), 'utf8');
  const [, table = ''] = text.split('## What stands against known attacks');
  const [section = ''] = table.split('\n## ');
  const rows = [...section.matchAll(/^\| (.+?) \|/gm)].map(([, name]) => name).slice(1);

  test('is in the list, and no other', () => {
    expect(Object.keys(shown)).toEqual(rows);
  });

  test.each(Object.entries(shown))('%s: the tests that show it are there', (_, tests) => {
    for (const [file, title] of tests) {
      const source = readFileSync(new URL(file, import.meta.url), 'utf8');
      expect([file, title, source.includes(title)]).toEqual([file, title, true]);
    }
  });
});
