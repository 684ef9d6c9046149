/**
 * What it costs to check a certificate, beside the full handshake that it is part of: the path of a leaf and an
 * intermediate to an anchor, with the signatures that the verifier remembers, and as if it was seen for the first time.
 */

import { createAuthority, type KeyType, keyPair } from '../test/support/issuer.ts';
import { handshake, reprise } from './contestants/reprise.ts';
import { type MeasureOptions, measure, median, type Result, ratios, type Task } from './measure.ts';
import { printTable, range, round } from './table.ts';

const keyTypes = ['ecdsa-p256', 'rsa-2048'] as const satisfies readonly KeyType[];

/** Medians, in microseconds: the handshake without the check, and the check alone. */
type Costs = Record<'handshake' | 'remembered' | 'anew', number>;
export type VerificationReport = Record<(typeof keyTypes)[number], Costs>;

const serverName = 'bench.example';

export async function verificationBenchmark(options: MeasureOptions): Promise<VerificationReport> {
  const report: Partial<VerificationReport> = {};
  for (const keyType of keyTypes) {
    const results = await measure(tasksFor(keyType), options);
    print(`the check of a leaf and an intermediate of ${keyType}, in a full handshake`, results);
    report[keyType] = Object.fromEntries(results.map(costOf)) as Costs;
  }
  return report as VerificationReport;
}

function tasksFor(keyType: KeyType): Task[] {
  const root = createAuthority({ keyType });
  const intermediate = root.issueAuthority({ keyType, keys: keyPair(keyType, 'bench intermediate') });
  const { chain, privateKeyDer } = intermediate.issue({ keyType, dnsNames: [serverName] });
  const leaf = reprise.parseCertificate(chain[0] ?? new Uint8Array());
  const checked = (signatureCacheSize: number) => {
    const trustAnchors = root.certificateDer;
    const verify = reprise.createCertificateVerifier({ trustAnchors, signatureCacheSize });
    return () => {
      const verdict = verify({ chain, leaf, peer: 'server', serverName, time: Date.now() });
      if (verdict !== true) throw new Error(verdict.message);
    };
  };
  const client = { serverName, verifyCertificate: () => true as const };
  const server = { certificates: [{ chain, privateKey: privateKeyDer }] };
  return [
    {
      name: 'handshake',
      run: async () => {
        await handshake('reprise', client, server, 'full');
      },
    },
    { name: 'remembered', run: checked(256) },
    { name: 'anew', run: checked(0) },
  ];
}

function costOf({ name, rates }: Result): [string, number] {
  return [name, round(1e6 / median(rates))];
}

/** The share: which part the check is of the handshake with it. */
function print(title: string, results: readonly Result[]): void {
  const [whole] = results;
  const rows = results.map((result) => {
    const cells = costOf(result).map(String);
    if (whole === undefined || result === whole) return cells;
    // The handshake's rate by the check's is the time of the check in handshakes.
    const shares = ratios(whole, result).map((part) => part / (1 + part));
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    return [...cells, percent(median(shares)), range(shares, percent)];
  });
  printTable(title, [['', 'microseconds', 'share', 'in each round'], ...rows]);
}
