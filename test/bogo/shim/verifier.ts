/** The verdict on the peer's certificate, which the flags give: the runner's certificates are not looked at. */

import { hexToBytes } from '@noble/hashes/utils.js';
import type { CertificateVerifier, ServerConfig } from 'reprise-tls';
import type { Flags } from './flags.ts';
import { give, type Stage } from './stage.ts';

/**
 * BoringSSL asks its callback once for each session, unless `-reverify-on-resume`. Reprise asks at each resumption (rules
 * S21, C8), and so it is this application that remembers.
 */
export function verifier(stage: Stage): CertificateVerifier {
  const { flags, memory, sightings } = stage;
  const decides = flags.server || flags['verify-peer'] || flags['require-any-client-certificate'];
  const verify: CertificateVerifier = ({ chain, ocspResponse }) => {
    sightings.ocspResponse = ocspResponse;
    if (!flags.server && flags['use-ocsp-callback'] && flags['fail-ocsp-callback']) {
      return give(stage, {
        alert: 'bad_certificate_status_response',
        message: '-fail-ocsp-callback',
      } as const);
    }
    const key = Buffer.concat(chain).toString('base64');
    const remembered = memory.trusted.has(key) && !flags['reverify-on-resume'];
    sightings.verdict = remembered || !flags['verify-fail'];
    if (sightings.verdict) memory.trusted.add(key);
    else if (decides) return give(stage, { alert: 'certificate_unknown', message: '-verify-fail' } as const);
    return give(stage, true as const);
  };
  return Object.assign(verify, { authorities: authorities(flags['use-client-ca-list']) });
}

/** `-verify-peer` and `-require-any-client-certificate` set one mode, the former over the latter. */
export function clientAuthentication(flags: Flags): ServerConfig['clientAuthentication'] & string {
  if (flags['verify-peer']) return 'request';
  return flags['require-any-client-certificate'] ? 'require' : 'none';
}

/** Names in hexadecimal DER, with commas between them; or one of two ways to say that there are none. */
export function authorities(list = '<EMPTY>'): Uint8Array[] {
  if (list === '<EMPTY>' || list === '<NULL>') return [];
  return list.split(',').map(hexToBytes);
}
