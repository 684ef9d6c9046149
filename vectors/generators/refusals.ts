/** refusals.json: what a peer may try, and the alert that it gets. */

import { readCredentials } from './credentials.ts';
import type { File } from './file.ts';
import { type Case, handshake, seeds } from './refusals/case.ts';
import { badClientFlights } from './refusals/client-flights.ts';
import { badClientHellos, clientHelloRecord } from './refusals/client-hellos.ts';
import { badRecords } from './refusals/records.ts';
import { badServerFlights } from './refusals/server-flights.ts';
import { badServerHellos, serverHelloBody } from './refusals/server-hellos.ts';

export const refusals: File = {
  path: 'refusals.json',
  schema: 'refusals',
  source:
    'Put together by hand, field by field; the alerts are those that the RFCs name, and where they name none, those that the library chose. The certificates and keys are for tests and public.',
  content: () => {
    const { server } = readCredentials();
    return {
      server_name: 'example.test',
      alpn_protocols: ['reprise/1'],
      certificates: { server: server['ed25519'], other: server['rsa-2048'] },
      seeds,
      server: [...badRecords(clientHelloRecord()), ...badClientHellos(), ...badClientFlights()].map(vectorOf),
      client: [
        ...badRecords(handshake('server_hello', serverHelloBody())),
        ...badServerHellos(),
        ...badServerFlights(),
      ].map(vectorOf),
    };
  },
};

function vectorOf({ name, rfc, alert, protected: isProtected, input }: Case): object {
  return { name, rfc, alert, protected: isProtected, input: input.join('') };
}
